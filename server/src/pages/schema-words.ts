/** What a JSON Schema says, in words and lists: the part of it that the API's own document uses. */

import type { JsonSchema } from "../http/shapes.ts";
import { type Html, html, joined, prose } from "./html.ts";

/** More choices than these are behind a line that opens: there are 184 languages. */
const CHOICES_SHOWN_MAX = 16;

/** Where on the page a schema with a name stands. */
export function anchorOf(name: string): string {
  return `shape-${name}`;
}

interface FieldOptions {
  /** Whether those that must be given are marked. */
  marksRequired: boolean;
}

/** The fields of an object, or of those in a list, each with its type and its description; nothing where it has none. */
export function fieldList(schema: JsonSchema, options: FieldOptions): Html {
  const fields = Object.entries(propertiesOf(schema));
  const required = new Set(listOf(objectIn(schema)["required"]));
  const items = fields.map(([name, field]) => fieldItem(name, field, required.has(name), options));
  return items.length === 0
    ? html``
    : html`<ul class="fields">
        ${items}
      </ul>`;
}

function fieldItem(name: string, schema: JsonSchema, isRequired: boolean, options: FieldOptions): Html {
  const mark =
    options.marksRequired && isRequired ? html` <strong class="required">required</strong>` : html``;
  const about = html`${mark}${help(textOf(schema["description"]))}${manyChoices(schema)}`;
  return html`<li>${nameAndType(name, schema)}${about}${fieldList(schema, options)}</li> `;
}

/** A parameter or a header: a value with a name and, where there is one, a description. */
export function valueItem(name: string, schema: JsonSchema, description = ""): Html {
  return html`<li>${nameAndType(name, schema)}${help(description)}${manyChoices(schema)}</li> `;
}

function nameAndType(name: string, schema: JsonSchema): Html {
  return html`<code class="name">${name}</code>
    <span class="type">${typeWords(schema)}${notes(schema)}</span>`;
}

function help(text: string): Html {
  return text ? html`<p>${prose(text)}</p>` : html``;
}

/** What kind of value it is: `string or null`, `list of Turn`. */
export function typeWords(schema: JsonSchema): Html {
  const name = nameOf(schema);
  if (name !== null) return html`<a href="#${anchorOf(name)}">${name}</a>`;
  const alternatives = [...schemasOf(schema["anyOf"]), ...schemasOf(schema["oneOf"])];
  if (alternatives.length > 0) return joined(alternatives.map(typeWords), " or ");
  const types = typeof schema["type"] === "string" ? [schema["type"]] : listOf(schema["type"]);
  if (types.length === 0) return html`anything`;
  return joined(
    types.map((type) => plainWords(type, schema)),
    " or ",
  );
}

/** The name of the shape that a schema refers to; null where it says itself what it is. */
export function nameOf(schema: JsonSchema): string | null {
  return textOf(schema["$ref"]).split("/").at(-1) || null;
}

function plainWords(type: string, schema: JsonSchema): Html {
  if (type === "null") return html`null`;
  if (type === "array") return html`list of ${typeWords(schemaOf(schema["items"]))}`;
  const values = schema["additionalProperties"];
  if (type === "object" && isSchema(values)) return html`object, each value ${typeWords(values)}`;
  const choices = choicesOf(schema);
  if (choices.length > CHOICES_SHOWN_MAX) return html`one of ${choices.length} choices`;
  if (choices.length > 0)
    return joined(
      choices.map((choice) => html`<code>${choice}</code>`),
      " or ",
    );
  if (type === "string" && isFile(schema)) return html`file`;
  return html`${FORMATS[textOf(schema["format"])] ?? type}`;
}

function isFile(schema: JsonSchema): boolean {
  return schema["contentMediaType"] !== undefined || schema["format"] === "binary";
}

const FORMATS: Record<string, string> = {
  "date-time": "date and time",
  date: "date",
  email: "e-mail address",
  uri: "URL",
};

function notes(schema: JsonSchema): Html {
  const said = [
    range(schema["minLength"], schema["maxLength"], "characters"),
    range(schema["minItems"], schema["maxItems"], "items"),
    range(schema["minimum"], schema["maximum"], ""),
    schema["uniqueItems"] === true ? "each once" : "",
  ];
  const given = schema["default"];
  const notes = said.filter(Boolean).map((note) => html`, ${note}`);
  return html`${notes}${given === undefined ? html`` : html`, <code>${JSON.stringify(given)}</code> unless given`}`;
}

function range(least: unknown, most: unknown, unit: string): string {
  const hasLeast = typeof least === "number";
  const hasMost = typeof most === "number";
  if (!hasLeast && !hasMost) return "";
  const limits = !hasMost
    ? `at least ${String(least)}`
    : hasLeast
      ? `${least} to ${most}`
      : `at most ${most}`;
  return `${limits} ${unit}`.trim();
}

function manyChoices(schema: JsonSchema): Html {
  const choices = choicesOf(schema);
  if (choices.length <= CHOICES_SHOWN_MAX) return html``;
  const all = joined(
    choices.map((choice) => html`<code>${choice}</code>`),
    " ",
  );
  return html`<details>
    <summary>The ${choices.length} choices</summary>
    <p>${all}</p>
  </details>`;
}

/** Of the value itself, or of those in a list. */
function choicesOf(schema: JsonSchema): string[] {
  const choices = listOf(schema["enum"]);
  return choices.length > 0 || schema["type"] !== "array" ? choices : choicesOf(schemaOf(schema["items"]));
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  const properties = objectIn(schema)["properties"];
  if (!isSchema(properties)) return {};
  return Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, schemaOf(field)]));
}

/** The object that a list, or a value that may be null, is made of. */
function objectIn(schema: JsonSchema): JsonSchema {
  if (isSchema(schema["items"])) return objectIn(schema["items"]);
  const [only, ...others] = schemasOf(schema["anyOf"]).filter(({ type }) => type !== "null");
  return only && others.length === 0 ? objectIn(only) : schema;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function schemaOf(value: unknown): JsonSchema {
  return isSchema(value) ? value : {};
}

function schemasOf(value: unknown): JsonSchema[] {
  return Array.isArray(value) ? value.filter(isSchema) : [];
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/**
 * A resource's fields in one definition: it validates requests as Django REST framework does, types what comes out,
 * and describes requests and answers for the OpenAPI document and for `OPTIONS`.
 */

import { type FieldErrors, ValidationError } from "./errors.ts";
import {
  type Field,
  type FormFile,
  type Input,
  Invalid,
  type Lookup,
  readField,
  type Related,
  SKIP,
} from "./field.ts";
import { isDictionary, type Json, typeName } from "./python.ts";
import { type JsonSchema, type Shape, shape } from "./shapes.ts";

export type Fields = Readonly<Record<string, Field>>;

type Always<F extends Fields> = {
  [K in keyof F]: F[K] extends Field<unknown, "always"> ? K : never;
}[keyof F];
type Maybe<F extends Fields> = { [K in keyof F]: F[K] extends Field<unknown, "maybe"> ? K : never }[keyof F];
type ValueOf<T> = T extends Field<infer V> ? V : never;
type OutOf<T> = T extends Field<unknown, "always" | "maybe" | "read-only", infer O> ? O : never;
type Flat<T> = { [K in keyof T]: T[K] };

type InputOf<F extends Fields> = Flat<
  { [K in Always<F>]: ValueOf<F[K]> } & { [K in Maybe<F>]?: ValueOf<F[K]> | undefined }
>;
/** Write-only fields (files) have no `Out`. */
type OutputOf<F extends Fields> = Flat<
  {
    -readonly [
      K in keyof F as [OutOf<F[K]>] extends [never] ? never : undefined extends OutOf<F[K]> ? never : K
    ]: OutOf<F[K]>;
  } & { -readonly [K in keyof F as undefined extends OutOf<F[K]> ? K : never]?: OutOf<F[K]> }
>;

/** What `validate` gives. */
export type Valid<S> = S extends Serializer<infer F> ? InputOf<F> : never;
/** What an answer holds. */
export type Output<S> = S extends Serializer<infer F> ? OutputOf<F> : never;

type Relations<F extends Fields> = { [K in keyof F as Related extends ValueOf<F[K]> ? K : never]: Lookup };
type Found<R> = { [K in keyof R]: R[K] extends Lookup ? NonNullable<Awaited<ReturnType<R[K]>>> : never };
/** Puts the types that lookups find in the place of `Related`. */
type Resolved<I, R> = Flat<{
  [K in keyof I]: K extends keyof R ? Found<R>[K] | Exclude<I[K], Related> : I[K];
}>;

interface ValidateOptions<F extends Fields> {
  /** How each relation finds what it names. */
  relations: Relations<F>;
}
type OptionsFor<F extends Fields, R> = keyof Relations<F> extends never
  ? []
  : [ValidateOptions<F> & { relations: R }];

/**
 * A form as it came in: texts and files by name, and the file that was kept. Rules differ from JSON's where an HTML
 * form cannot say a thing.
 */
export class Form<Kept = unknown> {
  readonly values: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, FormFile>;
  readonly file: FormFile<Kept> | undefined;
  /** All texts of each name, for fields that take several. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  constructor(
    values: ReadonlyMap<string, string>,
    files: ReadonlyMap<string, FormFile> = new Map(),
    file?: FormFile<Kept>,
    lists: ReadonlyMap<string, readonly string[]> = new Map(),
  ) {
    this.values = values;
    this.files = files;
    this.file = file;
    this.lists = lists;
  }
}

export interface Serializer<F extends Fields = Fields> {
  readonly name: string;
  readonly fields: F;
  /** Requests come as `multipart/form-data`. */
  readonly multipart: boolean;
  /**
   * Everything that is asked for, or every fault in one error. Unknown and read-only fields are ignored.
   * @throws {ValidationError} with the faulty fields in the order of their definition
   */
  validate<R extends Relations<F>>(
    data: Json | Form,
    ...options: OptionsFor<F, R>
  ): Promise<Resolved<InputOf<F>, R>>;
  /** As `validate`, for PATCH: nothing is required, and defaults are not filled in. */
  validatePartial<R extends Relations<F>>(
    data: Json | Form,
    ...options: OptionsFor<F, R>
  ): Promise<Partial<Resolved<InputOf<F>, R>>>;
  /** What a request may hold. */
  requestSchema(options?: { partial?: boolean }): JsonSchema;
  /** What an answer holds. */
  responseSchema(): JsonSchema;
  /** A reference to the answer's schema, to use it inside other shapes. */
  readonly shape: Shape<OutputOf<F>>;
  /** The fields as DRF's `OPTIONS` tells them. */
  metadata(): Record<string, unknown>;
}

/**
 * @param name of the schema in the OpenAPI document, in CamelCase
 * @param fields in the order in which faults are told and answers are documented
 * @param check what fields together must fulfil; throws `Invalid`, which becomes `non_field_errors`. It is not run
 *   where a field is faulty, and sees only what was sent in a partial update
 */
export function serializer<const F extends Fields>(
  name: string,
  fields: F,
  check?: (values: Partial<InputOf<F>>) => void | Promise<void>,
): Serializer<F> {
  const entries = Object.entries(fields);
  const writable = entries.filter(([, field]) => field.presence !== "read-only");
  const readable = entries.filter(([, field]) => field.label !== "file upload");
  const validate = async (data: Json | Form, relations: Record<string, Lookup>, partial: boolean) => {
    const values = await readFields(writable, data, relations, partial);
    if (check) await checkTogether(() => check(values as Partial<InputOf<F>>));
    return values as never;
  };
  const lasting = readable.filter(([, field]) => !field.mayLack);
  const responseSchema = () => objectSchema(readable, lasting);
  return {
    name,
    fields,
    multipart: readable.length < entries.length,
    validate: (data, ...options) => validate(data, relationsOf(options), false),
    validatePartial: (data, ...options) => validate(data, relationsOf(options), true),
    requestSchema: ({ partial = false } = {}) =>
      objectSchema(writable, partial ? [] : writable.filter(([, field]) => field.required)),
    responseSchema,
    shape: shape(
      "nested object",
      { $ref: `#/components/schemas/${name}` },
      Object.assign({}, ...readable.map(([, field]) => field.components), { [name]: responseSchema() }),
    ),
    metadata: () => Object.fromEntries(entries.map(([name, field]) => [name, fieldMetadata(name, field)])),
  };
}

function relationsOf(options: readonly { relations: object }[]): Record<string, Lookup> {
  return { ...options[0]?.relations };
}

async function readFields(
  fields: readonly (readonly [string, Field])[],
  data: Json | Form,
  relations: Record<string, Lookup>,
  partial: boolean,
): Promise<Record<string, unknown>> {
  if (data === null) throw new ValidationError({ non_field_errors: ["No data provided"] });
  if (!(data instanceof Form) && !isDictionary(data)) {
    const message = `Invalid data. Expected a dictionary, but got ${typeName(data)}.`;
    throw new ValidationError({ non_field_errors: [message] });
  }
  const values: Record<string, unknown> = {};
  const errors: FieldErrors = {};
  for (const [name, field] of fields) {
    try {
      const input = data instanceof Form ? formInput(data, name, field, partial) : jsonInput(data, name);
      const value = await readField(field, input, relations[name], partial);
      if (value !== SKIP) values[name] = value;
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      errors[name] = error.messages;
    }
  }
  if (Object.keys(errors).length > 0) throw new ValidationError(errors);
  return values;
}

function jsonInput(data: { [key: string]: Json }, name: string): Input {
  return Object.hasOwn(data, name) ? data[name] : undefined;
}

/** A form cannot say null, and shows an empty box as empty text. */
function formInput(form: Form, name: string, field: Field, partial: boolean): Input {
  const several = field.takesSeveral ? form.lists.get(name) : undefined;
  if (several) return [...several];
  const value = form.files.get(name) ?? form.values.get(name);
  if (value === undefined) return partial ? undefined : field.absentFromForm;
  if (value !== "" || field.blank?.allowed) return value;
  if (field.allowNull) return null;
  return field.required ? value : undefined;
}

async function checkTogether(check: () => void | Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    throw new ValidationError({ non_field_errors: error.messages });
  }
}

type Entries = readonly (readonly [string, Field])[];

function objectSchema(fields: Entries, required: Entries): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(fields.map(([name, field]) => [name, field.schema])),
    ...(required.length > 0 && { required: required.map(([name]) => name) }),
  };
}

function fieldMetadata(name: string, field: Field): Record<string, unknown> {
  const title = name.replaceAll("_", " ");
  const info: Record<string, unknown> = {
    type: field.label,
    required: field.required,
    read_only: field.presence === "read-only",
    label: name === "id" ? "ID" : title.charAt(0).toUpperCase() + title.slice(1),
  };
  if (field.help) info["help_text"] = field.help;
  for (const [limit, value] of Object.entries(field.limits)) if (value !== undefined) info[limit] = value;
  if (field.choices)
    info["choices"] = field.choices.map((value) => ({ value, display_name: displayName(value) }));
  return info;
}

function displayName(choice: string): string {
  return choice.replaceAll("_", " ").replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

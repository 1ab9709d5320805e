import { describe, expect, test } from "vitest";
import type { OpenApiContent, OpenApiDocument, OpenApiOperation } from "../http/openapi-document.ts";
import type { JsonSchema } from "../http/shapes.ts";
import { html, prose } from "./html.ts";
import { referencePage } from "./reference.ts";
import { fieldList, typeWords } from "./schema-words.ts";

/** What is read of some HTML, without its tags. */
function textOf(markup: string): string {
  return markup
    .replaceAll(/<(?=p>|ul|li>)/g, " <")
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/\s+/g, " ")
    .trim();
}

test("texts are escaped wherever they are put in, and only code is marked in them", () => {
  expect(html`<p title="${`"'`}">${"<b> & co."}</p>`.text).toBe(
    '<p title="&quot;&#39;">&lt;b&gt; &amp; co.</p>',
  );
  expect(prose("Send `<prefix>` & wait").text).toBe("Send <code>&lt;prefix&gt;</code> &amp; wait");
});

describe("a type in words", () => {
  test.each<[string, JsonSchema]>([
    ["string or null", { type: ["string", "null"] }],
    ["date and time", { type: "string", format: "date-time" }],
    ["a or b", { type: "string", enum: ["a", "b"] }],
    ["list of Turn", { type: "array", items: { $ref: "#/components/schemas/Turn" } }],
    ["Turn or null", { anyOf: [{ $ref: "#/components/schemas/Turn" }, { type: "null" }] }],
    [
      "object, each value list of string",
      { additionalProperties: { type: "array", items: { type: "string" } }, type: "object" },
    ],
    ["file", { type: "string", contentMediaType: "application/octet-stream" }],
    ["one of 20 choices", { type: "string", enum: Array.from({ length: 20 }, String) }],
    ["anything", {}],
  ])("%s", (words, schema) => {
    expect(textOf(typeWords(schema).text)).toBe(words);
  });
});

describe("fields", () => {
  const schema: JsonSchema = {
    type: "object",
    properties: {
      title: { type: "string", minLength: 1, maxLength: 255, description: "Shown in `lists`." },
      weight: { type: "number", minimum: 0, default: 1 },
      parts: { type: "array", items: { type: "object", properties: { start: { type: "integer" } } } },
    },
    required: ["title"],
  };

  test("have their limits, what holds unless given, help, and fields of their own", () => {
    expect(textOf(fieldList(schema, { marksRequired: true }).text)).toBe(
      "title string, 1 to 255 characters required Shown in lists. weight number, at least 0, 1 unless given parts list of object start integer",
    );
  });

  test("are not marked as required in answers", () => {
    expect(textOf(fieldList(schema, { marksRequired: false }).text)).not.toContain("required");
  });

  test("show many choices when they are opened", () => {
    const choices = Array.from({ length: 20 }, (_, index) => `c${index}`);
    const { text } = fieldList(
      { properties: { kind: { type: "string", enum: choices } } },
      { marksRequired: true },
    );
    expect(text).toMatch(/<details>\s*<summary>The 20 choices<\/summary>.*c0.*c19.*<\/details>/s);
  });
});

describe("the page", () => {
  const page = referencePage(documentWith({ summary: "Make a <thing>", description: "Twice `a & b`." }));

  test("says what is asked, what is sent and what is answered", () => {
    const [, operation = ""] = /<article id="post-api-things-id-">(.*?)<\/article>/s.exec(page) ?? [];
    expect(textOf(operation)).toBe(
      "POST /api/things/{id}/ Make a &lt;thing&gt; Twice a &amp; b. In the path id integer In the query dry boolean Only look. " +
        "Request As application/json: name string required Answer 201 Done. Thing as application/json Errors: 404",
    );
  });

  test("lists what is answered, and not a second time what is sent", () => {
    expect(page).toContain('id="shape-Thing"');
    expect(page).not.toContain('id="shape-ThingRequest"');
  });

  test("says under which status an error comes", () => {
    expect(textOf(page)).toContain("404 It does not exist.");
  });
});

function named(name: string): OpenApiContent {
  return { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } };
}

function documentWith(texts: Pick<OpenApiOperation, "summary" | "description">): OpenApiDocument {
  const properties = { name: { type: "string" } };
  return {
    openapi: "3.1.0",
    info: { title: "Sample", version: "1", description: "A sample." },
    security: [{ Key: [] }],
    paths: {
      "/api/things/{id}/": {
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "integer" } }],
        post: {
          ...texts,
          operationId: "things_create",
          tags: ["things"],
          parameters: [{ name: "dry", in: "query", description: "Only look.", schema: { type: "boolean" } }],
          requestBody: { required: true, content: named("ThingRequest") },
          responses: {
            201: { description: "Done.", content: named("Thing") },
            404: { $ref: "#/components/responses/NotFound" },
          },
        },
      },
    },
    components: {
      schemas: {
        Thing: { type: "object", properties },
        ThingRequest: { type: "object", properties, required: ["name"] },
      },
      responses: { NotFound: { description: "It does not exist." } },
      securitySchemes: {
        Key: { type: "apiKey", in: "header", name: "Authorization", description: "A key." },
      },
    },
  };
}

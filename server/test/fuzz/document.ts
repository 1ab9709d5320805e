/** What the fuzzing reads of the OpenAPI document. */

export type Schema = Record<string, unknown>;

export interface Response {
  content?: Record<string, { schema: Schema }>;
}

export interface Operation {
  method: string;
  path: string;
  /** Names in the path, with the part of the path before each: `{ name: "id", of: "files" }`. */
  params: { name: string; of: string }[];
  query: { name: string; schema: Schema }[];
  body: { mediaType: string; schema: Schema } | null;
  /** By status, and `default`. */
  responses: Record<string, Response>;
}

interface PathItem {
  [method: string]: {
    parameters?: { in: string; name: string; schema: Schema }[];
    requestBody?: { content: Record<string, { schema: Schema }> };
    responses: Record<string, Response>;
  };
}

export interface Document {
  paths: Record<string, PathItem>;
  components: Record<string, Record<string, unknown>>;
}

const METHODS = ["get", "post", "put", "patch", "delete"];

export function operationsOf(document: Document): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      if (!operation) return [];
      const [body] = Object.entries(operation.requestBody?.content ?? {});
      return {
        method: method.toUpperCase(),
        path,
        params: [...path.matchAll(/([\w-]+)\/\{(\w+)\}/g)].map(([, of = "", name = ""]) => ({ of, name })),
        query: operation.parameters?.filter((parameter) => parameter.in === "query") ?? [],
        body: body ? { mediaType: body[0], schema: body[1].schema } : null,
        responses: operation.responses,
      };
    }),
  );
}

/** What a `$ref` of the document leads to. */
export function resolve(document: Document, value: Schema): Schema {
  const { $ref: reference } = value;
  if (typeof reference !== "string") return value;
  let found: unknown = document;
  for (const part of reference.replace("#/", "").split("/"))
    found = Object.entries(Object(found)).find(([key]) => key === part)?.[1];
  return Object(found) as Schema;
}

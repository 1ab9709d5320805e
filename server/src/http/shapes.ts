/**
 * What an answer's values look like: the JSON Schema for the document and the TypeScript type for the code, from one
 * definition. Fields and serializers are made of these.
 */

/** A JSON Schema of draft 2020-12, as OpenAPI 3.1 takes it. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** @typeParam T the type of the values, known to the compiler only */
export interface Shape<T> {
  readonly schema: JsonSchema;
  /** What DRF's `OPTIONS` calls it. */
  readonly label: string;
  /** Schemas with a name that `schema` refers to. */
  readonly components: Readonly<Record<string, JsonSchema>>;
  readonly type?: T;
}

/** The type of a shape's values. */
export type ShapeOf<S> = S extends Shape<infer T> ? T : S extends keyof Plain ? Plain[S] : never;

interface Plain {
  string: string;
  integer: number;
  number: number;
  boolean: boolean;
  datetime: string;
  object: Record<string, unknown>;
}

/** A shape, or the name of a plain one. */
export type ShapeLike = Shape<unknown> | keyof Plain;

const PLAIN: Record<keyof Plain, Shape<unknown>> = {
  string: shape("string", { type: "string" }),
  integer: shape("integer", { type: "integer" }),
  number: shape("float", { type: "number" }),
  boolean: shape("boolean", { type: "boolean" }),
  datetime: shape("datetime", { type: "string", format: "date-time" }),
  object: shape("nested object", { type: "object", additionalProperties: true }),
};

/** A shape from its schema. */
export function shape<T>(
  label: string,
  schema: JsonSchema,
  components: Shape<T>["components"] = {},
): Shape<T> {
  return { label, schema, components };
}

export function shapeOf(like: ShapeLike): Shape<unknown> {
  return typeof like === "string" ? PLAIN[like] : like;
}

/** The value or null. */
export function nullable<const S extends ShapeLike>(like: S): Shape<ShapeOf<S> | null> {
  const { label, schema, components } = shapeOf(like);
  return shape(label, nullableSchema(schema), components);
}

export function nullableSchema(schema: JsonSchema): JsonSchema {
  if (typeof schema["type"] !== "string") return { anyOf: [schema, { type: "null" }] };
  const choices = schema["enum"];
  const orNull = { ...schema, type: [schema["type"], "null"] };
  return Array.isArray(choices) ? { ...orNull, enum: [...choices, null] } : orNull;
}

/** A list of values. */
export function arrayOf<const S extends ShapeLike>(like: S): Shape<ShapeOf<S>[]> {
  const { schema, components } = shapeOf(like);
  return shape("list", { type: "array", items: schema }, components);
}

/** One of these strings. */
export function oneOf<const C extends readonly string[]>(choices: C): Shape<C[number]> {
  return shape("choice", { type: "string", enum: choices });
}

/** An object with exactly these properties. */
export function objectOf<const P extends Record<string, ShapeLike>>(
  properties: P,
): Shape<{ [K in keyof P]: ShapeOf<P[K]> }> {
  const shapes = Object.entries(properties).map(([name, like]) => [name, shapeOf(like)] as const);
  const schema = {
    type: "object",
    properties: Object.fromEntries(shapes.map(([name, { schema }]) => [name, schema])),
    required: Object.keys(properties),
  };
  return shape("nested object", schema, Object.assign({}, ...shapes.map(([, { components }]) => components)));
}

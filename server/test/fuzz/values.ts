/** Values as a schema wants them, and values that nothing wants. */

import fc from "fast-check";
import type { Schema } from "./document.ts";

/** What clients send by mistake or on purpose. */
const NUMBERS = [0, -1, 1.5, 1e308, -1e308, 2 ** 53, 2 ** 63, 999_999_999_999];
const TEXTS = [
  "",
  " ",
  "\0",
  "a\0b",
  "\uD800",
  "\u202E",
  "🎙️",
  "١",
  "1",
  "-1",
  "1e9",
  "NaN",
  "null",
  "true",
  "[]",
  "%00",
  "../../x",
];
const ATTACKS = ["x".repeat(70_000), "'; drop table users; --", "{{7*7}}", "<script>alert(1)</script>"];
const SHAPES: readonly unknown[] = [
  null,
  true,
  false,
  [],
  {},
  [[]],
  [null],
  { "": null },
  { constructor: 1 },
  ["a", "a"],
];

/** What clients send by mistake or on purpose. */
const JUNK: readonly unknown[] = [...NUMBERS, ...TEXTS, ...ATTACKS, ...SHAPES];

/** JSON that parsers stumble over. */
const BAD_JSON = [
  "{",
  "[",
  "nul",
  "{'a': 1}",
  '{"a": 1,}',
  '{"a": 1e999}',
  '{"a": NaN}',
  '{"a": "\u0001"}',
  '{"a"}',
  `${"[".repeat(500)}${"]".repeat(500)}`,
  '{"__proto__": {"x": 1}}',
  '{"a": 1, "a": 2}',
  "\uFEFF{}",
  '"\\ud800"',
  " ",
];

export const junk = fc.oneof(
  fc.constantFrom(...JUNK),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
);

export const badJson = fc.oneof(fc.constantFrom(...BAD_JSON), fc.string({ maxLength: 30 }));

/** A value that a schema allows, as far as the schemas of this API go. */
export function valueOf(schema: Schema): fc.Arbitrary<unknown> {
  const { enum: choices, type, items } = schema;
  if (Array.isArray(choices)) return fc.constantFrom<unknown>(...choices);
  const types = Array.isArray(type) ? type : [type];
  return fc.oneof(...types.map((one) => ofType(String(one), schema, Object(items))));
}

function ofType(type: string, schema: Schema, items: Schema): fc.Arbitrary<unknown> {
  const { minimum, maximum, minLength = 0, maxLength = 40 } = schema;
  const min = Number(minimum ?? -3);
  const max = Math.min(Number(maximum ?? 40), 2 ** 31 - 1);
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.integer({ min: Math.min(min, max), max });
    case "number":
      return fc.double({ min: Math.min(min, max), max, noNaN: true });
    case "array":
      return fc.array(valueOf(items), { minLength: 1, maxLength: 3 });
    case "string":
      return textOf(schema, Number(minLength), Math.min(Number(maxLength), 200));
    default:
      return fc.dictionary(fc.string(), fc.jsonValue());
  }
}

function textOf({ format }: Schema, minLength: number, maxLength: number): fc.Arbitrary<string> {
  if (format === "email") return fc.emailAddress();
  if (format === "uri") return fc.webUrl({ withQueryParameters: true });
  if (format === "date-time")
    return fc.date({ min: new Date(0), noInvalidDate: true }).map((date) => date.toISOString());
  return fc.string({ minLength, maxLength: Math.max(minLength, maxLength), unit: "grapheme" });
}

/** Ids of what there is, by what it is called in a path: `projects`. */
export type Ids = (of: string) => readonly (number | string)[];

/** A value for a field or a filter: what is named after a thing is mostly the id of one. */
export function valueFor(name: string, schema: Schema, ids: Ids): fc.Arbitrary<unknown> {
  const known = ids(`${name}s`);
  if (known.length === 0) return valueOf(schema);
  return fc.oneof(
    { arbitrary: fc.constantFrom<unknown>(...known), weight: 4 },
    { arbitrary: valueOf(schema), weight: 1 },
  );
}

/** An object of a schema, with any of its fields left out or replaced by junk; mostly it is as it should be. */
export function bodyOf(schema: Schema, ids: Ids): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(Object(schema["properties"]) as Record<string, Schema>).map(
    ([name, field]) => [
      name,
      fc.oneof(
        { arbitrary: valueFor(name, field, ids), weight: 5 },
        { arbitrary: junk, weight: 1 },
        { arbitrary: fc.constant(undefined), weight: 1 },
      ),
    ],
  );
  return fc.record(Object.fromEntries(fields));
}

/** Good and bad requests for an operation. */

import fc from "fast-check";
import type { Operation, Schema } from "./document.ts";
import { badJson, bodyOf, type Ids, junk, valueFor } from "./values.ts";

/** Who asks; the test knows their credentials. */
export const ASKERS = [
  "owner",
  "operator",
  "team_admin",
  "session",
  "view",
  "stranger",
  "anonymous",
  "bad key",
  "junk",
] as const;
export type Asker = (typeof ASKERS)[number];

export interface FuzzRequest {
  method: string;
  /** Path and query, as they go over the wire. */
  target: string;
  asker: Asker;
  headers: Record<string, string>;
  body: string | FuzzForm | null;
}

export interface FuzzForm {
  fields: [name: string, value: string][];
  file: { name: string; content: string } | null;
}

/** What may stand in a path or a query without ending the line. */
const ODD_TEXTS = [
  "0",
  "-1",
  "1.0",
  "01",
  "+1",
  "9007199254740993",
  "99999999999999999999",
  "x",
  "%00",
  "%ff",
  "..%2f",
  "%F0%9F%8E%99",
];

/** @param ids of what there is, by the part of the path that comes before */
export function requestFor(operation: Operation, body: Schema | null, ids: Ids): fc.Arbitrary<FuzzRequest> {
  return fc.record({
    method: fc.oneof(
      { arbitrary: fc.constant(operation.method), weight: 30 },
      { arbitrary: fc.constantFrom("HEAD", "OPTIONS", "PUT", "TRACE", "PROPFIND"), weight: 1 },
    ),
    target: fc.tuple(pathOf(operation, ids), queryOf(operation, ids)).map((parts) => parts.join("")),
    asker: fc.oneof(
      { arbitrary: fc.constant(mainAsker(operation.path)), weight: 8 },
      { arbitrary: fc.constantFrom<Asker>(...ASKERS), weight: 3 },
    ),
    headers: headersOf(operation),
    body: body === null ? fc.constantFrom(null, null, null, "{}") : contentOf(operation, body, ids),
  });
}

/** Who gets furthest there. */
function mainAsker(path: string): Asker {
  if (path.startsWith("/api/admin/")) return "operator";
  if (path.startsWith("/api/teams/")) return "team_admin";
  return /^\/api\/(auth|api-keys)\//.test(path) ? "session" : "owner";
}

function pathOf(operation: Operation, ids: Ids): fc.Arbitrary<string> {
  const values = operation.params.map(({ of, name }) => {
    const known = ids(of);
    const odd = fc.constantFrom(...ODD_TEXTS);
    const good = known.length > 0 ? fc.constantFrom(...known).map(String) : odd;
    const value = fc.oneof({ arbitrary: good, weight: 6 }, { arbitrary: odd, weight: 1 });
    return value.map((text): [string, string] => [`{${name}}`, text]);
  });
  return fc
    .tuple(...values)
    .map((filled) => filled.reduce((path, [name, text]) => path.replace(name, () => text), operation.path));
}

/** A long wait is not what is tested. */
const WAITS = ["0", "0.01", "-1", "x", "", "1e1", "٣"];

function queryOf(operation: Operation, ids: Ids): fc.Arbitrary<string> {
  if (operation.query.length === 0) return fc.constantFrom("", "", "?x=1", "?%00=%ff&&=");
  const pairs = operation.query.map(({ name, schema }) => {
    const value =
      name === "wait"
        ? fc.constantFrom(...WAITS)
        : fc
            .oneof({ arbitrary: valueFor(name, schema, ids), weight: 3 }, { arbitrary: junk, weight: 1 })
            .map(text);
    return fc.option(
      value.map((given) => `${name}=${encodeURIComponent(given.toWellFormed())}`),
      { freq: 2 },
    );
  });
  return fc.tuple(...pairs).map((given) => {
    const query = given.filter((pair) => pair !== null).join("&");
    // Node takes 16 KB of head, and answers 431 for more.
    return query === "" ? "" : `?${query.slice(0, 8_000).replace(/%[\dA-F]?$/, "")}`;
  });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

const ODD_HEADERS: Record<string, string>[] = [
  { accept: "text/html" },
  { accept: "*/*;q=0" },
  { accept: "application/json; version=2, ,;" },
  { range: "bytes=0-0" },
  { range: "bytes=99999999999-" },
  { "if-none-match": '"x", W/"y"' },
  { "if-match": '"1"' },
  { "last-event-id": "99" },
  { "idempotency-key": "k" },
  { "idempotency-key": "k".repeat(300) },
  { "x-request-id": "a b\tc" },
  { "x-forwarded-for": "::1, x" },
  { host: "a b" },
  { cookie: "sessionid=x; csrftoken=; =; ;" },
  { origin: "https://evil.example" },
  { expect: "x" },
];

function headersOf(operation: Operation): fc.Arbitrary<Record<string, string>> {
  const odd = fc.oneof(
    { arbitrary: fc.constant<Record<string, string>>({}), weight: 6 },
    { arbitrary: fc.constantFrom(...ODD_HEADERS), weight: 2 },
  );
  if (!operation.body) return odd;
  const mediaTypes = [
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    "multipart/form-data",
    "",
  ];
  const contentType = fc.oneof(
    { arbitrary: fc.constant(operation.body.mediaType), weight: 12 },
    { arbitrary: fc.constantFrom(...mediaTypes), weight: 1 },
  );
  return fc
    .tuple(odd, contentType)
    .map(([headers, type]) => Object.assign({ "content-type": type }, headers));
}

const CONTENTS = [
  "1\n00:00:01,000 --> 00:00:02,000\nHello there.\n",
  "WEBVTT\n\n00:01.000 --> 00:02.000\nHello there.\n",
  "a,b\n1,2\n",
  "",
  "\0".repeat(100),
  "RIFF\x24\0\0\0WAVEfmt ",
];

function contentOf(operation: Operation, schema: Schema, ids: Ids): fc.Arbitrary<string | FuzzForm | null> {
  const json = bodyOf(schema, ids).map((value) => JSON.stringify(value));
  const bad = fc.oneof(badJson, junk.map(text), fc.constant(null));
  if (operation.body?.mediaType !== "multipart/form-data")
    return fc.oneof({ arbitrary: json, weight: 8 }, { arbitrary: bad, weight: 1 });
  const form = fc.record({
    fields: bodyOf(schema, ids).map((value) =>
      Object.entries(value)
        .filter(([name, given]) => given !== undefined && name !== "file")
        .map(([name, given]): [string, string] => [name, text(given)]),
    ),
    file: fc.option(
      fc.record({ name: fc.string({ maxLength: 300 }), content: fc.constantFrom(...CONTENTS) }),
    ),
  });
  return fc.oneof({ arbitrary: form, weight: 8 }, { arbitrary: bad, weight: 1 });
}

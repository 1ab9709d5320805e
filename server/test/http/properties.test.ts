import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonError, parseJson } from "../../src/http/json.ts";
import { Float, type Json, isDictionary } from "../../src/http/python.ts";
import { probe } from "./probe.ts";

const FIELDS = [
  "title",
  "note",
  "raw",
  "kind",
  "flag",
  "maybe_flag",
  "count",
  "score",
  "at",
  "email",
  "thing",
];
const FILTERS = [
  "kind",
  "thing",
  "number",
  "flag",
  "at",
  "text",
  "page",
  "page_size",
  "ordering",
  "search",
  "format",
];

/** Anything, with what the fields care about made likely. */
const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    "",
    " ",
    "call",
    "true",
    "1",
    "\0",
    "\ud800",
    "2024-01-01T00:00Z",
    "a@b.de",
    1e300,
    -1,
    2 ** 60,
  ),
  fc.string({ unit: "binary" }),
);

const bodies = fc.oneof(
  fc.dictionary(fc.constantFrom(...FIELDS), anyValue).map((value) => JSON.stringify(value)),
  fc.json(),
  fc.string({ unit: "binary" }),
);

describe("no request makes the server fail", () => {
  const { app } = probe();

  test("whatever its JSON body", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("POST", "PATCH"), bodies, async (method, body) => {
        const headers = { "content-type": "application/json" };
        const response = await app.inject({
          method,
          url: "/api/probe/",
          headers,
          payload: Buffer.from(body),
        });
        expect([200, 201, 400]).toContain(response.statusCode);
        expect(isDictionary(response.json())).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("whatever its bytes and headers", async () => {
    const header = fc.string({ unit: fc.constantFrom(...'aZ/*;=," \tjson-text+.q01'.split("")) });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array(),
        header,
        header,
        fc.constantFrom("/api/probe/", "/api/upload/", "/api/things/3/", "/api/things/"),
        fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"),
        async (bytes, type, accept, url, method) => {
          const headers = { "content-type": type, accept };
          const response = await app.inject({ method, url, headers, payload: Buffer.from(bytes) });
          expect(response.statusCode).toBeLessThan(500);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("whatever its query", async () => {
    const query = fc.array(fc.tuple(fc.constantFrom(...FILTERS), fc.string({ unit: "binary" })));
    await fc.assert(
      fc.asyncProperty(query, async (pairs) => {
        const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
        const response = await app.inject({ url: `/api/things/?${text}` });
        expect([200, 400, 404]).toContain(response.statusCode);
      }),
      { numRuns: 500 },
    );
  });

  test("whatever its path", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.webPath(),
        fc.string({ unit: fc.constantFrom(..."%/.0aF~\\".split("")) }),
        async (a, b) => {
          const response = await app.inject({ url: `/api/things/${b}${a}` });
          expect([200, 404]).toContain(response.statusCode);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("reading JSON", () => {
  test("gives what JSON.parse gives, and takes no more than it takes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.json({ stringUnit: "binary" }), fc.string()), (text) => {
        const expected = attempt(() => JSON.parse(text) as unknown);
        const actual = attempt(() => plain(parseJson(text, 1000)));
        expect(actual).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("ends with an error, not the stack, for what is too deep", () => {
    expect(() => parseJson("[".repeat(1_000_000), 200)).toThrow(JsonError);
    expect(parseJson("[".repeat(200) + "]".repeat(200), 200)).toBeInstanceOf(Array);
  });
});

function attempt(read: () => unknown): unknown {
  try {
    return [read()];
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonError) return "refused";
    throw error;
  }
}

/** Without Python's kinds of numbers. */
function plain(value: Json): unknown {
  if (value instanceof Float) return value.value;
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (!isDictionary(value)) return value === 0 ? 0 : value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

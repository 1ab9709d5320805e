import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { probe } from "./probe.ts";

/** A request, and what Django REST framework 3.14 (Django 4.2, django-filter 23.5, Python 3.11) answered to it. */
interface Recorded {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS";
  path: string;
  /** JSON where there is a body and no type. */
  type?: string;
  /** Bytes, as Latin-1. */
  body?: string;
  accept?: string;
  status: number;
  answer: unknown;
  allow?: string;
}

const recorded = readFileSync(new URL("drf-answers.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line): Recorded => JSON.parse(line));

const byPath = Object.groupBy(recorded, ({ method, path }) => `${method} ${path.split("?", 1)[0]}`);

describe("answers what Django REST framework answered", () => {
  const { app } = probe();
  test.each(Object.entries(byPath))("to %s", async (_name, rows = []) => {
    for (const row of rows) {
      const body = row.body === undefined ? undefined : Buffer.from(row.body, "latin1");
      const response = await app.inject({
        method: row.method,
        url: row.path,
        headers: {
          host: "testserver",
          ...(row.accept !== undefined && { accept: row.accept }),
          ...(body && { "content-type": row.type ?? "application/json" }),
        },
        ...(body && { payload: body }),
      });
      const answer = {
        row,
        status: response.statusCode,
        answer: response.body === "" ? null : response.json(),
        ...(row.allow !== undefined && { allow: response.headers.allow }),
      };
      const { status, answer: expected, allow } = row;
      expect(answer).toEqual({
        row,
        status,
        answer: expected,
        ...(allow !== undefined && { allow }),
      });
    }
  });
});

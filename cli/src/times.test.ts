import { expect, test } from "vitest";
import { UsageError } from "./errors.ts";
import { futureTime } from "./times.ts";

const NOW = new Date("2026-05-17T14:00:00Z");

test.each([
  ["12h", "2026-05-18T02:00:00.000Z"],
  ["4w", "2026-06-14T14:00:00.000Z"],
  ["2028-02-29", "2028-02-29T00:00:00.000Z"],
  ["2027-01-31T12:00+02:00", "2027-01-31T10:00:00.000Z"],
])("%s is a time to come", (text, time) => {
  expect(futureTime("--until", text, NOW).toISOString()).toBe(time);
});

test.each([
  "2027-02-29",
  "2027-02-31T12:00Z",
  "2027-13-01",
  "2027-01-31T25:00Z",
  "2027-01-31T12:00",
  "1m",
  "soon",
])("%s is no time", (text) => {
  expect(() => futureTime("--until", text, NOW)).toThrow(UsageError);
  expect(() => futureTime("--until", text, NOW)).toThrow("which is no time");
});

test.each(["2026-05-17", "0d"])("%s has passed", (text) => {
  expect(() => futureTime("--until", text, NOW)).toThrow("which has passed");
});

import { expect, test } from "vitest";
import { padded } from "./padded.ts";

test("what is too short has silence after it, and what is long enough stays as it is", () => {
  expect([...padded(Float32Array.of(0.5, -0.5), 4)]).toEqual([0.5, -0.5, 0, 0]);
  expect([...padded(new Float32Array(0), 2)]).toEqual([0, 0]);
  const long = new Float32Array(5);
  expect(padded(long, 4)).toBe(long);
});

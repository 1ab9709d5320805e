import { expect, test } from "vitest";
import { CEPSTRA, framesOf, type Frames } from "./cepstra.ts";

const tone = (hertz: number, gain: number) =>
  Float32Array.from({ length: 16_000 }, (_, i) => gain * Math.sin((2 * Math.PI * hertz * i) / 16_000));

test("a second has 49 frames of 25 ms, and its level in decibels", () => {
  const { count, cepstra, levelsDb } = framesOf(tone(1000, 0.5));
  expect(count).toBe(49);
  expect(cepstra).toHaveLength(49 * CEPSTRA.coefficients);
  expect(levelsDb[25]).toBeCloseTo(20 * Math.log10(0.5 / Math.SQRT2), 1);
});

const middle = ({ cepstra }: Frames) =>
  [...cepstra.subarray(25 * CEPSTRA.coefficients, 26 * CEPSTRA.coefficients)].map((value) =>
    Math.round(value),
  );

test("cepstra do not follow loudness, but colour", () => {
  expect(middle(framesOf(tone(1000, 0.5)))).toEqual(middle(framesOf(tone(1000, 0.4))));
  expect(middle(framesOf(tone(1000, 0.5)))).not.toEqual(middle(framesOf(tone(2000, 0.5))));
});

test("silence and sound that is too short for a frame are no error", () => {
  expect(framesOf(new Float32Array(100)).count).toBe(0);
  expect([...framesOf(new Float32Array(800)).cepstra].every(Number.isFinite)).toBe(true);
});

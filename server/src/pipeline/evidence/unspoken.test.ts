import { expect, test } from "vitest";
import type { AlignedWord } from "../../speech/recogniser.ts";
import { worstFittingRun } from "./unspoken.ts";

function words(count: number, fit: number, squeeze: number): AlignedWord[] {
  return Array.from({ length: count }, (_, i) => ({ start: i * 0.2, end: (i + 1) * 0.2, fit, squeeze }));
}

test("words that were said fit, whatever the pace", () => {
  expect(worstFittingRun(words(12, -2.5, 0.3))).toEqual({ first: 0, last: 12, fit: expect.closeTo(-2.5) });
  expect(worstFittingRun(words(12, -2.5, 0.9))?.fit).toBeCloseTo(-2.5);
  expect(worstFittingRun([])).toBeNull();
});

test("an ending that nobody said is squeezed into what is left of the clip", () => {
  const aligned = [...words(12, -2.5, 0.3), ...words(4, -11, 0.95)];
  expect(worstFittingRun(aligned)).toEqual({ first: 12, last: 16, fit: expect.closeTo(-11) });
});

test("one word that fits badly is not enough", () => {
  const aligned = [...words(8, -2, 0.4), ...words(1, -12, 1), ...words(8, -2, 0.4)];
  expect(worstFittingRun(aligned)?.fit).toBeGreaterThan(-5);
});

test("a text of something else fits badly as a whole, with all the room there is", () => {
  expect(worstFittingRun(words(5, -9, 0.2))).toEqual({ first: 0, last: 5, fit: expect.closeTo(-9) });
});

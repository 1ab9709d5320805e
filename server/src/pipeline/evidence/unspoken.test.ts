import { expect, test } from "vitest";
import type { AlignedWord } from "../../speech/recogniser.ts";
import { worstSqueezedFit } from "./unspoken.ts";

function words(count: number, fit: number, squeeze: number): AlignedWord[] {
  return Array.from({ length: count }, (_, i) => ({ start: i * 0.2, end: (i + 1) * 0.2, fit, squeeze }));
}

test("words that were said have room, however they sound", () => {
  expect(worstSqueezedFit(words(12, -9, 0.3))).toBeNull();
  expect(worstSqueezedFit([])).toBeNull();
});

test("an ending that nobody said is squeezed into what is left of the clip", () => {
  expect(worstSqueezedFit([...words(12, -2.5, 0.3), ...words(5, -11, 0.95)])).toBeCloseTo(-11);
});

test("one word that fits badly is not enough", () => {
  expect(worstSqueezedFit([...words(3, -2, 0.4), ...words(1, -12, 1), ...words(8, -2, 0.4)])).toBeNull();
});

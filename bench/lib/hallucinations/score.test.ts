import { expect, test } from "vitest";
import { isTrue, shownShare } from "./score.ts";

const ENDING = "The museum closed its doors in 1965.".split(" ");

test("an invented ending is shown, in part, or not", () => {
  const honest = "We went home.";
  expect(shownShare(ENDING, `We went home. ${ENDING.join(" ")}`, honest)).toBe(1);
  expect(shownShare(ENDING, "We went home. The museum closed its", honest)).toBeCloseTo(0.3, 0);
  expect(shownShare(ENDING, honest, honest)).toBe(0);
});

test("words that are shown without any invention are not counted against the guard", () => {
  const clause = "and that was that".split(" ");
  const loop = Array.from({ length: 9 }, () => clause).flat();
  const honest = "We went home, and that was that.";
  expect(shownShare(loop, honest, honest)).toBe(0);
  expect(shownShare(loop, `${honest} ${loop.join(" ")}`, honest)).toBeGreaterThan(0.9);
});

test("a text is true where the reference has most of it, as often as it is written", () => {
  const reference = "He was not an ill disposed young man";
  expect(isTrue("He was not an ill-disposed young man.", reference)).toBe(true);
  expect(isTrue("He was not a tall young man.", reference)).toBe(false);
  expect(isTrue("young man ".repeat(9), reference)).toBe(false);
  expect(isTrue("", reference)).toBe(false);
});

import { expect, test } from "vitest";
import { crowdingOf } from "./crowding.ts";

function timed(text: string, times: readonly (readonly [number, number] | null)[]) {
  return text.split(" ").map((word, i) => ({
    text: word,
    start: times[i]?.[0] ?? null,
    end: times[i]?.[1] ?? null,
    confidence: null,
    glued: false,
  }));
}

const TEXT = "We went home and then it was sold to a bank";

function evenly(from: number, until: number, count: number): [number, number][] {
  const step = (until - from) / count;
  return Array.from({ length: count }, (_, i) => [from + i * step, from + (i + 1) * step]);
}

test("words at the pace of speech stand apart", () => {
  expect(crowdingOf(timed(TEXT, evenly(0, 2.5, 11)))).toBeLessThan(6);
});

test("words that share what is left of a clip stand too close", () => {
  const times = [...evenly(0, 1, 4), ...evenly(1, 1.2, 7)];
  expect(crowdingOf(timed(TEXT, times))).toBeGreaterThan(20);
});

test("words at one point are as close as can be, and finite", () => {
  const crowding = crowdingOf(timed(TEXT, evenly(3, 3, 11)));
  expect(crowding).toBeGreaterThan(100);
  expect(crowding).toBeLessThan(Infinity);
});

test("one word that is timed wrongly says nothing", () => {
  const times = evenly(0, 2.5, 11);
  times[4] = [0.9, 0.9];
  expect(crowdingOf(timed(TEXT, times))).toBeLessThan(8);
});

test("without times, or with few words, nothing is known", () => {
  expect(crowdingOf(timed(TEXT, []))).toBeNull();
  expect(crowdingOf(timed("We went home", evenly(0, 0.1, 3)))).toBeNull();
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalise, spelled } from "./normalise.ts";
import { rateOf, sumOf, wordErrors } from "./word-error-rate.ts";

function errors(reference: string, heard: string) {
  const { substitutions, deletions, insertions } = wordErrors(normalise(reference), normalise(heard));
  return [substitutions, deletions, insertions];
}

describe("word errors", () => {
  test.each([
    ["the cat sat", "the cat sat", [0, 0, 0]],
    ["the cat sat", "the bat sat", [1, 0, 0]],
    ["the cat sat", "the sat", [0, 1, 0]],
    ["the cat sat", "the big cat sat", [0, 0, 1]],
    ["the cat sat", "", [0, 3, 0]],
    ["", "thank you", [0, 0, 2]],
    ["goodbye then", "good-bye then", [0, 0, 0]],
    ["a data base", "a database", [0, 0, 0]],
    ["to day is", "today was", [1, 0, 0]],
  ])("from %j to %j", (reference, heard, expected) => {
    expect(errors(reference, heard)).toEqual(expected);
  });

  const words = fc.array(fc.constantFrom("a", "b", "ab", "c"), { maxLength: 12 });

  test("are none for the same words, and never more than both sides hold", () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        expect(rateOf(wordErrors(a, a))).toBe(0);
        const { substitutions, deletions, insertions } = wordErrors(a, b);
        expect(substitutions + deletions + insertions).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  test("add up over recordings", () => {
    const sum = sumOf([wordErrors(["a"], []), wordErrors(["a", "b", "c"], ["a", "b", "d"])]);
    expect(sum).toEqual({ words: 4, substitutions: 1, deletions: 1, insertions: 0 });
    expect(rateOf(sum)).toBe(0.5);
  });
});

describe("words to compare", () => {
  test.each([
    ["Hello, World!", ["hello", "world"]],
    ["Uh, I mean, um, yes", ["i", "mean", "yes"]],
    ["twenty-one", ["twenty", "one"]],
    ["It’s O'Neill's", ["its", "oneills"]],
    ["press 4, then #", ["press", "four", "then", "pound"]],
    ["20%", ["twenty", "percent"]],
    ["[laughter] fine", ["fine"]],
    ["3:2", ["three", "to", "two"]],
  ])("of %j", (text, expected) => {
    expect(normalise(text)).toEqual(expected);
  });

  test("of other languages keep their numerals and marks", () => {
    expect(normalise("Über 25 Grad!", "de")).toEqual(["über", "25", "grad"]);
  });

  test.each([
    [0, "zero"],
    [17, "seventeen"],
    [42, "forty two"],
    [300, "three hundred"],
    [1000, "one thousand"],
    [1465, "fourteen sixty five"],
    [1905, "nineteen oh five"],
    [2000, "two thousand"],
    [2024, "twenty twenty four"],
    [12_345, "twelve thousand three hundred forty five"],
  ])("of the number %d", (number, expected) => {
    expect(spelled(number)).toBe(expected);
  });
});

import { describe, expect, test } from "vitest";
import type { Token } from "../speech/recogniser.ts";
import { heardOf, splitWords, textOf } from "./heard.ts";

function token(
  text: string,
  start: number | null,
  end: number | null = null,
  confidence: number | null = null,
): Token {
  return { text, start, end, confidence };
}

describe("words of a text", () => {
  test.each([
    ["And so, my fellow Americans.", ["And", "so,", "my", "fellow", "Americans."]],
    ["  two   spaces ", ["two", "spaces"]],
    ["well - maybe", ["well -", "maybe"]],
    ["« Bonjour ! »", ["« Bonjour ! »"]],
    ["— Yes.", ["— Yes."]],
    ["don't 3,500.50 twenty-one", ["don't", "3,500.50", "twenty-one"]],
    ["", []],
  ])("%j", (text, words) => {
    expect(splitWords(text).map((word) => word.text)).toEqual(words);
  });

  test("in scripts without spaces stand against each other, and give the text again", () => {
    const words = splitWords("私は東京へ行きました。それから、帰った。 OK です");
    expect(words.length).toBeGreaterThan(6);
    expect(words.map((word) => word.text)).toContain("東京");
    expect(textOf(words)).toBe("私は東京へ行きました。それから、帰った。 OK です");
  });
});

describe("what tokens know", () => {
  test("becomes that of their words", () => {
    const tokens = [
      token(" He", 0.1, 0.2, 0.9),
      token("llo", 0.2, 0.4, 0.5),
      token(",", 0.4, 0.4, 0.8),
      token(" world", 0.6, 1, 0.7),
    ];
    const { words } = heardOf({ text: "Hello, world", tokens, language: "en" });
    expect(words).toEqual([
      { text: "Hello,", start: 0.1, end: 0.4, confidence: 0.5, glued: false },
      { text: "world", start: 0.6, end: 1, confidence: 0.7, glued: false },
    ]);
  });

  test("is nothing where they do not spell the text", () => {
    const { words } = heardOf({
      text: "Hello world",
      tokens: [token(" Goodbye", 0.1, 0.5, 0.9)],
      language: null,
    });
    expect(words.map(({ start, confidence }) => [start, confidence])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test("is nothing where the model gives neither times nor certainty", () => {
    const { words } = heardOf({ text: "Hello", tokens: [token(" Hello", null)], language: null });
    expect(words).toEqual([{ text: "Hello", start: null, end: null, confidence: null, glued: false }]);
  });
});

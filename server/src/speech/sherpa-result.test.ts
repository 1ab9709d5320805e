import { expect, test } from "vitest";
import { readResult } from "./sherpa-result.ts";

function said(fields: Record<string, string>): string {
  const all = {
    lang: '""',
    text: '""',
    timestamps: "[]",
    durations: "[]",
    tokens: "[]",
    ys_log_probs: "[]",
    ...fields,
  };
  return `{${Object.entries(all)
    .map(([name, value]) => `"${name}": ${value}`)
    .join(", ")}}`;
}

test("times and certainties come from the model, and the rest is null", () => {
  const { tokens } = readResult(
    said({
      tokens: '[" Go", " on"]',
      timestamps: "[0.08, 0.32]",
      durations: "[0.24, 0.08]",
      ys_log_probs: "[-0.105361, 0.000001]",
    }),
  );
  expect(tokens[0]).toMatchObject({ text: " Go", start: 0.08, end: 0.32 });
  expect(tokens[0]?.confidence).toBeCloseTo(0.9);
  expect(tokens[1]?.confidence).toBe(1);
  const bare = readResult(said({ tokens: '[" Go", " on"]', timestamps: "[0.08]" }));
  expect(bare.tokens[1]).toEqual({ text: " on", start: null, end: null, confidence: null });
  const starts = readResult(said({ tokens: '[" Go"]', timestamps: "[0.08]" }));
  expect(starts.tokens[0]).toEqual({ text: " Go", start: 0.08, end: null, confidence: null });
});

test("a line break that the model says does not break the result", () => {
  expect(readResult(said({ text: '" so\n, it \\"is\\"\t"', tokens: '[" so", "\n,"]' }))).toMatchObject({
    text: 'so , it "is"',
    tokens: [{ text: " so" }, { text: " ," }],
  });
});

test("a probability that is no number is null, and a word that looks like one stays", () => {
  const { tokens, text } = readResult(
    said({ text: '"[nan, -inf]"', tokens: '["a", "b", "c"]', ys_log_probs: "[-inf, nan, -0.000000]" }),
  );
  expect(tokens.map(({ confidence }) => confidence)).toEqual([null, null, 1]);
  expect(text).toBe("[nan, -inf]");
});

test("the bytes of a character that the vocabulary lacks are one token", () => {
  const { tokens } = readResult(
    said({
      tokens: '[" 5", "<0xE2>", "<0x82>", "<0xAC>", " now"]',
      timestamps: "[0.0, 0.1, 0.2, 0.3, 0.4]",
      durations: "[0.1, 0.1, 0.1, 0.1, 0.1]",
      ys_log_probs: "[0, 0, -0.693147, 0, 0]",
    }),
  );
  expect(tokens.map(({ text }) => text)).toEqual([" 5", "€", " now"]);
  expect(tokens[1]?.start).toBe(0.1);
  expect(tokens[1]?.end).toBeCloseTo(0.4);
  expect(tokens[1]?.confidence).toBeCloseTo(0.5);
});

test("the language is a bare code, whichever way the model writes it", () => {
  expect(readResult(said({ lang: '"de"' })).language).toBe("de");
  expect(readResult(said({ lang: '"<|yue|>"' })).language).toBe("yue");
  expect(readResult(said({})).language).toBeNull();
  expect(readResult(said({ lang: '"<|nospeech|>"' })).language).toBeNull();
});

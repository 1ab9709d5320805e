import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { heardOf } from "../pipeline/heard.ts";
import { readAnswer } from "./openai-answer.ts";
import { RecognitionServerError } from "./openai-errors.ts";
import type { Recognition } from "./recogniser.ts";

const TEXT = "Well, it's 1965 – isn't it?";
const WORDS = [
  { word: "Well", start: 0.1, end: 0.4 },
  { word: "it's", start: 0.5, end: 0.7 },
  { word: "1965", start: 0.8, end: 1.6 },
  { word: "isn't", start: 1.9, end: 2.2 },
  { word: "it", start: 2.2, end: 2.4 },
];

function times(answer: unknown): (readonly [string, number | null, number | null])[] {
  return heardOf(readAnswer(answer)).words.map(({ text, start, end }) => [text, start, end] as const);
}

describe("words", () => {
  test("without punctuation find their places in the text", () => {
    expect(times({ text: TEXT, words: WORDS })).toEqual([
      ["Well,", 0.1, 0.4],
      ["it's", 0.5, 0.7],
      ["1965 –", 0.8, 1.6],
      ["isn't", 1.9, 2.2],
      ["it?", 2.2, 2.4],
    ]);
  });

  test("are taken from the segments where they stand there", () => {
    const words = WORDS.map(({ word, ...rest }) => ({ word: ` ${word}`, ...rest, probability: 0.75 }));
    const answer = { text: TEXT, segments: [{ text: TEXT, start: 0, end: 3, avg_logprob: -0.1, words }] };
    expect(times(answer)[1]).toEqual(["it's", 0.5, 0.7]);
    expect(heardOf(readAnswer(answer)).words.map(({ confidence }) => confidence)).toEqual(
      Array(5).fill(0.75),
    );
  });

  test("that are parts of one, or several, give it the time of them all", () => {
    const words = [
      { word: "ice", start: 0, end: 0.3 },
      { word: "cream", start: 0.3, end: 0.7 },
      { word: "New York", start: 1, end: 1.5 },
    ];
    expect(times({ text: "Ice-cream, New York!", words })).toEqual([
      ["Ice-cream,", 0, 0.7],
      ["New", 1, 1.5],
      ["York!", 1, 1.5],
    ]);
  });

  test("of a script without spaces keep their times", () => {
    const words = [
      { word: "東京は", start: 0, end: 0.5 },
      { word: "日本", start: 0.5, end: 0.9 },
    ];
    const { tokens } = readAnswer({ text: "東京は日本。", words });
    expect([tokens[0]?.start, tokens.at(-1)?.end]).toEqual([0, 0.9]);
  });

  test.each([
    ["spell another text", [{ word: "Hello", start: 0, end: 1 }]],
    ["run backwards", WORDS.map(({ word, start, end }) => ({ word, start: 9 - start, end: 10 - end }))],
    ["end before they begin", WORDS.map(({ word, start, end }) => ({ word, start: end, end: start }))],
    ["have texts for times", WORDS.map((word) => ({ ...word, start: "0.1" }))],
    ["have negative times", WORDS.map((word) => ({ ...word, start: -1 }))],
  ])("have no times where they %s", (_, words) => {
    expect(times({ text: TEXT, words }).map(([, start]) => start)).toEqual(Array(5).fill(null));
  });

  test("keep times past the end, for the guard to judge", () => {
    const words = WORDS.map(({ word, start, end }) => ({ word, start: start + 30, end: end + 30 }));
    expect(times({ text: TEXT, words }).at(-1)).toEqual(["it?", 32.2, 32.4]);
  });
});

describe("segments alone", () => {
  const segments = [
    { text: " Well, it's 1965 –", start: 0.1, end: 1.7, avg_logprob: Math.log(0.5), compression_ratio: 1.2 },
    { text: " isn't it?", start: 1.8, end: 9, avg_logprob: Math.log(0.9), compression_ratio: 1.1 },
  ];

  test("say when their first words begin and their last ones end, and how sure the model was", () => {
    const { words } = heardOf(readAnswer({ text: TEXT, segments }));
    expect(words.map(({ start }) => start)).toEqual([0.1, null, null, 1.8, null]);
    expect(words.at(-1)?.end).toBe(9);
    expect(words.map(({ confidence }) => confidence?.toFixed(2))).toEqual([
      "0.50",
      "0.50",
      "0.50",
      "0.90",
      "0.90",
    ]);
  });

  test("whose figures were never measured say nothing", () => {
    const unmeasured = segments.map((segment) => ({ ...segment, avg_logprob: -1, compression_ratio: -1 }));
    const { tokens } = readAnswer({ text: TEXT, segments: unmeasured });
    expect(tokens.every(({ confidence }) => confidence === null)).toBe(true);
  });

  test("are the text where there is no other", () => {
    expect(readAnswer({ segments }).text).toBe(TEXT);
  });
});

test.each([
  ["english", "en"],
  ["English", "en"],
  ["de", "de"],
  ["pt-BR", "pt"],
  ["norwegian nynorsk", "nn"],
  ["haitian creole", "ht"],
  ["myanmar", "my"],
  ["jw", "jv"],
  ["javanese", "jv"],
  ["cantonese", "yue"],
  ["unknown", null],
  ["", null],
  [null, null],
  [7, null],
])("the language %j is %j", (language, code) => {
  expect(readAnswer({ text: "a", language }).language).toBe(code);
});

test("a text alone is a transcription; so is none", () => {
  expect(readAnswer({ text: " Yes. " })).toMatchObject({ text: "Yes.", language: null });
  expect(readAnswer({ text: "", segments: [], words: null })).toEqual({
    text: "",
    tokens: [],
    language: null,
  });
});

test("control characters and halves of characters do not come through", () => {
  expect(readAnswer({ text: "a\u0000b\n\ud800c" }).text).toBe("a b �c");
});

test.each([
  ["null", null],
  ["a text", "Yes."],
  ["a list", [{ text: "Yes." }]],
  ["an error", { error: { message: "no" } }],
  ["a number for a text", { text: 5 }],
  ["words that are no list", { text: "Yes.", words: "Yes." }],
  ["words that are none", { text: "Yes.", words: ["Yes."] }],
  ["words without a text", { text: "Yes.", words: [{ start: 0, end: 1 }] }],
  ["segments without a text", { text: "Yes.", segments: [{ start: 0, end: 1 }] }],
])("%s is no transcription", (_, answer) => {
  expect(() => readAnswer(answer)).toThrow(RecognitionServerError);
});

test("whatever JSON comes is read or refused, and each token is a word of the text", () => {
  const word = fc.record({ word: fc.string(), start: fc.double(), end: fc.double() });
  const segment = fc.record({
    text: fc.string(),
    start: fc.double(),
    end: fc.double(),
    words: fc.array(word),
  });
  const close = fc.record(
    { text: fc.string(), words: fc.array(word), segments: fc.array(segment), language: fc.string() },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), close), (answer) => {
      const { text, tokens } = readOrRefused(answer);
      expect(tokens.map((token) => token.text).join("")).toBe(text.split(/\s+/u).join(" "));
    }),
  );
});

function readOrRefused(answer: unknown): Pick<Recognition, "text" | "tokens"> {
  try {
    return readAnswer(answer);
  } catch (error) {
    if (error instanceof RecognitionServerError) return { text: "", tokens: [] };
    throw error;
  }
}

import { describe, expect, test } from "vitest";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { heardOf } from "./heard.ts";
import type { Reading, Standing } from "./looks.ts";
import { turnsOf, type SpokenReading } from "./turns.ts";
import { timeWords } from "./word-times.ts";

function spoken(
  text: string,
  start: number,
  end: number,
  standing: Standing = "kept",
  speaker: number | null = null,
): SpokenReading {
  const span = { startSample: start * SAMPLE_RATE_HZ, endSample: end * SAMPLE_RATE_HZ };
  const heard = heardOf({ text, tokens: [], language: null });
  const reading: Reading = { segment: { ...span, spans: [span] }, heard, standing, evidence: [] };
  return { reading, speaker, words: standing === "withheld" ? [] : timeWords(reading) };
}

function texts(readings: SpokenReading[]): string[] {
  return turnsOf(readings).map((turn) => turn.text);
}

describe("turns", () => {
  test("end with sentences", () => {
    expect(texts([spoken("Is it? Yes, it is. Good!", 0, 3)])).toEqual(["Is it?", "Yes, it is.", "Good!"]);
    expect(texts([spoken("彼は来た。私は帰った。", 0, 3)])).toEqual(["彼は来た。", "私は帰った。"]);
  });

  test("do not end with a title, an initial or a number's point", () => {
    expect(texts([spoken("Mr. Smith paid J. Doe 3.50 dollars.", 0, 3)])).toEqual([
      "Mr. Smith paid J. Doe 3.50 dollars.",
    ]);
  });

  test("go on over a segment's edge within a sentence", () => {
    expect(texts([spoken("and then we went", 0, 2), spoken("to the market.", 2.3, 3)])).toEqual([
      "and then we went to the market.",
    ]);
  });

  test("end with a pause, whatever the punctuation", () => {
    expect(texts([spoken("and then", 0, 1), spoken("we left", 2.5, 3)])).toEqual(["and then", "we left"]);
  });

  test("end where another speaker or a doubt begins", () => {
    const turns = turnsOf([
      spoken("well", 0, 1, "kept", 0),
      spoken("yes", 1.1, 2, "kept", 1),
      spoken("perhaps", 2.1, 3, "doubtful", 1),
    ]);
    expect(turns.map(({ text, speaker, flags }) => [text, speaker, flags])).toEqual([
      ["well", 0, []],
      ["yes", 1, []],
      ["perhaps", 1, ["doubtful"]],
    ]);
  });

  test("stand without words where the text is withheld", () => {
    const turns = turnsOf([spoken("Before.", 0, 1), spoken("la la la la", 1.5, 4, "withheld")]);
    expect(turns[1]).toEqual({ start: 1.5, end: 4, speaker: null, text: "", flags: ["withheld"], words: [] });
  });

  test("end sooner or later where a model writes no full stops", () => {
    const readings = Array.from({ length: 20 }, (_, i) =>
      spoken("and so it went on and on", i * 10, i * 10 + 9.9),
    );
    const turns = turnsOf(readings);
    expect(turns.length).toBeGreaterThan(5);
    expect(Math.max(...turns.map((turn) => turn.end - turn.start))).toBeLessThanOrEqual(30);
  });

  test("hold every word once, in order, with its punctuation", () => {
    const text = "First, a thing. Then 東京 — another? Yes.";
    const words = turnsOf([spoken(text, 0, 5)]).flatMap((turn) => turn.words.map((word) => word.text));
    expect(words.join(" ")).toBe(text);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SAMPLE_RATE_HZ, type AlignedWord, type SpeechSpan } from "../speech/recogniser.ts";
import { heardOf, type HeardWord } from "./heard.ts";
import type { Reading } from "./looks.ts";
import { ALIGNMENT, timeWords } from "./word-times.ts";

function readingOf(words: HeardWord[], spans: SpeechSpan[], context = 3000): Reading {
  const startSample = Math.max(0, (spans[0]?.startSample ?? 0) - context);
  const segment = { startSample, endSample: (spans.at(-1)?.endSample ?? 0) + context, spans };
  return { segment, heard: { words, language: null }, standing: "kept", evidence: [] };
}

function untimed(text: string): HeardWord[] {
  return heardOf({ text, tokens: [], language: null }).words;
}

function withTimes(
  words: HeardWord[],
  timesOf: (index: number) => Pick<HeardWord, "start" | "end">,
): HeardWord[] {
  return words.map(({ text, glued }, i) => ({ text, glued, confidence: null, ...timesOf(i) }));
}

function seconds(...spans: [number, number][]): SpeechSpan[] {
  return spans.map(([start, end]) => ({
    startSample: start * SAMPLE_RATE_HZ,
    endSample: end * SAMPLE_RATE_HZ,
  }));
}

function found(start: number, end: number, fit = -2): AlignedWord {
  return { start, end, fit, squeeze: 0.4 };
}

const someSpans = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 1600, max: 200_000 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map((lengths) => {
    let at = 20_000;
    return lengths.map(([pause, speech]) => {
      const startSample = at + pause;
      at = startSample + speech;
      return { startSample, endSample: at };
    });
  });

const text = fc
  .array(fc.constantFrom("a", "yes.", "interview,", "strengthening", "1965", "über", "東京へ", "no"), {
    maxLength: 60,
  })
  .map((words) => words.join(" "));

const wildTimes = fc.option(fc.double({ min: -3, max: 60, noNaN: true }), { nil: null });

describe("times of words", () => {
  test("are in order, do not overlap, and stay inside the segment, with or without the model's times", () => {
    fc.assert(
      fc.property(someSpans, text, fc.array(wildTimes), fc.array(wildTimes), (spans, text, starts, ends) => {
        const words = withTimes(untimed(text), (i) => ({ start: starts[i] ?? null, end: ends[i] ?? null }));
        const reading = readingOf(words, spans);
        let reached = reading.segment.startSample / SAMPLE_RATE_HZ;
        const timed = timeWords(reading);
        expect(timed.map((word) => word.text)).toEqual(words.map((word) => word.text));
        for (const { start, end } of timed) {
          expect(start).toBeGreaterThanOrEqual(reached);
          expect(end).toBeGreaterThan(start);
          reached = end;
        }
        expect(reached).toBeLessThanOrEqual(reading.segment.endSample / SAMPLE_RATE_HZ);
      }),
    );
  });

  test("are the model's where it has them", () => {
    const words = withTimes(untimed("Hello world"), (i) => ({ start: 0.5 + i, end: 0.9 + i }));
    const timed = timeWords(readingOf(words, seconds([10, 12]), SAMPLE_RATE_HZ));
    expect(timed.map(({ start, end, timing }) => [start, end, timing])).toEqual([
      [9.5, 9.9, "model"],
      [10.5, 10.9, "model"],
    ]);
  });

  test("are those found in the sound where the model has none", () => {
    const reading = readingOf(untimed("Hello world"), seconds([10, 12]), SAMPLE_RATE_HZ);
    reading.heard.aligned = [found(1.02, 1.4), found(1.73, 2.5)];
    expect(timeWords(reading).map(({ start, end, timing }) => [start, end, timing])).toEqual([
      [10.02, 10.4, "aligned"],
      [10.73, 11.5, "aligned"],
    ]);
  });

  test("are estimated where the words that were found do not fit the sound", () => {
    const reading = readingOf(untimed("Hello world"), seconds([10, 12]), SAMPLE_RATE_HZ);
    const estimated = timeWords(reading);
    const poor = ALIGNMENT.clipFitMin - 0.1;
    for (const aligned of [null, [], [found(1, 1.4, poor), found(1.7, 2.5, poor)]])
      expect(timeWords({ ...reading, heard: { ...reading.heard, aligned } })).toEqual(estimated);
  });

  test("are called estimated for a single word that does not fit, and stay between the others", () => {
    const reading = readingOf(untimed("Hello cruel world"), seconds([10, 12]), SAMPLE_RATE_HZ);
    reading.heard.aligned = [found(1, 1.4), found(1.5, 1.6, ALIGNMENT.wordFitMin - 0.1), found(1.7, 2.5)];
    expect(timeWords(reading).map(({ start, timing }) => [start, timing])).toEqual([
      [10, "aligned"],
      [10.5, "estimated"],
      [10.7, "aligned"],
    ]);
  });

  test("are estimated over the speech, never in the pauses", () => {
    const spans = seconds([1, 2], [4, 6]);
    const timed = timeWords(readingOf(untimed("I came home. Then we all had dinner together."), spans));
    expect(timed.map(({ timing }) => timing)).toEqual(timed.map(() => "estimated"));
    expect(timed[2]).toMatchObject({ text: "home.", end: 2 });
    expect(timed[3]).toMatchObject({ text: "Then", start: 4 });
    expect(timed.at(-1)?.end).toBe(6);
  });

  test("prefer to pause at punctuation", () => {
    const spans = seconds([0, 2.2], [3, 5]);
    const timed = timeWords(readingOf(untimed("one two three four, five six seven eight nine"), spans));
    expect(timed.find(({ start }) => start >= 3)?.text).toBe("five");
  });

  test("give longer words more time", () => {
    const [a, interview] = timeWords(readingOf(untimed("a interview"), seconds([0, 1])));
    expect((interview?.end ?? 0) - (interview?.start ?? 0)).toBeGreaterThan(
      2 * ((a?.end ?? 0) - (a?.start ?? 0)),
    );
  });

  test("do not stretch over a pause that the detector heard, on either side, whoever gave them", () => {
    const text = untimed("Americans ask what you");
    const aligned = [found(0.2, 2.2), found(2.2, 2.6), found(2.7, 4.4), found(4.4, 4.7)];
    const givenByModel = withTimes(text, (i) => ({
      start: aligned[i]?.start ?? null,
      end: aligned[i]?.end ?? null,
    }));
    for (const heard of [{ words: text, aligned }, { words: givenByModel }]) {
      const reading = readingOf(heard.words, seconds([0, 1], [2, 3], [4, 5]), 0);
      const timed = timeWords({ ...reading, heard: { ...reading.heard, ...heard } });
      expect(timed.map(({ start, end }) => [start, end])).toEqual([
        [0.2, 1],
        [2.2, 2.6],
        [4, 4.4],
        [4.4, 4.7],
      ]);
    }
  });
});

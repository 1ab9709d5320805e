import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { writeWav } from "../../test/recordings.ts";
import { ScriptedEngine, soundOf, type Saying, type Script } from "../../test/scripted-engine.ts";
import { temporaryFolder } from "../../test/spools.ts";
import { probe, type Probe } from "../media/probe.ts";
import type { AlignedWord, Clip } from "../speech/recogniser.ts";
import type { ShownText } from "./checkpoint.ts";
import { transcribe, type Progress, type StoredSegment } from "./transcribe.ts";
import type { Outcome } from "./transcript.ts";

/** Fifty seconds of words that follow each other without a pause, each once. */
const MONOLOGUE: Saying[] = Array.from({ length: 100 }, (_, i) => ({
  start: 0.5 + i / 2,
  end: 1 + i / 2,
  text: ["bcdfghjklmnprstvz", "aeiou", "bdfgklmnprstv", "aiou"]
    .map((letters) => letters.charAt(i % letters.length))
    .join(""),
}));

/** Of a word that a clip cuts off, something else is heard. */
const tears = (clip: Clip, sayings: readonly Saying[]): string =>
  sayings
    .map(({ start, end, text }) =>
      start * 16_000 < clip.startSample || end * 16_000 > clip.endSample ? "hub" : text,
    )
    .join(" ");

/** The aligner finds each word where it is said. */
const finds = (clip: Clip, words: readonly string[]): AlignedWord[] => {
  const first = MONOLOGUE.findIndex(({ start, end }) => (start + end) * 8_000 >= clip.startSample);
  return words.map((_, i) => {
    const { start, end } = MONOLOGUE[first + i] ?? { start: 0, end: 0 };
    const at = clip.startSample / 16_000;
    return { start: Math.max(0, start - at), end: end - at, fit: -1, squeeze: 0.5 };
  });
};

/** What begins in the first second is heard as other words than anywhere else. */
const strange = (clip: Clip, sayings: readonly Saying[]): string | undefined =>
  clip.startSample < 16_000
    ? sayings.map(({ text }) => text.split("").toReversed().join("")).join(" ")
    : undefined;

const folder = await temporaryFolder();
let monologue: { path: string; probe: Probe };

beforeAll(async () => {
  const file = await writeWav(folder.path, "monologue.wav", soundOf(MONOLOGUE, 51));
  const signal = AbortSignal.timeout(60_000);
  monologue = { path: file, probe: await probe(file, { filename: file, signal }) };
  return () => folder[Symbol.asyncDispose]();
});

interface Run {
  outcome: Outcome;
  saved: StoredSegment[];
  progress: Progress[];
}

/** @param stored what an earlier run left behind */
async function run(script: Partial<Script>, stored: StoredSegment[] = []): Promise<Run> {
  const saved: StoredSegment[] = [];
  const progress: Progress[] = [];
  const outcome = await transcribe(monologue, {
    // A model of several languages is not compared with itself: halves of these torn words would differ.
    engine: new ScriptedEngine({ sayings: MONOLOGUE, languages: ["en", "de"], ...script }),
    scratchDir: folder.path,
    shareKey: "file 1",
    signal: new AbortController().signal,
    language: "en",
    secondsMax: 3600,
    checkpoint: { load: async () => stored, save: async (segment) => void saved.push(segment) },
    onProgress: (step) => progress.push(step),
  });
  return { outcome, saved, progress };
}

function textOf(outcome: Outcome): string {
  if (outcome.kind === "failed") throw new Error(outcome.detail.message);
  return outcome.transcript.turns.map((turn) => turn.text).join(" ");
}

/** In the order of time. */
function shownOf(saved: readonly StoredSegment[]): ShownText[] {
  return saved.flatMap(({ shown }) => shown ?? []).toSorted((a, b) => a.startSample - b.startSample);
}

describe("speech without a pause", () => {
  const whole = MONOLOGUE.map(({ text }) => text).join(" ");

  test.each([
    ["found in the sound", { aligns: finds }],
    ["without times", {}],
    ["without times, by a model that takes eight seconds", { clipSecondsMax: 8 }],
  ])("has every word once, counted once: words %s", async (_, script) => {
    const { outcome, progress } = await run({ hears: tears, ...script });
    if (outcome.kind === "failed") throw new Error(outcome.detail.message);
    const { turns, speechSeconds, coverage } = outcome.transcript;
    expect(textOf(outcome)).toBe(whole);
    expect(speechSeconds).toBeCloseTo(50, 1);
    expect(coverage).toEqual({ ratio: 1, uncovered: [], withheld: [] });
    expect(outcome.evidence).toEqual([]);
    const words = turns.flatMap((turn) => turn.words);
    words.slice(1).forEach((word, i) => expect(word.start).toBeGreaterThanOrEqual(words[i]?.end ?? 0));
    expect(progress.at(-1)?.speechRecognisedSeconds).toBeCloseTo(50, 1);
  });

  test("whose cuts share no word is read again without overlapping", async () => {
    const { outcome, saved } = await run({ hears: strange });
    expect(textOf(outcome).split(" ")).toHaveLength(MONOLOGUE.length);
    const again = await run({ hears: strange }, saved.slice(1));
    expect(again.outcome).toEqual(outcome);
  });

  test("is shown while it is being heard with every word once", async () => {
    const { saved } = await run({ hears: tears, aligns: finds });
    const shown = shownOf(saved);
    expect(shown.map(({ text }) => text).join(" ")).toBe(whole);
    shown.slice(1).forEach(({ startSample }, i) => expect(startSample).toBe(shown[i]?.endSample));
  });

  test("is not shown once more where it is read again", async () => {
    const { saved } = await run({ hears: strange, aligns: finds });
    const shown = shownOf(saved);
    expect(shown.length).toBeLessThan(saved.length);
    expect(shown.flatMap(({ text }) => text.split(" "))).toHaveLength(MONOLOGUE.length);
  });

  test("gives the same after a crash, whatever was stored and in whatever order its clips are done", async () => {
    const undisturbed = await run({ hears: tears });
    await fc.assert(
      fc.asyncProperty(fc.subarray(undisturbed.saved), fc.nat(5), async (stored, spread) => {
        const turns = (clip: Clip) => clip.startSample % (spread + 1);
        const again = await run({ hears: tears, turns }, stored);
        expect(again.outcome).toEqual(undisturbed.outcome);
      }),
      { numRuns: 5 },
    );
  });
});

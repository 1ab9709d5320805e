import { readdir } from "node:fs/promises";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { writeTracks, writeWav } from "../../test/recordings.ts";
import { ScriptedEngine, soundOf, type Saying, type Script } from "../../test/scripted-engine.ts";
import { silence, temporaryFolder } from "../../test/spools.ts";
import { probe, type Probe } from "../media/probe.ts";
import { SAMPLE_RATE_HZ, type Clip } from "../speech/recogniser.ts";
import { clipKey } from "./checkpoint.ts";
import { transcribe, type Progress, type StoredSegment, type TranscribeOptions } from "./transcribe.ts";
import type { Outcome } from "./transcript.ts";

/** A minute in which fifteen different sentences are said. */
const SAYINGS: Saying[] = Array.from({ length: 15 }, (_, i) => ({
  start: i * 4 + 0.5,
  end: i * 4 + 3,
  text: `Sentence number ${i} is spoken here.`,
}));

const SECONDS = 61;

const folder = await temporaryFolder();
let minute: { path: string; probe: Probe };

beforeAll(async () => {
  const file = await writeWav(folder.path, "minute.wav", soundOf(SAYINGS, SECONDS));
  minute = await recordingOf(file);
  return () => folder[Symbol.asyncDispose]();
});

async function recordingOf(file: string): Promise<{ path: string; probe: Probe }> {
  return { path: file, probe: await probe(file, { filename: file, signal: AbortSignal.timeout(60_000) }) };
}

interface Run {
  outcome: Outcome;
  engine: ScriptedEngine;
  saved: StoredSegment[];
  progress: Progress[];
}

async function run(
  script: Partial<Script> = {},
  options: Partial<TranscribeOptions> = {},
  recording = minute,
): Promise<Run> {
  const engine = new ScriptedEngine({ sayings: SAYINGS, sliceSeconds: 10, ...script });
  const saved: StoredSegment[] = [];
  const progress: Progress[] = [];
  const outcome = await transcribe(recording, {
    engine,
    scratchDir: folder.path,
    shareKey: "file 1",
    signal: new AbortController().signal,
    language: "en",
    secondsMax: 3600,
    checkpoint: { load: async () => [], save: async (segment) => void saved.push(segment) },
    onProgress: (step) => progress.push(step),
    ...options,
  });
  return { outcome, engine, saved, progress };
}

function textOf(outcome: Outcome): string {
  if (outcome.kind === "failed") throw new Error(outcome.detail.message);
  return outcome.transcript.turns.map((turn) => turn.text).join(" ");
}

/** Loops for one clip, nothing for another, and otherwise what is said: all ways that a segment can go. */
const hears = (clip: Clip, sayings: readonly Saying[]): string | undefined => {
  if (sayings[0] === SAYINGS[4] && clip.startSample % 3 === 0) return "";
  if (sayings.length > 2 && sayings.includes(SAYINGS[8] ?? { start: 0, end: 0, text: "" }))
    return `${sayings[0]?.text} ${"and so on and on it went, ".repeat(12)}`;
  return undefined;
};

async function scratchFolders(): Promise<string[]> {
  return (await readdir(folder.path)).filter((name) => name.startsWith("transcribe-"));
}

describe("a recording", () => {
  test("becomes turns with words in time", async () => {
    const { outcome } = await run();
    expect(textOf(outcome)).toBe(SAYINGS.map((saying) => saying.text).join(" "));
    if (outcome.kind === "failed") throw new Error("not reached");
    const { turns, durationSeconds, speechSeconds, coverage, language, model } = outcome.transcript;
    expect({ durationSeconds, language, model }).toEqual({
      durationSeconds: SECONDS,
      language: "en",
      model: "scripted",
    });
    expect(speechSeconds).toBeCloseTo(15 * 2.5, 1);
    expect(coverage).toEqual({ ratio: 1, uncovered: [], withheld: [] });
    turns.forEach((turn, i) => {
      expect(turn.start).toBeCloseTo(SAYINGS[i]?.start ?? -1, 1);
      expect(turn.end).toBeCloseTo(SAYINGS[i]?.end ?? -1, 1);
    });
  });

  test("is recognised by as many workers as there are, with a bounded number waiting", async () => {
    const { engine } = await run({ workers: 3, turns: () => 20, sliceSeconds: 60 });
    expect(engine.busiest).toBeGreaterThanOrEqual(3);
    expect(engine.busiest).toBeLessThanOrEqual(5);
  });

  test("that is silent is too short, with the length that was decoded", async () => {
    const silent = await recordingOf(await writeWav(folder.path, "silent.wav", silence(3)));
    const { outcome, engine } = await run({}, {}, silent);
    expect(outcome).toMatchObject({
      kind: "failed",
      reason: "audio_too_short",
      durationSeconds: 3,
      speechSeconds: 0,
    });
    expect(engine.recognised).toEqual([]);
  });

  test("for which the model only loops fails as hallucinated, with evidence", async () => {
    const { outcome } = await run({ hears: () => "thanks for watching and ".repeat(30) });
    expect(outcome).toMatchObject({ kind: "failed", reason: "hallucinated_transcript" });
    if (outcome.kind !== "failed") throw new Error("not reached");
    expect(outcome.detail.evidence.map(({ kind }) => kind)).toContain("repetition");
    expect(outcome.detail.message).toMatch(/withheld for 37\.\d of the 37\.\d seconds/);
  });

  test("with several tracks is taken from the one with the most speech", async () => {
    const few = SAYINGS.slice(0, 2);
    const files = [
      await writeWav(folder.path, "none.wav", silence(SECONDS)),
      await writeWav(folder.path, "few.wav", soundOf(few, SECONDS)),
      await writeWav(folder.path, "most.wav", soundOf(SAYINGS.slice(0, 5), SECONDS)),
      await writeWav(folder.path, "some.wav", soundOf(SAYINGS.slice(0, 3), SECONDS)),
    ];
    const recording = await recordingOf(await writeTracks(folder.path, "tracks.mkv", files));
    expect(recording.probe.tracks).toHaveLength(4);
    const { outcome } = await run({}, {}, recording);
    expect(textOf(outcome).match(/Sentence/g)).toHaveLength(5);
  });
});

/** What a model writes for a language that it does not speak: other words for each cut. */
function nonsense({ startSample, endSample }: Clip): string {
  let seed = startSample + 3 * endSample + 1;
  const letter = (letters: string) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return letters.charAt(seed % letters.length);
  };
  return Array.from({ length: 14 }, () => `${letter("bdfglmnrst")}a${letter("bdfglmnrst")}`).join(" ");
}

/** Another language up to some second, and then what is said. */
function nonsenseUntil(second: number) {
  return (clip: Clip) => (clip.startSample < second * 16_000 ? nonsense(clip) : undefined);
}

/** What a model writes for a language that it half translates: of eight words, six are the same in each cut. */
function halfTranslated(clip: Clip, sayings: readonly Saying[]): string {
  const others = nonsense(clip).split(" ");
  const texts = sayings.map(({ start, end }, i) => [
    ...nonsense({ ...clip, startSample: start, endSample: end })
      .split(" ")
      .slice(0, 6),
    ...others.slice(2 * i, 2 * i + 2),
  ]);
  return texts.flat().join(" ");
}

/** Finds words at even distances, all of which explain their sound so well. */
function fitting(fit: number) {
  return ({ startSample, endSample }: Clip, words: readonly string[]) => {
    const seconds = (endSample - startSample) / SAMPLE_RATE_HZ / words.length;
    return words.map((_, i) => ({ start: i * seconds, end: (i + 1) * seconds, fit, squeeze: 0.2 }));
  };
}

describe("speech in a language that the model does not speak", () => {
  test("fails, with what was compared and what can be done about it", async () => {
    const { outcome } = await run({ hears: nonsense }, { remedy: "Install another model." });
    expect(outcome).toMatchObject({ kind: "failed", reason: "hallucinated_transcript" });
    if (outcome.kind !== "failed") throw new Error("not reached");
    expect(outcome.detail.message).toMatch(
      /^The recording seems to be in a language that the installed model scripted does not speak \(it speaks en\): .* Install another model\.$/,
    );
    expect(outcome.detail.figures).toMatchObject({ spoken_share: 0, spoken_share_min: 0.15 });
    expect(new Set(outcome.detail.evidence.map(({ kind }) => kind))).toEqual(new Set(["language"]));
  });

  test("in between is withheld, the rest stays, and the confidence is the rest's share", async () => {
    const { outcome } = await run({
      hears: nonsenseUntil(15),
    });
    if (outcome.kind === "failed") throw new Error(outcome.detail.message);
    const { turns, languageConfidence, coverage } = outcome.transcript;
    expect(turns.filter(({ flags }) => flags.includes("withheld")).map(({ text }) => text)).toEqual([""]);
    expect(textOf(outcome)).not.toMatch(/church|hurry|mother|nobody/);
    expect(textOf(outcome)).toContain("Sentence number 10 is spoken here.");
    expect(coverage.withheld.every(({ end }) => end < 20)).toBe(true);
    expect(languageConfidence).toBeGreaterThan(0.5);
    expect(languageConfidence).toBeLessThan(1);
    expect(outcome.evidence.map(({ kind }) => kind)).toEqual(["language"]);
  });

  test("fails where the model half translates it, unless the words fit the sound", async () => {
    const unfit = await run({ hears: halfTranslated, aligns: fitting(-5) });
    expect(unfit.outcome).toMatchObject({ kind: "failed", detail: { figures: { spoken_share: 0 } } });
    const { outcome } = await run({ hears: halfTranslated, aligns: fitting(-2.5) });
    expect(outcome).toMatchObject({
      kind: "transcribed",
      transcript: { languageConfidence: 1 },
      evidence: [],
    });
  });

  test("is not looked for where the model speaks several", async () => {
    const { outcome } = await run({ hears: nonsense, languages: ["en", "de"] });
    expect(outcome.kind).toBe("transcribed");
  });

  test("is judged alike by a run that takes up where another stopped", async () => {
    const hears = nonsenseUntil(30);
    const whole = await run({ hears });
    for (const count of [1, whole.saved.length - 1, whole.saved.length]) {
      const load = async () => whole.saved.slice(-count);
      const again = await run({ hears }, { checkpoint: { load, save: async () => undefined } });
      expect(again.outcome).toEqual(whole.outcome);
      expect(again.engine.recognised).toHaveLength(whole.saved.length - count);
    }
  });

  test("shows nothing twice while it is being compared", async () => {
    const sayings = [
      { start: 0.5, end: 6, text: "The library was built a hundred years ago." },
      { start: 8, end: 14, text: "Every morning many children come to read their books." },
    ];
    const file = await writeWav(folder.path, "library.wav", soundOf(sayings, 15));
    const { saved } = await run({ sayings }, {}, await recordingOf(file));
    const shown = saved.flatMap((segment) => segment.shown ?? []);
    expect(saved.length).toBeGreaterThan(shown.length);
    expect(shown.map(({ text }) => text).join(" ")).toBe(sayings.map(({ text }) => text).join(" "));
  });
});

/** What the other party says in the first seconds is heard faintly, 26 dB below. */
function withLeak(own: Int16Array, other: Int16Array, seconds: number): Int16Array {
  return own.map((sample, i) => sample + (i < seconds * 16_000 ? (other[i] ?? 0) * 0.05 : 0));
}

describe("a call with one party a channel", () => {
  const call: Saying[] = [
    { start: 1, end: 4, text: "Good morning, how can I help?", side: "right" },
    { start: 5, end: 9, text: "My line is dead.", side: "left" },
    { start: 8, end: 12, text: "I am sorry to hear that.", side: "right" },
    { start: 14, end: 16, text: "Thank you.", side: "left" },
  ];
  async function hearCall(): Promise<Run> {
    const left = soundOf(
      call.filter(({ side }) => side === "left"),
      18,
    );
    const right = soundOf(
      call.filter(({ side }) => side === "right"),
      18,
    );
    const file = await writeWav(folder.path, "call.wav", withLeak(left, right, 4.5), right);
    return run({ sayings: call }, {}, await recordingOf(file));
  }

  test("has exact speakers, keeps what they say at once, and hears no leak", async () => {
    const { outcome, engine } = await hearCall();
    const leftStarts = engine.recognised.filter(({ mix }) => mix === "left").map((clip) => clip.startSample);
    expect(Math.min(...leftStarts)).toBeGreaterThan(4 * 16_000);
    if (outcome.kind === "failed") throw new Error(outcome.detail.message);
    const { speakers, turns, speechSeconds } = outcome.transcript;
    expect(speakers).toEqual(["Speaker 1", "Speaker 2"]);
    expect(turns.map(({ speaker, text }) => [speaker, text])).toEqual([
      [0, "Good morning, how can I help?"],
      [1, "My line is dead."],
      [0, "I am sorry to hear that."],
      [1, "Thank you."],
    ]);
    expect(turns[1]?.end).toBeGreaterThan(turns[2]?.start ?? Infinity);
    expect(speechSeconds).toBeCloseTo(3 + 7 + 2, 1);
  });
});

describe("work that was stopped", () => {
  test("goes on from what is stored, in any order of finishing, to the same transcript", async () => {
    const whole = await run({ hears });
    const clips = whole.saved.length;
    expect(clips).toBeGreaterThan(6);
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(whole.saved),
        fc.array(fc.nat(6), { minLength: 1 }),
        async (stored, turns) => {
          const again = await run(
            { hears, turns: (clip) => turns[clip.startSample % turns.length] ?? 0 },
            { checkpoint: { load: async () => stored, save: async () => undefined } },
          );
          expect(again.outcome).toEqual(whole.outcome);
          expect(again.engine.recognised).toHaveLength(clips - stored.length);
        },
      ),
      { numRuns: 12 },
    );
  });

  test("survives a crash at any segment: what was saved is not recognised again", async () => {
    const whole = await run({ hears });
    const kept: StoredSegment[] = [];
    const checkpoint = {
      load: async () => [...kept],
      save: async (segment: StoredSegment) => void kept.push(segment),
    };
    let ended: Run | null = null;
    let crashes = -1;
    for (let calls = 0; ended === null && crashes < 50; calls = 0) {
      const onRecognise = () => {
        calls += 1;
        if (calls > 2) throw new Error("crash");
      };
      ended = await run({ hears, onRecognise, workers: 1 }, { checkpoint }).catch(() => null);
      crashes += 1;
    }
    expect(ended?.outcome).toEqual(whole.outcome);
    expect(crashes).toBeGreaterThan(1);
    expect(new Set(kept.map(clipKey)).size).toBe(kept.length);
  });

  test("is not taken up from another model or language", async () => {
    const { saved } = await run();
    const stored = saved.map((segment) => ({ ...segment, model: "another" }));
    const { engine } = await run(
      {},
      { checkpoint: { load: async () => stored, save: async () => undefined } },
    );
    expect(engine.recognised).toHaveLength(saved.length);
  });

  test("tells which of the stored texts may be shown at once", async () => {
    const { saved } = await run({ hears });
    const shown = saved.filter((segment) => segment.shown !== null);
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.length).toBeLessThan(saved.length);
  });
});

describe("an end before the end", () => {
  test("by the signal rejects with its reason at any moment, and leaves no audio behind", async () => {
    const reports = (await run()).progress.length;
    await fc.assert(
      fc.asyncProperty(fc.nat(reports - 1), async (after) => {
        const reason = new Error("stopped by hand");
        const stop = new AbortController();
        let steps = 0;
        const onProgress = () => {
          steps += 1;
          if (steps > after) stop.abort(reason);
        };
        await expect(run({}, { signal: stop.signal, onProgress })).rejects.toBe(reason);
        expect(await scratchFolders()).toEqual([]);
      }),
      { numRuns: 12 },
    );
  });

  test("before the beginning reads nothing", async () => {
    const reason = new Error("too late");
    await expect(run({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("by an engine that fails rejects with its error, and stops the other work", async () => {
    const failure = new Error("the model is broken");
    let calls = 0;
    const onRecognise = () => {
      calls += 1;
      if (calls === 2) throw failure;
    };
    await expect(run({ onRecognise, turns: () => 3 })).rejects.toBe(failure);
    expect(calls).toBeLessThan(8);
    expect(await scratchFolders()).toEqual([]);
  });

  test("by a store that fails rejects with its error", async () => {
    const failure = new Error("the disk is full");
    const checkpoint = { load: async () => [], save: () => Promise.reject(failure) };
    await expect(run({}, { checkpoint })).rejects.toBe(failure);
  });
});

describe("progress", () => {
  test("is speech recognised over speech found, never falls, and reaches one", async () => {
    const { progress } = await run({ hears });
    const fractions = progress.map((step) => step.fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBeCloseTo(1, 6);
    expect(progress[0]).toMatchObject({ stage: "decoding", fraction: 0 });
    expect(progress.at(-1)).toMatchObject({ stage: "finishing" });
    expect(progress.at(-1)?.speechRecognisedSeconds).toBeCloseTo(
      progress.at(-1)?.speechFoundSeconds ?? -1,
      6,
    );
  });

  test("does not run ahead while speech is still being found", async () => {
    const { progress } = await run({ sliceSeconds: 4 });
    const early = progress.filter((step) => step.stage === "recognising").slice(0, 2);
    expect(early.length).toBe(2);
    for (const step of early) expect(step.fraction).toBeLessThan(0.5);
  });
});

import { beforeAll, expect, test } from "vitest";
import { writeWav } from "../../test/recordings.ts";
import { ScriptedEngine, soundOf, type Saying, type Script } from "../../test/scripted-engine.ts";
import { temporaryFolder } from "../../test/spools.ts";
import { probe } from "../media/probe.ts";
import { transcribe, type StoredSegment } from "./transcribe.ts";
import type { Outcome, WordTiming } from "./transcript.ts";

const SAYINGS: Saying[] = [0, 1, 2, 3].map((i) => ({
  start: i * 20 + 1,
  end: i * 20 + 4,
  text: `Part ${i} is said now.`,
}));

const folder = await temporaryFolder();
let file: string;

beforeAll(async () => {
  file = await writeWav(folder.path, "sayings.wav", soundOf(SAYINGS, 80));
  return () => folder[Symbol.asyncDispose]();
});

interface Run {
  outcome: Outcome;
  saved: StoredSegment[];
  /** Clips that words were looked for in. */
  looked: number;
}

async function run(script: Partial<Script>, stored: StoredSegment[] = [], language = "en"): Promise<Run> {
  const saved: StoredSegment[] = [];
  let looked = 0;
  const aligns: Script["aligns"] = (clip, words) => {
    looked += 1;
    return words.map((_, i) => ({
      start: 0.6 + i * 0.5,
      end: 0.9 + i * 0.5,
      fit: -2,
      squeeze: clip.startSample % 2,
    }));
  };
  const outcome = await transcribe(
    { path: file, probe: await probe(file, { filename: file, signal: AbortSignal.timeout(60_000) }) },
    {
      engine: new ScriptedEngine({ sayings: SAYINGS, aligns, ...script }),
      scratchDir: folder.path,
      shareKey: "file",
      signal: new AbortController().signal,
      language,
      secondsMax: 3600,
      checkpoint: { load: async () => stored, save: async (segment) => void saved.push(segment) },
      onProgress: () => undefined,
    },
  );
  return { outcome, saved, looked };
}

function olderVersion(segment: StoredSegment): StoredSegment {
  const { words, language } = segment.heard;
  return { ...segment, heard: { words, language } };
}

const isHeard = ({ heard }: StoredSegment): boolean => heard.words.length > 0;

function timingsOf({ outcome }: Run): Set<WordTiming> {
  if (outcome.kind === "failed") throw new Error(outcome.detail.message);
  return new Set(outcome.transcript.turns.flatMap(({ words }) => words.map(({ timing }) => timing)));
}

test("words of English are looked for in the sound, and their times say so", async () => {
  expect(timingsOf(await run({}))).toEqual(new Set(["aligned"]));
});

test("what is heard once more, only to be compared, is not looked for", async () => {
  const { looked, saved } = await run({});
  expect(looked).toBe(SAYINGS.length);
  expect(saved.filter(isHeard).length).toBeGreaterThan(looked);
});

test("a run that takes up where another stopped gives the same times, and looks for no word twice", async () => {
  const whole = await run({});
  const stored = whole.saved
    .filter(isHeard)
    .slice(0, 2)
    .map((segment): StoredSegment => JSON.parse(JSON.stringify(segment)));
  const again = await run({}, stored);
  expect(again.outcome).toEqual(whole.outcome);
  expect(again.looked).toBe(whole.looked - stored.length);
});

test("words that are not found, and those of another language, have estimated times", async () => {
  expect(timingsOf(await run({ aligns: () => null }))).toEqual(new Set(["estimated"]));
  const german = await run({ languages: ["en", "de"] }, [], "de");
  expect(timingsOf(german)).toEqual(new Set(["estimated"]));
  expect(german.looked).toBe(0);
});

test("an older version's segments, which have no such times, are taken up as they are", async () => {
  const { saved } = await run({});
  const older = saved.map(olderVersion);
  const again = await run({}, older);
  expect(timingsOf(again)).toEqual(new Set(["estimated"]));
  expect(again.looked).toBe(0);
});

import { beforeAll, describe, expect, test } from "vitest";
import { writeWav } from "../../test/recordings.ts";
import { ScriptedEngine, soundOf, type Saying } from "../../test/scripted-engine.ts";
import { temporaryFolder } from "../../test/spools.ts";
import { probe } from "../media/probe.ts";
import type { Talk } from "../../test/told.ts";
import type { Diarizer, Told } from "../speakers/diarizer.ts";
import type { SpeechSpan } from "../speech/recogniser.ts";
import { transcribe, type StoredSegment, type TranscribeOptions } from "./transcribe.ts";
import type { Transcript } from "./transcript.ts";

const folder = await temporaryFolder();
beforeAll(() => () => folder[Symbol.asyncDispose]());

/** Two people: the second begins, the other answers within the same stretch of speech. */
const TALK: Saying[] = [
  { start: 1, end: 4, text: "Where do you come from? From far away." },
  { start: 6, end: 7.8, text: "And how was it there?" },
  { start: 11, end: 12.2, text: "Cold, mostly." },
];

/** Answers when all speech is there. */
function answering(tell: (talk: Talk) => Promise<Told>): Diarizer {
  return {
    listen(asked) {
      const spans: SpeechSpan[] = [];
      return {
        add: (more) => void spans.push(...more),
        tellApart: () => tell({ ...asked, spans }),
        [Symbol.dispose]: () => undefined,
      };
    },
  };
}

/** Says that one person speaks up to each of these seconds, and another after it. */
function scripted(changesAt: readonly number[], certainty = 0.8): Diarizer & { asked: Talk[] } {
  const asked: Talk[] = [];
  return {
    asked,
    ...answering(async (talk) => {
      asked.push(talk);
      const stretches = talk.spans.flatMap(({ startSample, endSample }) => {
        const cuts = changesAt.map((seconds) => seconds * 16_000);
        const inside = cuts.filter((cut) => cut > startSample && cut < endSample);
        const edges = [startSample, ...inside, endSample];
        return edges.slice(1).map((end, i) => {
          const start = edges[i] ?? startSample;
          const before = cuts.filter((cut) => cut <= start).length;
          return { startSample: start, endSample: end, speaker: before % 2 };
        });
      });
      return { speakers: new Set(stretches.map(({ speaker }) => speaker)).size, stretches, certainty };
    }),
  };
}

async function hear(
  speakers: TranscribeOptions["speakers"],
  options: Partial<TranscribeOptions> = {},
): Promise<Transcript> {
  const file = await writeWav(folder.path, "talk.wav", soundOf(TALK, 15));
  const signal = new AbortController().signal;
  const outcome = await transcribe(
    { path: file, probe: await probe(file, { filename: "talk.wav", signal }) },
    {
      engine: new ScriptedEngine({ sayings: TALK }),
      scratchDir: folder.path,
      shareKey: "file 1",
      signal,
      language: "en",
      speakers: speakers ?? null,
      secondsMax: 3600,
      checkpoint: { load: async () => [], save: async () => undefined },
      onProgress: () => undefined,
      ...options,
    },
  );
  if (outcome.kind === "failed") throw new Error(outcome.detail.message);
  return outcome.transcript;
}

const loops = (_: unknown, sayings: readonly Saying[]) =>
  sayings.some(({ start }) => start === 11) ? "and so on and on it went, ".repeat(30) : undefined;

const told = ({ turns }: Transcript) => turns.map(({ speaker, text }) => [speaker, text]);

describe("speakers of one signal", () => {
  test("have their words, named in the order of appearance, and turns end where they change", async () => {
    const transcript = await hear({ diarizer: scripted([2.7, 5, 10]), expected: null });
    expect(told(transcript)).toEqual([
      [0, "Where do you come from?"],
      [1, "From far away."],
      [0, "And how was it there?"],
      [1, "Cold, mostly."],
    ]);
    expect(transcript).toMatchObject({
      speakers: ["Speaker 1", "Speaker 2"],
      speakersConfidence: 0.8,
      missing: [],
    });
  });

  test("are looked for in the speech that was found, with the number that the project expects", async () => {
    const diarizer = scripted([5]);
    await hear({ diarizer, expected: 3 });
    expect(diarizer.asked).toHaveLength(1);
    expect(diarizer.asked[0]).toMatchObject({ expected: 3, clip: { mix: "mono", startSample: 0 } });
    expect(diarizer.asked[0]?.spans.map(({ startSample }) => Math.round(startSample / 16_000))).toEqual([
      1, 6, 11,
    ]);
  });

  test("are not named where one speaks, or nobody asks", async () => {
    const nobody = { speakers: [], speakersConfidence: null, missing: [] };
    expect(await hear({ diarizer: scripted([]), expected: null })).toMatchObject(nobody);
    const unasked = await hear(null);
    expect(unasked).toMatchObject(nobody);
    expect(unasked.turns.every(({ speaker }) => speaker === null)).toBe(true);
  });

  test("are the same for a run that takes up where another stopped", async () => {
    const saved: StoredSegment[] = [];
    const speakers = { diarizer: scripted([2.7, 5, 10]), expected: null };
    const save = async (segment: StoredSegment) => void saved.push(segment);
    const whole = await hear(speakers, { checkpoint: { load: async () => [], save } });
    const half = saved.slice(0, Math.ceil(saved.length / 2));
    const resumed = await hear(speakers, {
      checkpoint: { load: async () => half, save: async () => undefined },
    });
    expect(resumed).toEqual(whole);
  });

  test("have their part of what is withheld", async () => {
    const engine = new ScriptedEngine({ sayings: TALK, hears: loops, clipSecondsMax: 6 });
    const transcript = await hear({ diarizer: scripted([10]), expected: null }, { engine });
    expect(transcript.turns.filter(({ flags }) => flags.includes("withheld"))).toMatchObject([
      { speaker: 1 },
    ]);
  });
});

describe("where speakers cannot be told apart", () => {
  const failure = new Error("the process ended");
  const broken = answering(() => Promise.reject(failure));

  test("the transcript is there without labels, and says what is missing", async () => {
    const heard: [string, unknown][] = [];
    const transcript = await hear(
      { diarizer: broken, expected: null },
      { onMissing: (stage, error) => heard.push([stage, error]) },
    );
    expect(transcript).toEqual({ ...(await hear(null)), missing: ["speakers"] });
    expect(heard).toEqual([["speakers", failure]]);
  });

  test("a stop is no failure of theirs", async () => {
    const reason = new Error("stopped by hand");
    const stop = new AbortController();
    const stopped = answering(async () => {
      stop.abort(reason);
      throw failure;
    });
    const run = hear({ diarizer: stopped, expected: null }, { signal: stop.signal });
    await expect(run).rejects.toBe(reason);
  });
});

test("channels tell by themselves, and are certain", async () => {
  const call: Saying[] = [
    { start: 1, end: 4, text: "Good morning.", side: "right" },
    { start: 5, end: 9, text: "My line is dead.", side: "left" },
  ];
  const sound = (side: "left" | "right") =>
    soundOf(
      call.filter((saying) => saying.side === side),
      10,
    );
  const file = await writeWav(folder.path, "call.wav", sound("left"), sound("right"));
  const signal = new AbortController().signal;
  const diarizer = scripted([]);
  const outcome = await transcribe(
    { path: file, probe: await probe(file, { filename: "call.wav", signal }) },
    {
      engine: new ScriptedEngine({ sayings: call }),
      scratchDir: folder.path,
      shareKey: "file 1",
      signal,
      language: "en",
      speakers: { diarizer, expected: null },
      secondsMax: 3600,
      checkpoint: { load: async () => [], save: async () => undefined },
      onProgress: () => undefined,
    },
  );
  expect(diarizer.asked).toEqual([]);
  expect(outcome).toMatchObject({
    transcript: { speakers: ["Speaker 1", "Speaker 2"], speakersConfidence: 1 },
  });
});

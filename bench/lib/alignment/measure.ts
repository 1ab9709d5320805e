/** How far word starts are from the known ones in a clip. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { AcousticModel } from "../../../server/src/alignment/acoustic-model.ts";
import { alignWords } from "../../../server/src/alignment/align.ts";
import { heardOf, type Heard } from "../../../server/src/pipeline/heard.ts";
import { timeWords, type TimedWord } from "../../../server/src/pipeline/word-times.ts";
import { SAMPLE_RATE_HZ, type Recogniser, type SpeechSpan } from "../../../server/src/speech/recogniser.ts";
import type { Detector } from "../../../server/src/speech/vad.ts";
import type { KnownClip, KnownWord } from "./known-words.ts";

export interface Instruments {
  detector: Detector;
  /** Null where it is not asked what a model hears. */
  recogniser: Recogniser | null;
  /** Null for the product's own. */
  model: AcousticModel | null;
}

/** Seconds that a word starts later than it is known to. */
export interface Errors {
  estimated: number[];
  aligned: number[];
  /** Of the words that were heard right, as the product gives them. */
  heard: number[];
}

export interface Measured extends Errors {
  /** Words that are left estimated, since they do not fit the sound. */
  left: number;
  seconds: number;
  alignCpuMs: number;
  recogniseCpuMs: number;
}

export async function measureClip({ samples, words }: KnownClip, tools: Instruments): Promise<Measured> {
  const spans = await speechIn(samples, tools.detector);
  const heard = heardOf({ text: words.map(({ text }) => text).join(" "), tokens: [], language: "en" });
  const { aligned, cpuMs } = await align(samples, heard, tools);
  const estimated = timesOf(samples, spans, heard);
  const found = timesOf(samples, spans, { ...heard, aligned });
  const recognised = await recognise(samples, tools.recogniser);
  const again = recognised === null ? null : (await align(samples, recognised.heard, tools)).aligned;
  return {
    estimated: errorsOf(estimated, words),
    aligned: errorsOf(found, words),
    heard:
      recognised === null
        ? []
        : matchedErrors(timesOf(samples, spans, { ...recognised.heard, aligned: again }), words),
    left: found.filter(({ timing }) => timing !== "aligned").length,
    seconds: samples.length / SAMPLE_RATE_HZ,
    alignCpuMs: cpuMs,
    recogniseCpuMs: recognised?.cpuMs ?? 0,
  };
}

/** What the product's detector finds; the whole clip where that is nothing. */
async function speechIn(samples: Float32Array, detector: Detector): Promise<SpeechSpan[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "bench-"));
  try {
    const spool = path.join(folder, "spool");
    await writeFile(
      spool,
      Int16Array.from(samples, (sample) => Math.round(sample * 32_767)),
    );
    const clip = {
      spool: { path: spool, channels: 1, samples: samples.length },
      mix: "mono",
      gainDb: gainDbOf(samples),
      startSample: 0,
      endSample: samples.length,
    } as const;
    const { spans } = await detector.detect(clip);
    return spans.length > 0 ? spans : [{ startSample: 0, endSample: samples.length }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Faint clips are made louder before anything listens, as the pipeline does. */
function gainDbOf(samples: Float32Array): number {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-4);
  return Math.max(0, Math.min(40, -6 - 20 * Math.log10(peak)));
}

async function align(samples: Float32Array, heard: Heard, { model }: Instruments) {
  const before = process.cpuUsage();
  const texts = heard.words.map(({ text }) => text);
  const aligned = model === null ? alignWords(samples, texts) : alignWords(samples, texts, model);
  const { user, system } = process.cpuUsage(before);
  return { aligned, cpuMs: (user + system) / 1000 };
}

async function recognise(samples: Float32Array, recogniser: Recogniser | null) {
  if (recogniser === null) return null;
  const gain = 10 ** (gainDbOf(samples) / 20);
  const loud = samples.map((sample) => sample * gain);
  const before = process.cpuUsage();
  const heard = heardOf(await recogniser.recognise(loud, { language: "en" }));
  const { user, system } = process.cpuUsage(before);
  return { heard, cpuMs: (user + system) / 1000 };
}

function timesOf(samples: Float32Array, spans: SpeechSpan[], heard: Heard): TimedWord[] {
  const segment = { startSample: 0, endSample: samples.length, spans };
  return timeWords({ segment, heard });
}

function errorsOf(timed: readonly TimedWord[], known: readonly KnownWord[]): number[] {
  return known.flatMap((word, i) => {
    const start = timed[i]?.start;
    return start === undefined ? [] : [start - word.start];
  });
}

/** Of words that both have in the same order. */
function matchedErrors(timed: readonly TimedWord[], known: readonly KnownWord[]): number[] {
  return commonPairs(
    timed.map(({ text }) => plain(text)),
    known.map(({ text }) => plain(text)),
  ).map(([i, j]) => (timed[i]?.start ?? 0) - (known[j]?.start ?? 0));
}

function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/gu, "");
}

/** Places of a longest common subsequence. */
function commonPairs(a: readonly string[], b: readonly string[]): [number, number][] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = lengths[i];
      if (row !== undefined)
        row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  const pairs: [number, number][] = [];
  for (let [i, j] = [0, 0]; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

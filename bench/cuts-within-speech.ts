/**
 * Measures cuts within speech: word error rate where clips end at the quietest place, and where they overlap and are joined.
 * The speech of each dataset is put together without a pause, so that every clip must end within speech.
 *
 *     node bench/cuts-within-speech.ts ../shared/speech [--dataset NAME …] [--stretch SECONDS …] [--overlap SECONDS …]
 *         [--model NAME] [--models-dir DIR] [--workers N] [--verbose]
 */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { readClip } from "../server/src/media/samples.ts";
import { heardOf, textOf, type Heard } from "../server/src/pipeline/heard.ts";
import { read, type Listen } from "../server/src/pipeline/looks.ts";
import { joinReadings } from "../server/src/pipeline/overlap.ts";
import { cutLong } from "../server/src/pipeline/quiet.ts";
import { SEGMENTS, SegmentPlanner, type Segment } from "../server/src/pipeline/segments.ts";
import {
  SAMPLE_RATE_HZ,
  type Clip,
  type SpeechEngine,
  type SpeechSpan,
} from "../server/src/speech/recogniser.ts";
import { openRecording, withSpeech } from "./lib/hear-recording.ts";
import { DATASET_OPTION, folderFrom, ofDatasets, readManifest, type Recording } from "./lib/manifest.ts";
import { normalise } from "./lib/normalise.ts";
import { removeFolder, temporaryFolder } from "./lib/temporary.ts";
import { linesOf, type WayErrors } from "./lib/ways.ts";
import { wordErrors } from "./lib/word-error-rate.ts";
import { ENGINE_OPTIONS, withEngine } from "./lib/with-engine.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    ...DATASET_OPTION,
    ...ENGINE_OPTIONS,
    stretch: { type: "string", multiple: true, default: ["6", "20"] },
    overlap: { type: "string", multiple: true, default: ["0", "0.5", "1"] },
    verbose: { type: "boolean", default: false },
  },
});

/** Longest stretches that speech is cut into, and how far clips reach over the cuts, in seconds. */
const stretchesSecondsMax = values.stretch.map(Number);
const overlapsSeconds = values.overlap.map(Number);

/** How neighbours are joined, and which words' times tell. */
const TIMINGS = { "aligned words": (heard: Heard) => heard, "words without times": withoutTimes };

const folder = folderFrom(positionals);
await withEngine(values, (engine) => measure(folder, engine));

async function measure(folder: string, engine: SpeechEngine): Promise<void> {
  const found: WayErrors[] = [];
  for (const [dataset, recordings] of await datasetsOf(folder)) {
    found.push(...(await errorsOf(folder, recordings, engine)));
    console.error(dataset);
    for (const line of linesOf(found)) console.error(line);
  }
  for (const line of linesOf(found)) console.log(line);
}

/** English that one person at a time speaks, by dataset. */
async function datasetsOf(folder: string): Promise<Map<string, Recording[]>> {
  const recordings = ofDatasets(await readManifest(folder), values.dataset).filter(
    ({ text, kind, language }) => text !== null && kind === "speech" && language === "en",
  );
  return Map.groupBy(recordings, ({ dataset }) => dataset);
}

async function errorsOf(
  folder: string,
  recordings: readonly Recording[],
  engine: SpeechEngine,
): Promise<WayErrors[]> {
  const scratch = temporaryFolder();
  const clip = await withoutPauses(folder, recordings, engine, path.join(scratch, "speech.s16le"));
  const reference = normalise(recordings.map(({ text }) => text ?? "").join(" "));
  const listen = listening(clip, engine);
  const all: WayErrors[] = [];
  for (const stretchSecondsMax of stretchesSecondsMax) {
    const spans = await cutLong(clip, [clip], stretchSecondsMax * SAMPLE_RATE_HZ);
    for (const overlapSeconds of overlapsSeconds) {
      const segments = segmentsOf(spans, clip.endSample, overlapSeconds);
      for (const [timing, timed] of Object.entries(TIMINGS)) {
        const text = await textOfAll(clip, segments, async (segment) => timed(await listen(segment)));
        const way = `stretches up to ${stretchSecondsMax} s, overlap ${overlapSeconds} s, ${timing}`;
        all.push([way, wordErrors(reference, normalise(text))]);
        if (values.verbose) console.error(`${way}\n${text}`);
      }
    }
  }
  removeFolder(scratch);
  return all;
}

/** The speech of recordings in a row, with nothing between. */
async function withoutPauses(
  folder: string,
  recordings: readonly Recording[],
  engine: SpeechEngine,
  file: string,
): Promise<Clip> {
  const stretches: Float32Array[] = [];
  for (const recording of recordings) {
    const opened = await openRecording(path.join(folder, recording.path));
    await withSpeech(opened, engine, async (clip, spans) => {
      for (const span of spans) stretches.push(await readClip({ ...clip, ...span }));
    });
  }
  const samples = stretches.reduce((sum, { length }) => sum + length, 0);
  const pcm = new Int16Array(samples);
  let at = 0;
  for (const stretch of stretches) {
    pcm.set(
      Int16Array.from(stretch, (sample) => Math.round(sample * 32_767)),
      at,
    );
    at += stretch.length;
  }
  await writeFile(file, pcm);
  const spool = { path: file, channels: 1 as const, samples };
  return { spool, mix: "mono", gainDb: 0, startSample: 0, endSample: samples };
}

function segmentsOf(spans: readonly SpeechSpan[], samples: number, overlapSeconds: number): Segment[] {
  const rules = { ...SEGMENTS, joinedSecondsMax: 0, overlapSeconds };
  const planner = new SegmentPlanner({ clipSamplesMax: 30 * SAMPLE_RATE_HZ, samples }, rules);
  return [...planner.add(spans), ...planner.finish()];
}

/** Hears each clip once. */
function listening(clip: Clip, engine: SpeechEngine): (segment: Segment) => Promise<Heard> {
  const heard = new Map<string, Promise<Heard>>();
  return (segment) => {
    const key = `${segment.startSample} ${segment.endSample}`;
    const known = heard.get(key) ?? hear(clip, segment, engine);
    heard.set(key, known);
    return known;
  };
}

async function hear(clip: Clip, { startSample, endSample }: Segment, engine: SpeechEngine): Promise<Heard> {
  const part = { ...clip, startSample, endSample };
  const share = { key: "bench", signal: AbortSignal.timeout(3_600_000) };
  const heard = heardOf(await engine.recognise(part, { language: null }, share));
  const words = heard.words.map(({ text }) => text);
  return { ...heard, aligned: await engine.align(part, words, share) };
}

function withoutTimes(heard: Heard): Heard {
  return { ...heard, aligned: null };
}

/** What is shown of all segments. */
async function textOfAll(clip: Clip, segments: readonly Segment[], listen: Listen): Promise<string> {
  const readAll = (some: readonly Segment[]) =>
    Promise.all(some.map(async (segment) => ({ segment, readings: await read(clip, segment, listen) })));
  const readings = await joinReadings(await readAll(segments), readAll);
  return readings
    .filter(({ standing }) => standing !== "withheld")
    .map(({ heard }) => textOf(heard.words))
    .join(" ");
}

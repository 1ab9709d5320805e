/** How much memory a recording takes, by its length. */
import path from "node:path";
import { findSpeech, makeRecording, type Speech } from "./long-speech.ts";
import { watchMemory, type Peaks } from "./memory-watch.ts";
import { Program } from "./program.ts";
import type { Measured } from "./table.ts";
import { removeFolder, temporaryFolder } from "../temporary.ts";
import { lengthOf, megabytes } from "./units.ts";

export interface MemoryOptions {
  model: string;
  workers: number;
  /** Lengths of the recordings, each transcribed by a server that did nothing before. */
  lengthsSeconds: number[];
  /** A recording to take the speech from. */
  audio: string | undefined;
}

interface ByLength {
  seconds: number;
  wallSeconds: number;
  /** Before the upload, with the model loaded. */
  idleBytes: number;
  peaks: Peaks;
}

/** Often enough for FFmpeg's decoder, which takes seconds; a sample costs about a millisecond. */
const EVERY_MS = 150;

export async function measureMemory(options: MemoryOptions): Promise<Measured> {
  const folder = temporaryFolder();
  const speech = await findSpeech(folder, options.audio);
  const results: ByLength[] = [];
  for (const seconds of options.lengthsSeconds) results.push(await transcribeOne(seconds, speech, options));
  removeFolder(folder);
  return report(results, speech, options);
}

async function transcribeOne(seconds: number, speech: Speech, options: MemoryOptions): Promise<ByLength> {
  const recording = await makeRecording(speech, { name: "long", seconds });
  const program = await Program.start(options);
  const watch = { pid: program.pid, everyMs: EVERY_MS, scratchDir: path.join(program.dataDir, "tmp") };
  const idle = await watchMemory(watch, async () => undefined);
  const started = performance.now();
  const { peaks } = await watchMemory(watch, async () => {
    const { id } = await program.upload(recording);
    await program.transcribed(id);
  });
  const wallSeconds = (performance.now() - started) / 1000;
  await program.stop();
  return { seconds, wallSeconds, idleBytes: idle.peaks.total, peaks };
}

const COLUMNS = [
  "length",
  "wall s",
  "idle",
  "peak",
  "over the first",
  "server",
  "workers",
  "FFmpeg",
  "scratch disk",
];

function report(results: readonly ByLength[], speech: Speech, { model, workers }: MemoryOptions): Measured {
  const first = results[0]?.peaks.total ?? 0;
  return {
    title: `Memory by length: ${model}, ${workers} workers, speech of ${speech.name}`,
    rows: [
      COLUMNS,
      ...results.map(({ seconds, wallSeconds, idleBytes, peaks }) => [
        lengthOf(seconds),
        wallSeconds.toFixed(0),
        megabytes(idleBytes),
        megabytes(peaks.total),
        megabytes(peaks.total - first),
        ...[peaks.server, peaks.workers, peaks.tools, peaks.scratch].map(megabytes),
      ]),
    ],
    notes: [
      `Resident memory of server, workers and FFmpeg together, looked at every ${EVERY_MS} ms. The peak is the largest sum at one moment;`,
      "the columns after it are the largest of each, which need not be at the same moment. Shared pages count in each process.",
    ],
    figures: results,
  };
}

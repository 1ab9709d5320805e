/**
 * How fast the whole program transcribes, next to bare sherpa-onnx on the very clips that it recognised: with the model as it is published, and
 * with the decoder that the program prepares.
 */
import type { Clip } from "../../../server/src/speech/recogniser.ts";
import { BareSherpa } from "./bare.ts";
import { decodeRecording, heardClips } from "./clips.ts";
import { findSpeech, makeRecording } from "./long-speech.ts";
import { reportPipeline, type Pass } from "./pipeline-report.ts";
import { cpuSeconds } from "./process-tree.ts";
import { Program } from "./program.ts";
import type { Measured } from "./table.ts";
import { removeFolder, temporaryFolder } from "../temporary.ts";

export interface PipelineOptions {
  model: string;
  workers: number;
  /** Length of the recording that is transcribed by itself. */
  seconds: number;
  /** How many are uploaded at once after it, and how long each is. */
  files: number;
  fileSeconds: number;
  /** How often all of it is done. */
  rounds: number;
  /** A recording to take the speech from. */
  audio: string | undefined;
}

/** Recordings that are uploaded at the same time. */
interface Batch {
  files: string[];
  /** The same, decoded. */
  wholes: Clip[];
  seconds: number;
}

/** The three take turns, so that a machine that becomes slower or faster meanwhile does so for all. */
export async function measurePipeline(options: PipelineOptions): Promise<Measured> {
  const folder = temporaryFolder();
  const speech = await findSpeech(folder, options.audio);
  const one = await makeRecording(speech, { name: "long", seconds: options.seconds });
  const several = await Promise.all(
    Array.from({ length: options.files }, (_, i) =>
      makeRecording(speech, {
        name: `part-${i + 1}`,
        seconds: options.fileSeconds,
        startSeconds: i * options.fileSeconds,
      }),
    ),
  );
  const batches = [await batchOf([one], options.seconds), await batchOf(several, options.fileSeconds)];
  const program = await Program.start(options);
  const bare = await BareSherpa.start({ ...options, files: "published" });
  const prepared = await BareSherpa.start({ ...options, files: "prepared" });
  const passes: Pass[] = [];
  for (let round = 0; round < options.rounds; round += 1)
    for (const batch of batches)
      if (batch.files.length > 0) passes.push(await pass(batch, { program, bare, prepared }));
  bare.close();
  prepared.close();
  await program.stop();
  removeFolder(folder);
  return reportPipeline(passes, speech, options);
}

async function batchOf(files: string[], seconds: number): Promise<Batch> {
  return { files, wholes: await Promise.all(files.map(decodeRecording)), seconds };
}

interface Contestants {
  program: Program;
  bare: BareSherpa;
  prepared: BareSherpa;
}

async function pass({ files, wholes, seconds }: Batch, contestants: Contestants): Promise<Pass> {
  const { program, bare, prepared } = contestants;
  const ours = await timed(
    () => cpuSeconds(program.pid),
    () => transcribeAll(program, files),
  );
  const heard = await Promise.all(ours.result.map((id, i) => heardClips(program, id, wholeOf(wholes, i))));
  const clips = interleaved(heard);
  const recognised = (by: BareSherpa) =>
    timed(
      () => by.cpuSeconds(),
      () => by.recognise(clips.map(({ clip }) => clip)),
    );
  const theirs = await recognised(bare);
  const preparedToo = await recognised(prepared);
  return {
    files: files.length,
    fileSeconds: seconds,
    clips: clips.length,
    clipSamples: clips.reduce((sum, { clip }) => sum + clip.endSample - clip.startSample, 0),
    sameTexts: clips.filter(
      ({ text }, i) =>
        new Set([text, theirs.result[i] ?? "", preparedToo.result[i] ?? ""].map(plain)).size === 1,
    ).length,
    ours: ours.used,
    bare: theirs.used,
    prepared: preparedToo.used,
  };
}

/** From the first byte of the first upload until the last transcript is there. @returns ids of the files */
async function transcribeAll(program: Program, files: string[]): Promise<number[]> {
  return Promise.all(
    files.map(async (file) => {
      const { id } = await program.upload(file);
      await program.transcribed(id);
      return id;
    }),
  );
}

function wholeOf(wholes: readonly Clip[], i: number): Clip {
  const whole = wholes[i];
  if (whole === undefined) throw new Error("There are more files than decoded ones.");
  return whole;
}

/** The lists' firsts, then their seconds, and so on: the fair order in which the program takes them. */
function interleaved<Item>(lists: readonly Item[][]): Item[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, i) => lists.flatMap((list) => list.slice(i, i + 1))).flat();
}

/** What something took. */
export interface Used {
  wallSeconds: number;
  cpuSeconds: number;
}

async function timed<Result>(
  cpu: () => Promise<number>,
  work: () => Promise<Result>,
): Promise<{ result: Result; used: Used }> {
  const cpuBefore = await cpu();
  const started = performance.now();
  const result = await work();
  const wallSeconds = (performance.now() - started) / 1000;
  return { result, used: { wallSeconds, cpuSeconds: (await cpu()) - cpuBefore } };
}

/** Texts differ in the spaces around them. */
function plain(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}

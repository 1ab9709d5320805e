/** Speech of any length: a recording, repeated as often as it takes. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { LIBRIVOX_FOLDER, manifestFolder } from "../folders.ts";
import { readManifest } from "../manifest.ts";

const run = promisify(execFile);

/** One clip of speech that longer recordings are made of. */
export interface Speech {
  /** 16 kHz mono WAV. */
  path: string;
  seconds: number;
  /** For the report. */
  name: string;
}

/**
 * Finds speech: the recording that was named; else the longest English one beside the project; else a reader of LibriVox;
 * else a synthesizer.
 *
 * @param folder where the clip is written
 */
export async function findSpeech(folder: string, named?: string): Promise<Speech> {
  const { files, name } = named === undefined ? await anySpeech(folder) : { files: [named], name: named };
  const file = path.join(folder, "speech.wav");
  const inputs = files.flatMap((input) => ["-i", input]);
  const joined = ["-filter_complex", `concat=n=${files.length}:v=0:a=1`];
  await run("ffmpeg", ["-v", "error", ...inputs, ...joined, "-ac", "1", "-ar", "16000", file]);
  return { path: file, seconds: await secondsOf(file), name };
}

async function anySpeech(folder: string): Promise<{ files: string[]; name: string }> {
  const beside = manifestFolder(undefined);
  if (beside !== null) {
    const longest = await longestEnglish(beside);
    return { files: [path.join(beside, longest)], name: longest };
  }
  if (existsSync(LIBRIVOX_FOLDER)) {
    const names = (await readdir(LIBRIVOX_FOLDER)).filter((name) => name.endsWith(".wav")).sort();
    return {
      files: names.map((name) => path.join(LIBRIVOX_FOLDER, name)),
      name: "pocketsphinx-testdata/librivox",
    };
  }
  const file = path.join(folder, "spoken.wav");
  await run("espeak-ng", ["-v", "en-us", "-s", "150", "-w", file, SPOKEN]);
  return { files: [file], name: "espeak-ng" };
}

async function longestEnglish(folder: string): Promise<string> {
  const recordings = (await readManifest(folder)).filter(
    ({ kind, language }) => (kind === "speech" || kind === "multispeaker") && language === "en",
  );
  const longest = recordings.reduce((best, one) => (one.durationSeconds > best.durationSeconds ? one : best));
  return longest.path;
}

const SPOKEN =
  "The meeting began at nine with the figures of last year. More people came to the library than ever before, and most " +
  "of them stayed for an hour or longer. The roof has to be repaired before the winter. Nobody knows yet what that will " +
  "cost. We agreed to ask three builders, and to decide in the first week of October. Then somebody asked about the " +
  "garden. It was planted by the school, and the school would like to keep it.";

async function secondsOf(file: string): Promise<number> {
  const show = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", file];
  return Number((await run("ffprobe", show)).stdout);
}

/** Writes a recording of a length, beginning somewhere in the speech and going round as often as it takes. */
export async function makeRecording(
  speech: Speech,
  { name, seconds, startSeconds = 0 }: { name: string; seconds: number; startSeconds?: number },
): Promise<string> {
  const file = path.join(path.dirname(speech.path), `${name}.flac`);
  const loop = ["-stream_loop", "-1", "-i", speech.path];
  const cut = ["-ss", String(startSeconds % speech.seconds), "-t", String(seconds)];
  await run("ffmpeg", ["-v", "error", "-y", ...loop, ...cut, file]);
  return file;
}

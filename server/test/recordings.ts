import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { SAMPLE_RATE_HZ } from "../src/speech/recogniser.ts";

const run = promisify(execFile);

/** Writes a WAV file of 16 kHz; a second signal makes it stereo. */
export async function writeWav(
  folder: string,
  name: string,
  left: Int16Array,
  right?: Int16Array,
): Promise<string> {
  const channels = right === undefined ? 1 : 2;
  const frames = new Int16Array(left.length * channels);
  left.forEach((sample, i) => (frames[i * channels] = sample));
  right?.forEach((sample, i) => (frames[i * channels + 1] = sample));
  const file = path.join(folder, name);
  await writeFile(
    file,
    Buffer.concat([headerOf(frames.byteLength, channels), new Uint8Array(frames.buffer)]),
  );
  return file;
}

function headerOf(bytes: number, channels: number): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + bytes, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(SAMPLE_RATE_HZ * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(bytes, 40);
  return header;
}

/** Joins recordings into one Matroska file, each as a track of its own. */
export async function writeTracks(folder: string, name: string, files: string[]): Promise<string> {
  const file = path.join(folder, name);
  const inputs = files.flatMap((input) => ["-i", input]);
  const maps = files.flatMap((_, i) => ["-map", `${i}:a`]);
  await run("ffmpeg", ["-v", "error", "-y", ...inputs, ...maps, "-c:a", "flac", file]);
  return file;
}

/** Speaks with espeak-ng; `voice` is one of its languages. */
export async function speak(
  folder: string,
  name: string,
  text: string,
  wordsPerMinute = 150,
  voice = "en-us",
): Promise<string> {
  const file = path.join(folder, name);
  await run("espeak-ng", ["-v", voice, "-s", String(wordsPerMinute), "-w", file, text]);
  return file;
}

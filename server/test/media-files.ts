/** Recordings made on the spot for tests of media. */

import { execFile } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const run = promisify(execFile);

/** A folder that is gone when the test is over. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "uspeech-media-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs FFmpeg as a person would, without any of the server's bounds. */
export async function ffmpeg(...args: string[]): Promise<void> {
  await run("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args]);
}

/** FFmpeg's arguments for a tone of so many seconds. */
export function tone(seconds: number, hertz = 440): string[] {
  return ["-f", "lavfi", "-i", `sine=frequency=${hertz}:duration=${seconds}:sample_rate=48000`];
}

/** A header for 16-bit PCM that claims `claimedBytes` of data. */
export function wavHeader(sampleRateHz: number, channels: number, claimedBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(Math.min(0xffff_ffff, claimedBytes + 36), 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(claimedBytes, 40);
  return header;
}

/** Hours of silence at 16 kHz that take no room on a disk with sparse files. */
export async function longSilence(path: string, seconds: number): Promise<void> {
  const bytes = seconds * 32_000;
  await writeFile(path, wavHeader(16_000, 1, bytes));
  const file = await open(path, "r+");
  await file.truncate(44 + bytes);
  await file.close();
}

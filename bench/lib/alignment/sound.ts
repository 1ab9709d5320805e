/** Recordings as samples, for programs that measure and train and may hold a recording in memory. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { SAMPLE_RATE_HZ } from "../../../server/src/speech/recogniser.ts";

const run = promisify(execFile);

/** @throws Error when FFmpeg cannot decode the file */
export async function samplesOf(file: string): Promise<Float32Array> {
  const format = ["-ac", "1", "-ar", String(SAMPLE_RATE_HZ), "-f", "f32le", "-"];
  const { stdout } = await run("ffmpeg", ["-v", "error", "-i", file, ...format], {
    encoding: "buffer",
    maxBuffer: 2 ** 30,
  });
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength));
}

/** Random numbers from 0 to 1 that are the same in every run (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The samples with white noise, so much weaker than they are. */
export function withNoise(samples: Float32Array, belowDb: number, random: () => number): Float32Array {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  // Three even numbers from -1 to 1 have a power of one in sum.
  const scale = Math.sqrt(power) * 10 ** (-belowDb / 20);
  return samples.map((sample) => sample + scale * (2 * (random() + random() + random()) - 3));
}

/** Reads stretches of decoded audio for the speech models. */

import { open } from "node:fs/promises";
import type { Clip } from "../speech/recogniser.ts";
import { BYTES_PER_SAMPLE } from "./arguments.ts";

/**
 * Samples of a clip: mono, 16 kHz, its mix and gain applied, within -1 to 1. Reads only the clip's bytes, at most once.
 *
 * @throws Error when the spool holds fewer samples than the clip says, or cannot be read
 */
export async function readClip(clip: Clip): Promise<Float32Array> {
  const { spool, startSample, endSample } = clip;
  const frameBytes = spool.channels * BYTES_PER_SAMPLE;
  const bytes = await readRange(spool.path, startSample * frameBytes, endSample * frameBytes);
  const pcm = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / BYTES_PER_SAMPLE);
  const scale = 10 ** (clip.gainDb / 20) / 32_768;
  if (spool.channels === 1) return oneChannel(pcm, 1, 0, scale);
  if (clip.mix === "mono") return bothChannels(pcm, scale);
  return oneChannel(pcm, 2, clip.mix === "left" ? 0 : 1, scale);
}

async function readRange(path: string, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  const file = await open(path, "r");
  try {
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0)
        throw new Error(`The decoded audio ends at byte ${start + filled}, before ${end}.`);
      filled += bytesRead;
    }
  } finally {
    await file.close();
  }
  return bytes;
}

function oneChannel(pcm: Int16Array, channels: number, channel: number, scale: number): Float32Array {
  const samples = new Float32Array(pcm.length / channels);
  for (let i = 0; i < samples.length; i += 1) samples[i] = clip(at(pcm, i * channels + channel) * scale);
  return samples;
}

function bothChannels(pcm: Int16Array, scale: number): Float32Array {
  const samples = new Float32Array(pcm.length / 2);
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = clip((at(pcm, 2 * i) + at(pcm, 2 * i + 1)) * 0.5 * scale);
  }
  return samples;
}

function at(pcm: Int16Array, index: number): number {
  return pcm[index] ?? 0;
}

function clip(value: number): number {
  return Math.max(-1, Math.min(1, value));
}

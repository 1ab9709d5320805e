import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SAMPLE_RATE_HZ, type Clip, type Mix, type Spool } from "../src/speech/recogniser.ts";

/** Sentences of "Sense and Sensibility", read by volunteers of LibriVox: Debian's pocketsphinx-testdata. */
const LIBRIVOX = "/usr/share/pocketsphinx/test/data/librivox";

const WAV_HEADER_BYTES = 44;

/** "He was not an ill disposed young man": 3 s. */
export const YOUNG_MAN = "0880";
/** "Unless to be rather cold hearted and rather selfish is to be ill disposed": 5.3 s. */
export const COLD_HEARTED = "0890";
/** "He might even have been made amiable himself": 3.3 s. */
export const AMIABLE = "0930";
/** "And Mister John Dashwood had then leisure to consider …": 7.1 s. */
export const DASHWOOD = "0870";

/** A recorded sentence as 16-bit samples at 16 kHz. */
export async function sentence(number: string): Promise<Int16Array> {
  const wav = await readFile(path.join(LIBRIVOX, `sense_and_sensibility_01_austen_64kb-${number}.wav`));
  return new Int16Array(new Uint8Array(wav).buffer, WAV_HEADER_BYTES);
}

export function silence(seconds: number): Int16Array {
  return new Int16Array(Math.round(seconds * SAMPLE_RATE_HZ));
}

export function joined(...parts: Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Writes a spool of one or two channels; the shorter one ends in silence. */
export async function writeSpool(folder: string, left: Int16Array, right?: Int16Array): Promise<Spool> {
  const samples = Math.max(left.length, right?.length ?? 0);
  const channels = right === undefined ? [left] : [left, right];
  const frames = new Int16Array(samples * channels.length);
  channels.forEach((channel, c) => {
    channel.forEach((sample, i) => (frames[i * channels.length + c] = sample));
  });
  const file = path.join(await mkdtemp(path.join(folder, "spool-")), "audio.s16le");
  await writeFile(file, new Uint8Array(frames.buffer));
  return { path: file, channels: right === undefined ? 1 : 2, samples };
}

/** The whole of a spool. */
export function clipOf(spool: Spool, mix: Mix = "mono"): Clip {
  return { spool, mix, gainDb: 0, startSample: 0, endSample: spool.samples };
}

export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const folder = await mkdtemp(path.join(tmpdir(), "uspeech-test-"));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** Lower case, without punctuation. */
export function plain(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z' ]+/g, " ")
    .replaceAll(/ +/g, " ")
    .trim();
}

/** Recordings whose word edges are known because they were put together from single words. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { SAMPLE_RATE_HZ } from "../../../server/src/speech/recogniser.ts";
import { randomFrom, samplesOf } from "./sound.ts";

const run = promisify(execFile);

export interface KnownWord {
  text: string;
  /** Seconds. */
  start: number;
}

/** A clip, and what is said in it, and when. */
export interface KnownClip {
  samples: Float32Array;
  words: KnownWord[];
}

const PROMPTS = "/usr/share/asterisk/sounds/en_US_f_Allison";

const NUMBERS =
  "0:zero 1:one 2:two 3:three 4:four 5:five 6:six 7:seven 8:eight 9:nine 10:ten 11:eleven 12:twelve 13:thirteen 14:fourteen 15:fifteen 16:sixteen 17:seventeen 18:eighteen 19:nineteen 20:twenty 30:thirty 40:forty 50:fifty 60:sixty 70:seventy 80:eighty 90:ninety hundred:hundred thousand:thousand million:million minus:minus dollars:dollars today:today tomorrow:tomorrow yesterday:yesterday day-0:Sunday day-1:Monday day-2:Tuesday day-3:Wednesday day-4:Thursday day-5:Friday day-6:Saturday mon-0:January mon-1:February mon-2:March mon-3:April mon-4:May mon-5:June mon-6:July mon-7:August mon-8:September mon-9:October mon-10:November mon-11:December h-1:first h-2:second h-3:third h-4:fourth h-5:fifth h-6:sixth h-7:seventh h-8:eighth h-9:ninth h-10:tenth";
const ALPHABET =
  "Alpha Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliet Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu";

/** Prompts of one word, of Debian's `asterisk-core-sounds-en-wav`; null where that is not installed. */
export async function promptWords(): Promise<Recorded[] | null> {
  if (!existsSync(PROMPTS)) return null;
  const files = [
    ...NUMBERS.split(" ").map((pair) => {
      const [file, text = ""] = pair.split(":");
      return { file: `digits/${file}.wav`, text };
    }),
    ...ALPHABET.split(" ").map((text) => ({ file: `phonetic/${text.charAt(0).toLowerCase()}_p.wav`, text })),
  ].filter(({ file }) => existsSync(path.join(PROMPTS, file)));
  const words: Recorded[] = [];
  for (const { file, text } of files)
    words.push({ text, samples: trimmed(await samplesOf(path.join(PROMPTS, file))) });
  return words;
}

export interface Recorded {
  text: string;
  samples: Float32Array;
}

/** Words of a text, each spoken alone by espeak-ng; null where that is not installed. */
export async function synthesisedWords(texts: readonly string[]): Promise<Recorded[] | null> {
  const folder = await mkdtemp(path.join(tmpdir(), "espeak-"));
  try {
    const words: Recorded[] = [];
    for (const [i, text] of texts.entries()) {
      const file = path.join(folder, `${i}.wav`);
      await run("espeak-ng", ["-v", "en-us", "-s", "160", "-w", file, text]);
      words.push({ text, samples: trimmed(await samplesOf(file)) });
    }
    return words;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sound is what comes within so many decibels of the loudest 5 ms. */
const EDGE_DB = 36;
const STEP = SAMPLE_RATE_HZ / 200;

/** Without the silence at both ends. */
function trimmed(samples: Float32Array): Float32Array {
  const powers: number[] = [];
  for (let at = 0; at < samples.length; at += STEP)
    powers.push(samples.subarray(at, at + STEP).reduce((sum, sample) => sum + sample * sample, 0));
  const least = Math.max(...powers) * 10 ** (-EDGE_DB / 10);
  const first = powers.findIndex((power) => power >= least);
  const last = powers.findLastIndex((power) => power >= least);
  return samples.slice(first * STEP, (last + 1) * STEP);
}

const WORDS_PER_CLIP = 8;
const PAUSE_SECONDS_MAX = 0.4;
const EDGE_SECONDS = 0.5;

/** Clips of words in an order drawn by lot, or as they come, with pauses of up to 0.4 s drawn by lot. */
export function joinedWords(
  words: readonly Recorded[],
  clips: number,
  order: "shuffled" | "given",
): KnownClip[] {
  const random = randomFrom(7);
  return Array.from({ length: clips }, (_, clip) =>
    joined(
      Array.from({ length: WORDS_PER_CLIP }, (_, i) => {
        const place = order === "given" ? clip * WORDS_PER_CLIP + i : Math.floor(random() * words.length);
        return words[place % words.length] ?? { text: "", samples: new Float32Array() };
      }),
      random,
    ),
  );
}

function joined(words: readonly Recorded[], random: () => number): KnownClip {
  const places: KnownWord[] = [];
  let at = Math.round(EDGE_SECONDS * SAMPLE_RATE_HZ);
  const starts = words.map(({ text, samples }) => {
    const start = at;
    places.push({ text, start: start / SAMPLE_RATE_HZ });
    at += samples.length + Math.round(random() * PAUSE_SECONDS_MAX * SAMPLE_RATE_HZ);
    return start;
  });
  const samples = new Float32Array(at + Math.round(EDGE_SECONDS * SAMPLE_RATE_HZ));
  // A room is never silent: -66 dB of noise.
  for (let i = 0; i < samples.length; i += 1) samples[i] = 0.0005 * (2 * random() - 1);
  words.forEach((word, i) => addTo(samples, word.samples, starts[i] ?? 0));
  return { samples, words: places };
}

function addTo(sum: Float32Array, samples: Float32Array, start: number): void {
  samples.forEach((sample, i) => (sum[start + i] = (sum[start + i] ?? 0) + sample));
}

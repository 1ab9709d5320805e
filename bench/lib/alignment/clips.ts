/** The collections that word times are measured on, each with where its times come from. */
import path from "node:path";
import { splitWords } from "../../../server/src/pipeline/heard.ts";
import { readManifest, type Recording } from "../manifest.ts";
import { joinedWords, promptWords, synthesisedWords, type KnownClip } from "./known-words.ts";
import { Pocketsphinx } from "./pocketsphinx.ts";
import { randomFrom, samplesOf, withNoise } from "./sound.ts";

export interface KnownSet {
  name: string;
  clips: KnownClip[];
}

export interface SetOptions {
  /** Folder with a manifest; null where there is none. */
  folder: string | null;
  /** Clips of each set that is put together. */
  clips: number;
  /** Recordings of each dataset. */
  limit: number;
  sphinxModel: string;
}

/** @param note told what is left out, and why */
export async function* knownSets(
  options: SetOptions,
  note: (line: string) => void,
): AsyncGenerator<KnownSet> {
  const prompts = await promptWords();
  if (prompts === null) note("No joined prompts: Debian's asterisk-core-sounds-en-wav is not installed.");
  else yield* ofWords("prompts", joinedWords(prompts, options.clips, "shuffled"));
  const synthesised = await synthesisedWords(TEXT.split(" "));
  if (synthesised === null) note("No joined words of a synthesizer: espeak-ng is not installed.");
  else yield* ofWords("espeak", joinedWords(synthesised, options.clips, "given"));
  yield* sentences(options, note);
}

/** Said by nobody in the collections. */
const TEXT =
  "When the committee met on Thursday morning the first question was whether the bridge could be repaired before winter or had to be closed at once because engineers who examined its northern pillar found cracks that nobody had noticed during earlier visits and they would not promise that heavy lorries might cross it safely for another year";

/** As they are, in noise, and as faint as a recording can be that is made louder again. */
function* ofWords(name: string, clips: readonly KnownClip[]): Generator<KnownSet> {
  const random = randomFrom(11);
  const changed = (change: (samples: Float32Array) => Float32Array) =>
    clips.map(({ samples, words }) => ({ words, samples: change(samples) }));
  yield { name: `${name}, joined`, clips: [...clips] };
  yield { name: `${name}, noise at 15 dB`, clips: changed((samples) => withNoise(samples, 15, random)) };
  yield { name: `${name}, at -50 dB`, clips: changed((samples) => faint(samples, -50)) };
}

/** As 16-bit samples hold it. */
function faint(samples: Float32Array, gainDb: number): Float32Array {
  const scale = 10 ** (gainDb / 20) * 32_768;
  return samples.map((sample) => Math.round(sample * scale) / 32_768);
}

/** Longer recordings are cut by the pipeline. */
const SECONDS_MAX = 28;

async function* sentences(
  { folder, limit, sphinxModel }: SetOptions,
  note: (line: string) => void,
): AsyncGenerator<KnownSet> {
  const sphinx = folder === null ? null : await Pocketsphinx.open(sphinxModel);
  if (folder === null) note("No sentences: no folder of recordings was named.");
  else if (sphinx === null)
    note("No sentences: Debian's pocketsphinx and pocketsphinx-en-us are not installed.");
  else {
    const recordings = (await readManifest(folder)).filter(isSentence);
    for (const [dataset, own] of Map.groupBy(recordings, ({ dataset }) => dataset)) {
      const clips = await sentencesOf(folder, own.slice(0, limit), sphinx);
      if (clips.length > 0) yield { name: `${dataset}, by pocketsphinx`, clips };
    }
  }
}

async function sentencesOf(
  folder: string,
  recordings: readonly Recording[],
  sphinx: Pocketsphinx,
): Promise<KnownClip[]> {
  const clips: KnownClip[] = [];
  for (const { path: file, text } of recordings) {
    const samples = await samplesOf(path.join(folder, file));
    const texts = splitWords(text ?? "").map((word) => word.text);
    const words = await sphinx.align(samples, texts);
    if (words !== null) clips.push({ samples, words });
  }
  return clips;
}

/** English with its text, each recording in one encoding. */
function isSentence({ path, kind, language, text, dataset, durationSeconds }: Recording): boolean {
  const isOther = /\.mp3$|bit|formats/u.test(path) && dataset !== "commonvoice";
  return (
    kind === "speech" && language === "en" && text !== null && durationSeconds <= SECONDS_MAX && !isOther
  );
}

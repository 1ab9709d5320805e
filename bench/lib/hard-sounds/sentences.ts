/** The recorded sentences that hard clips are made of. */
import path from "node:path";
import { samplesOf } from "../alignment/sound.ts";
import { collectionOf } from "../hallucinations/collection.ts";
import { readManifest } from "../manifest.ts";
import type { Sentence } from "./clips.ts";

/** Collections of single English sentences, clearly spoken by one person: what becomes hard is what is done to them. */
const CLEAR = new Set(["librispeech", "ljspeech", "vctk", "fleurs"]);

const SECONDS_MIN = 4;
const SECONDS_MAX = 15;

/** So many sentences, from all over the collections. */
export async function sentencesOf(folder: string | null, count: number): Promise<Sentence[]> {
  const all = folder === null ? await librivoxSentences() : await clearSentences(folder);
  const step = Math.max(1, all.length / count);
  const chosen = all.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step)).slice(0, count);
  return Promise.all(
    chosen.map(async ({ file, text }) => ({ name: path.basename(file), sound: await samplesOf(file), text })),
  );
}

interface Written {
  file: string;
  text: string;
}

async function librivoxSentences(): Promise<Written[]> {
  const items = await collectionOf(null, Infinity);
  return items.flatMap(({ file, reference }) => (reference === null ? [] : [{ file, text: reference }]));
}

async function clearSentences(folder: string): Promise<Written[]> {
  const recordings = (await readManifest(folder)).filter(
    ({ kind, dataset, language, durationSeconds }) =>
      kind === "speech" &&
      CLEAR.has(dataset) &&
      language === "en" &&
      durationSeconds >= SECONDS_MIN &&
      durationSeconds <= SECONDS_MAX,
  );
  return recordings.flatMap(({ path: file, text }) =>
    text === null ? [] : [{ file: path.join(folder, file), text }],
  );
}

/** Sounds without words that have voices in them: shouts, animals, robots. */
export async function voicesAmongNoises(folder: string | null): Promise<string[]> {
  if (folder === null) return [];
  const recordings = await readManifest(folder);
  return recordings
    .filter(({ kind, isVoiceLike }) => kind === "nonspeech" && isVoiceLike)
    .map(({ path: file }) => path.join(folder, file));
}

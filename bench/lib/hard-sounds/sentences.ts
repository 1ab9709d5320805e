/** The recorded sentences that hard clips are made of. */
import { existsSync } from "node:fs";
import path from "node:path";
import { collectionOf } from "../hallucinations/collection.ts";
import { readManifest } from "../manifest.ts";
import type { Sentence } from "./clips.ts";
import { readSound } from "./sound.ts";

const BESIDE = path.join(import.meta.dirname, "../../../../shared/speech");

/** The folder that was named; else the one beside the project; null where there is none. */
function folderOf(named: string | null): string | null {
  return named ?? (existsSync(BESIDE) ? BESIDE : null);
}

/** Collections of single English sentences, clearly spoken by one person: what becomes hard is what is done to them. */
const CLEAR = new Set(["librispeech", "ljspeech", "vctk", "fleurs"]);

const SECONDS_MIN = 4;
const SECONDS_MAX = 15;

/** So many sentences, from all over the collections. */
export async function sentencesOf(named: string | null, count: number): Promise<Sentence[]> {
  const folder = folderOf(named);
  const all =
    folder === null
      ? (await collectionOf(null, Infinity)).flatMap(({ file, reference }) =>
          reference === null ? [] : [{ file, text: reference }],
        )
      : (await readManifest(folder))
          .filter(
            ({ kind, dataset, language, text, durationSeconds }) =>
              kind === "speech" &&
              CLEAR.has(dataset) &&
              language === "en" &&
              text !== null &&
              durationSeconds >= SECONDS_MIN &&
              durationSeconds <= SECONDS_MAX,
          )
          .map(({ path: file, text }) => ({ file: path.join(folder, file), text: text ?? "" }));
  const step = Math.max(1, all.length / count);
  const chosen = all.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step)).slice(0, count);
  return Promise.all(
    chosen.map(async ({ file, text }) => ({ name: path.basename(file), sound: await readSound(file), text })),
  );
}

/** Sounds without words that have voices in them: shouts, animals, robots. */
export async function voicesAmongNoises(named: string | null): Promise<string[]> {
  const folder = folderOf(named);
  if (folder === null) return [];
  const recordings = await readManifest(folder);
  return recordings
    .filter(({ kind, isVoiceLike }) => kind === "nonspeech" && isVoiceLike)
    .map(({ path: file }) => path.join(folder, file));
}

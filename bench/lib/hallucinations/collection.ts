/** The recordings that are lied about. */
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { LIBRIVOX_FOLDER } from "../folders.ts";
import { readManifest } from "../manifest.ts";
import { temporaryFolder } from "../temporary.ts";

export interface Item {
  file: string;
  /** What is said; null where nothing is. */
  reference: string | null;
}

/** The same sentence in many containers would count many times. */
const LEFT_OUT = new Set(["formats_jfk"]);

/** @param folder with a manifest, or null for what every machine has */
export async function collectionOf(folder: string | null, limit: number): Promise<Item[]> {
  if (folder === null) return [...(await librivox()), ...noises()].slice(0, limit);
  const recordings = await readManifest(folder);
  const wanted = recordings.filter(
    ({ kind, dataset, language, text }) =>
      kind === "nonspeech" ||
      ((kind === "speech" || kind === "multispeaker") &&
        language === "en" &&
        text !== null &&
        !LEFT_OUT.has(dataset)),
  );
  return spread(wanted, limit).map(({ path: file, kind, text }) => ({
    file: path.join(folder, file),
    reference: kind === "nonspeech" ? null : text,
  }));
}

/** So many of a list, from all over it. */
function spread<T>(list: readonly T[], count: number): T[] {
  return list.filter(
    (_, i) =>
      Math.floor((i * count) / list.length) !== Math.floor(((i - 1) * count) / list.length) ||
      count >= list.length,
  );
}

async function librivox(): Promise<Item[]> {
  const lines = (await readFile(path.join(LIBRIVOX_FOLDER, "transcription"), "utf8")).split("\n");
  return lines.flatMap((line) => {
    const [, text = "", name = ""] = /^(?:<s>)?(.*?)(?:<\/s>)?\s*\(([^)]+)\)\s*$/.exec(line) ?? [];
    return name === "" ? [] : [{ file: path.join(LIBRIVOX_FOLDER, `${name}.wav`), reference: text }];
  });
}

const SOUNDS = [
  "anoisesrc=color=white:duration=8:amplitude=0.2",
  "anoisesrc=color=pink:duration=8:amplitude=0.3",
  "anoisesrc=color=brown:duration=8:amplitude=0.5",
  "sine=frequency=440:duration=8",
  "sine=frequency=220:beep_factor=4:duration=8",
  "anullsrc=sample_rate=16000:duration=8",
];

function noises(): Item[] {
  const folder = temporaryFolder();
  return SOUNDS.map((source, i) => {
    const file = path.join(folder, `sound-${i}.wav`);
    execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-t", "8", "-i", source, file]);
    return { file, reference: null };
  });
}

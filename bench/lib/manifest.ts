/** The list of recordings in a folder: `manifest.jsonl`, one JSON object a line. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { ParseArgsConfig } from "node:util";

/** Which datasets of a folder are measured, for `parseArgs`; all unless given. */
export const DATASET_OPTION = {
  dataset: { type: "string", multiple: true, default: [] },
} as const satisfies ParseArgsConfig["options"];

/** The folder that was named on the command line. @throws Error where none was */
export function folderFrom([folder]: readonly string[]): string {
  if (folder === undefined) throw new Error("Name the folder that holds manifest.jsonl.");
  return folder;
}

export interface Recording {
  /** Relative to the folder. */
  path: string;
  dataset: string;
  kind: string;
  /** ISO 639-1; null where it is not speech, or not known. */
  language: string | null;
  /** What is said; null where nobody wrote it down. */
  text: string | null;
  /** Words that must be heard, where the whole text is not known. */
  keywords: string[];
  durationSeconds: number;
  /** Holds no words, but voices or what a detector takes for them. */
  isVoiceLike: boolean;
  /** Who alone speaks; null where several do, or nobody wrote it down. */
  speaker: string | null;
  /** Files that say who speaks when, relative to the folder; null where there is none. */
  rttm: string | null;
  segments: string | null;
}

/** Recordings of the datasets that were asked for. */
export function ofDatasets(recordings: readonly Recording[], datasets: readonly string[]): Recording[] {
  return recordings.filter(({ dataset }) => datasets.length === 0 || datasets.includes(dataset));
}

interface ManifestLine {
  path: string;
  dataset: string;
  kind: string;
  language?: string;
  text?: string;
  keywords?: string[];
  duration_s?: number;
  voice_like?: boolean;
  speaker?: string;
  rttm?: string;
  segments?: string;
}

/** @throws Error when the folder has no manifest, or a line of it is not JSON */
export async function readManifest(folder: string): Promise<Recording[]> {
  const lines = (await readFile(path.join(folder, "manifest.jsonl"), "utf8")).split("\n").filter(Boolean);
  return lines.map((line) => recordingOf(JSON.parse(line)));
}

function recordingOf(line: ManifestLine): Recording {
  return {
    path: line.path,
    dataset: line.dataset,
    kind: line.kind,
    language: line.language ?? null,
    text: line.text ?? null,
    keywords: line.keywords ?? [],
    durationSeconds: line.duration_s ?? 0,
    isVoiceLike: line.voice_like ?? false,
    speaker: line.speaker ?? null,
    rttm: line.rttm ?? null,
    segments: line.segments ?? null,
  };
}

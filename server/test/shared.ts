import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Recordings and answers that stand beside the project on some machines; null elsewhere. */
function beside(name: string): string | null {
  const path = join(import.meta.dirname, "../../../shared", name);
  return existsSync(path) ? path : null;
}

export const SPEECH_FOLDER = beside("speech");
export const CONFORMANCE_FILE = beside("conformance/drf.jsonl");

/** The lines of a JSON Lines file. */
export function jsonLines<T>(path: string): T[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

/** Where recordings are found when none are named. */
import { existsSync } from "node:fs";
import path from "node:path";

/** Stands beside the project on some machines, with a manifest. */
const BESIDE = path.join(import.meta.dirname, "../../../shared/speech");

/** Debian's `pocketsphinx-testdata`: 25 s of a LibriVox reader. */
export const LIBRIVOX_FOLDER = "/usr/share/pocketsphinx/test/data/librivox";

/** The folder with a manifest that was named; else the one beside the project; null where there is none. */
export function manifestFolder(named: string | undefined): string | null {
  return named ?? (existsSync(BESIDE) ? BESIDE : null);
}

/**
 * Word times by Debian's `pocketsphinx` with its large English model, as a reference that owes nothing to ours. A tool of this
 * benchmark where it is installed, and no part of the product.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { SAMPLE_RATE_HZ } from "../../../server/src/speech/recogniser.ts";
import type { KnownWord } from "./known-words.ts";

const run = promisify(execFile);

/** Where Debian's `pocketsphinx-en-us` puts its model. */
export const SPHINX_MODEL = "/usr/share/pocketsphinx/model/en-us";

export class Pocketsphinx {
  readonly #model: string;
  readonly #dictionary: ReadonlySet<string>;

  private constructor(model: string, dictionary: ReadonlySet<string>) {
    this.#model = model;
    this.#dictionary = dictionary;
  }

  /** Null where the model or the program is not installed. */
  static async open(model: string): Promise<Pocketsphinx | null> {
    const file = path.join(model, "cmudict-en-us.dict");
    if (!existsSync(file)) return null;
    try {
      await run("pocketsphinx_batch", []);
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    }
    const lines = (await readFile(file, "utf8")).split("\n");
    return new Pocketsphinx(model, new Set(lines.map((line) => line.split(/\s/u)[0] ?? "")));
  }

  /** Times of words as they are written; null where one is not in its dictionary, or the program finds no way through. */
  async align(samples: Float32Array, texts: readonly string[]): Promise<KnownWord[] | null> {
    const spoken = texts.map((text) =>
      text
        .toLowerCase()
        .replaceAll("’", "'")
        .replaceAll(/[^a-z'-]/gu, ""),
    );
    if (spoken.length === 0 || !spoken.every((word) => this.#dictionary.has(word))) return null;
    const folder = await mkdtemp(path.join(tmpdir(), "sphinx-"));
    try {
      const times = await this.#times(folder, samples, spoken);
      if (times.length !== texts.length) return null;
      return times.map((start, i) => ({ text: texts[i] ?? "", start }));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #times(folder: string, samples: Float32Array, words: readonly string[]): Promise<number[]> {
    const inside = (name: string): string => path.join(folder, name);
    await writeFile(
      inside("clip.raw"),
      Int16Array.from(samples, (sample) => Math.round(sample * 32_767)),
    );
    await writeFile(inside("clip.fsg"), grammarOf(words));
    await writeFile(inside("list"), "clip\n");
    const model = [
      "-hmm",
      path.join(this.#model, "en-us"),
      "-dict",
      path.join(this.#model, "cmudict-en-us.dict"),
    ];
    const input = [
      "-ctl",
      inside("list"),
      "-cepdir",
      folder,
      "-cepext",
      ".raw",
      "-adcin",
      "yes",
      "-samprate",
      String(SAMPLE_RATE_HZ),
    ];
    const grammar = ["-fsgctl", inside("list"), "-fsgdir", folder, "-fsgext", ".fsg"];
    const wide = [
      "-beam",
      "1e-120",
      "-wbeam",
      "1e-100",
      "-pbeam",
      "1e-120",
      "-bestpath",
      "no",
      "-remove_silence",
      "no",
    ];
    await run("pocketsphinx_batch", [...model, ...input, ...grammar, ...wide, "-ctm", inside("ctm")]);
    return startsOf(await readFile(inside("ctm"), "utf8"));
  }
}

/** One way through: the words in their order; pauses are the program's. */
function grammarOf(words: readonly string[]): string {
  const steps = words.map((word, i) => `TRANSITION ${i} ${i + 1} 1.0 ${word}`);
  return [
    "FSG_BEGIN clip",
    `NUM_STATES ${words.length + 1}`,
    "START_STATE 0",
    `FINAL_STATE ${words.length}`,
    ...steps,
    "FSG_END",
    "",
  ].join("\n");
}

/** Lines of a CTM file: clip, channel, start, length, word, score. */
function startsOf(ctm: string): number[] {
  return ctm
    .split("\n")
    .map((line) => line.split(/\s+/u))
    .filter(([, , , , word]) => word !== undefined && !/^(?:<|\[|\+)/u.test(word) && word !== "(NULL)")
    .map(([, , start]) => Number(start));
}

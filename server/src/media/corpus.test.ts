import { existsSync, readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../../test/media-files.ts";
import { decode } from "./decode.ts";
import { probe, UndecodableError } from "./probe.ts";

/** A folder with recordings and a manifest, on machines that have it. */
const CORPUS = join(import.meta.dirname, "../../../../shared/speech");
const MANIFEST = join(CORPUS, "manifest.jsonl");

interface Entry {
  path: string;
  kind: string;
  decodes: boolean;
}

const SENTENCES = new Set([
  "This file is not audio or video that can be decoded.",
  "This file has no audio track.",
]);

function entries(): Entry[] {
  if (!existsSync(MANIFEST)) return [];
  const lines = readFileSync(MANIFEST, "utf8").trim().split("\n");
  return lines
    .map((line): Entry => JSON.parse(line))
    .filter(({ path, kind }) => path.startsWith("formats/") || kind === "malformed" || kind === "format");
}

test.runIf(existsSync(MANIFEST))(
  "every odd and broken file either gives samples or is refused with a sentence",
  async () => {
    const { signal } = new AbortController();
    const folder = await scratchFolder();
    const outcomes: Record<string, boolean> = {};
    for (const { path } of entries()) {
      // Under a name without an extension, as blobs are.
      await copyFile(join(CORPUS, path), join(folder, "blob"));
      outcomes[path] = await givesSamples(join(folder, "blob"), path, join(folder, "spool"), signal);
    }
    expect(outcomes).toEqual(Object.fromEntries(entries().map(({ path, decodes }) => [path, decodes])));
  },
  600_000,
);

async function givesSamples(
  path: string,
  filename: string,
  spoolPath: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = await probe(path, { filename, signal });
    const [track] = found.tracks;
    if (!track) return false;
    const { spool } = await decode(path, found, track, { spoolPath, secondsMax: 600, signal });
    return spool.samples > 0 && Math.abs(found.durationSeconds - spool.samples / 16_000) < 0.5;
  } catch (error) {
    if (error instanceof UndecodableError && SENTENCES.has(error.message)) return false;
    throw error;
  }
}

import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { testModels } from "../../../test/models.ts";
import { AMIABLE, COLD_HEARTED, joined, sentence, silence, YOUNG_MAN } from "../../../test/spools.ts";
import { loadSherpa } from "../sherpa.ts";
import { findModel } from "./catalogue.ts";
import type { FileRole } from "./entry.ts";
import { modelFile } from "./installed.ts";
import { prepareMoonshineDecoder } from "./moonshine-decoder.ts";
import { readModel, writeModel } from "./onnx.ts";

let modelsDir: string;

beforeAll(async () => {
  modelsDir = await testModels();
});

const CLIPS = [
  [await sentence(COLD_HEARTED)],
  [await sentence(YOUNG_MAN), silence(1), await sentence(AMIABLE), await sentence(COLD_HEARTED)],
  // Shorter than a token, and nothing at all.
  [(await sentence(AMIABLE)).subarray(0, 4_000)],
  [silence(5)],
].map((parts) => Float32Array.from(joined(...parts), (sample) => sample / 32_768));

describe.each(["moonshine-tiny", "moonshine-base"])("%s, prepared", (name) => {
  test("writes the tokens of the published one", async () => {
    const prepared = await tokensWith(name, "merged-decoder");
    expect(prepared).toEqual(await tokensWith(name, "published-decoder"));
    expect(prepared[1]?.length).toBeGreaterThan(20);
  });
});

test("another model is refused", async () => {
  const encoder = await readFile(modelFile(modelsDir, findModel("moonshine-tiny"), "encoder"));
  expect(() => prepareMoonshineDecoder(encoder)).toThrow("its graph is another one");
});

test("a decoder that is prepared already is refused", async () => {
  const prepared = await readFile(modelFile(modelsDir, findModel("moonshine-tiny"), "merged-decoder"));
  expect(() => prepareMoonshineDecoder(prepared)).toThrow("its graph is another one");
});

test("what is read and written again is the same model", async () => {
  const published = await readFile(modelFile(modelsDir, findModel("moonshine-tiny"), "published-decoder"));
  const once = writeModel(readModel(published));
  expect(Buffer.from(writeModel(readModel(once))).equals(once)).toBe(true);
  // Nothing is lost: fields only change places.
  expect(once.length).toBe(published.length);
});

async function tokensWith(name: string, decoder: FileRole): Promise<string[][]> {
  const entry = findModel(name);
  const file = (role: FileRole): string => modelFile(modelsDir, entry, role);
  const paths = { encoder: file("encoder"), "merged-decoder": file(decoder), tokens: file("tokens") };
  const recogniser = await loadSherpa({ family: "moonshine", paths, threads: 1 });
  const heard: string[][] = [];
  for (const clip of CLIPS) {
    const { tokens } = await recogniser.recognise(clip, { language: null });
    heard.push(tokens.map(({ text }) => text));
  }
  return heard;
}

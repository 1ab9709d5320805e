import { beforeAll, expect, test } from "vitest";
import { testModels } from "../../test/models.ts";
import { COLD_HEARTED, joined, plain, sentence, silence } from "../../test/spools.ts";
import { findModel } from "./models/catalogue.ts";
import { modelFile } from "./models/installed.ts";
import type { Recogniser } from "./recogniser.ts";
import { loadSherpa } from "./sherpa.ts";

let recogniser: Recogniser;

beforeAll(async () => {
  const modelsDir = await testModels();
  const entry = findModel("moonshine-tiny");
  const paths = Object.fromEntries(entry.files.map(({ role }) => [role, modelFile(modelsDir, entry, role)]));
  recogniser = await loadSherpa({ family: "moonshine", paths, threads: 1 });
});

async function samplesOf(number: string, ...more: Int16Array[]): Promise<Float32Array> {
  return Float32Array.from(joined(await sentence(number), ...more), (sample) => sample / 32_768);
}

test("speech becomes words, with tokens that make up the text", async () => {
  const { text, tokens, language } = await recogniser.recognise(await samplesOf(COLD_HEARTED), {
    language: "en",
  });
  expect(plain(text)).toContain("rather selfish is to be");
  expect(
    tokens
      .map((token) => token.text)
      .join("")
      .trim(),
  ).toBe(text);
  expect(language).toBeNull();
});

test("the same samples give the same words, whatever was heard in between", async () => {
  const samples = await samplesOf(COLD_HEARTED);
  const first = await recogniser.recognise(samples, { language: null });
  await recogniser.recognise(await samplesOf(COLD_HEARTED, silence(3)), { language: null });
  expect(await recogniser.recognise(samples, { language: null })).toEqual(first);
});

test("a clip shorter than the model accepts is heard with silence after it", async () => {
  const { text } = await recogniser.recognise(new Float32Array(300), { language: null });
  expect(text).toBe("");
});

test("a model without one of its files says which", async () => {
  await expect(loadSherpa({ family: "whisper", paths: { tokens: "t" }, threads: 1 })).rejects.toThrow(
    '"encoder"',
  );
});

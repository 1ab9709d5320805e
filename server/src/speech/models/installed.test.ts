import { copyFile, cp, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testModels } from "../../../test/models.ts";
import { findModel } from "./catalogue.ts";
import { installedModels, isInstalled, modelFile, modelFolder, verifyModel } from "./installed.ts";
import { removeModel } from "./pull.ts";

const TINY = findModel("moonshine-tiny");
const VAD = findModel("silero-vad-v6");
const signal = AbortSignal.timeout(60_000);

let modelsDir: string;

beforeEach(async () => {
  modelsDir = await mkdtemp(path.join(tmpdir(), "uspeech-models-"));
  const real = await testModels();
  for (const { name } of [TINY, VAD]) {
    await cp(modelFolder(real, name), modelFolder(modelsDir, name), { recursive: true });
  }
});

afterEach(() => rm(modelsDir, { recursive: true }));

const namesOf = async () => (await installedModels(modelsDir)).map((entry) => entry.name);

test("what was pulled is listed, and is what the catalogue pins", async () => {
  expect(await namesOf()).toEqual(["moonshine-tiny", "silero-vad-v6"]);
  expect(await verifyModel(modelsDir, TINY, signal)).toEqual([]);
  expect(await verifyModel(modelsDir, VAD, signal)).toEqual([]);
});

test("there are no models in a folder that does not exist", async () => {
  expect(await installedModels(path.join(modelsDir, "nowhere"))).toEqual([]);
});

test("verifying finds missing and altered files", async () => {
  await rm(modelFile(modelsDir, TINY, "encoder"));
  await copyFile(modelFile(modelsDir, VAD, "model"), modelFile(modelsDir, TINY, "tokens"));
  expect(await verifyModel(modelsDir, TINY, signal)).toEqual([
    { file: "encoder_model.onnx", problem: "missing" },
    { file: "tokens.txt", problem: "altered" },
  ]);
});

test("a model with a file cut short, or without a legible record, is not installed", async () => {
  await truncate(modelFile(modelsDir, TINY, "encoder"), 1000);
  expect(await isInstalled(modelsDir, TINY)).toBe(false);
  await writeFile(path.join(modelFolder(modelsDir, VAD.name), "model.json"), '{"name":');
  expect(await isInstalled(modelsDir, VAD)).toBe(false);
  expect(await namesOf()).toEqual([]);
});

test("a model goes when it is removed, and not while another needs it", async () => {
  await expect(removeModel(modelsDir, VAD, signal)).rejects.toMatchObject({
    code: "model_needed",
    message: "silero-vad-v6 is needed by moonshine-tiny. Remove that first.",
  });
  await removeModel(modelsDir, TINY, signal);
  expect(await namesOf()).toEqual(["silero-vad-v6"]);
  await removeModel(modelsDir, TINY, signal);
  await removeModel(modelsDir, VAD, signal);
  expect(await namesOf()).toEqual([]);
});

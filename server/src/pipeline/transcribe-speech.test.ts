import { afterAll, beforeAll, expect, test } from "vitest";
import { testModels } from "../../test/models.ts";
import { speak, writeWav } from "../../test/recordings.ts";
import {
  AMIABLE,
  COLD_HEARTED,
  joined,
  plain,
  sentence,
  silence,
  temporaryFolder,
  YOUNG_MAN,
} from "../../test/spools.ts";
import { probe } from "../media/probe.ts";
import { createLog } from "../observe/log.ts";
import type { SpeechEngine } from "../speech/recogniser.ts";
import { startSpeechEngine } from "../speech/worker-pool.ts";
import { transcribe } from "./transcribe.ts";
import type { Outcome } from "./transcript.ts";

const folder = await temporaryFolder();
let engine: SpeechEngine;

beforeAll(async () => {
  const modelsDir = await testModels();
  engine = await startSpeechEngine({
    modelsDir,
    model: "moonshine-base",
    workers: 2,
    log: createLog("warn"),
  });
});

afterAll(async () => {
  await engine.close();
  await folder[Symbol.asyncDispose]();
});

async function outcomeOf(file: string): Promise<Outcome> {
  const signal = AbortSignal.timeout(100_000);
  return transcribe(
    { path: file, probe: await probe(file, { filename: file, signal }) },
    {
      engine,
      scratchDir: folder.path,
      shareKey: file,
      signal,
      language: "auto",
      secondsMax: 3600,
      checkpoint: { load: async () => [], save: async () => undefined },
      onProgress: () => undefined,
    },
  );
}

test("real speech between silences becomes its words, at their times", async () => {
  const parts = [await sentence(YOUNG_MAN), await sentence(COLD_HEARTED), await sentence(AMIABLE)] as const;
  const sound = joined(silence(2), parts[0], silence(6), parts[1], silence(4), parts[2], silence(1));
  const outcome = await outcomeOf(await writeWav(folder.path, "austen.wav", sound));
  if (outcome.kind === "failed") throw new Error(outcome.detail.message);
  const { turns, coverage, durationSeconds } = outcome.transcript;
  const words = turns.flatMap((turn) => turn.words);
  expect(plain(words.map((word) => word.text).join(" "))).toMatch(
    /he was not an ill disposed young man .*cold.*hearted and rather selfish.* made amiable himself/,
  );
  expect(durationSeconds).toBeCloseTo(sound.length / 16_000, 3);
  expect(coverage.ratio).toBe(1);
  const silent = [0, 2, 2 + parts[0].length / 16_000, 8 + parts[0].length / 16_000] as const;
  for (const { start, end } of words) {
    expect(start).toBeGreaterThan(silent[1] - 0.1);
    expect(start > silent[2] && end < silent[3]).toBe(false);
  }
});

test("a sentence of a synthetic voice is heard", async () => {
  const file = await speak(
    folder.path,
    "weather.wav",
    "The weather will be cold and windy tomorrow morning.",
    130,
  );
  const outcome = await outcomeOf(file);
  if (outcome.kind === "failed") throw new Error(outcome.detail.message);
  expect(plain(outcome.transcript.turns.map((turn) => turn.text).join(" "))).toMatch(
    /cold and windy tomorrow/,
  );
});

test("noise without speech gives no words", async () => {
  let seed = 1;
  const noise = new Int16Array(16_000 * 5).map(() => {
    seed = (seed * 48_271) % 2_147_483_647;
    return (seed % 8000) - 4000;
  });
  const outcome = await outcomeOf(await writeWav(folder.path, "noise.wav", noise));
  expect(outcome).toMatchObject({ kind: "failed", reason: "audio_too_short" });
});

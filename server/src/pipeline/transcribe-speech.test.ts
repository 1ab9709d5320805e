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

/** The same in two languages that the model does not speak, and in the one that it does. */
const LIBRARY = {
  de: "Die Bibliothek der kleinen Stadt wurde vor hundert Jahren gebaut. Jeden Morgen kommen viele Kinder, um dort ihre Bücher zu lesen. Am Abend schließt der alte Hausmeister die Türen, und dann wird es überall still.",
  fr: "La bibliothèque de la petite ville a été construite il y a cent ans. Chaque matin, beaucoup d'enfants viennent y lire leurs livres. Le soir, le vieux gardien ferme les portes, et alors tout devient silencieux.",
  "en-us":
    "The library of the small town was built a hundred years ago. Every morning many children come to read their books there. In the evening the old caretaker closes the doors, and then everything becomes quiet.",
};

test.each(["de", "fr"] as const)("a synthetic voice that speaks %s is no English", async (language) => {
  const outcome = await outcomeOf(
    await speak(folder.path, `${language}.wav`, LIBRARY[language], 140, language),
  );
  expect(outcome).toMatchObject({ kind: "failed", reason: "hallucinated_transcript" });
  if (outcome.kind !== "failed") throw new Error("not reached");
  expect(outcome.detail.message).toContain(
    "in a language that the installed model moonshine-base does not speak",
  );
});

test("a synthetic voice that speaks English is, and the share that was read alike says so", async () => {
  const file = await speak(folder.path, "en.wav", LIBRARY["en-us"], 140);
  const outcome = await outcomeOf(file);
  if (outcome.kind === "failed") throw new Error(outcome.detail.message);
  expect(outcome.transcript).toMatchObject({ language: "en", languageConfidence: 1 });
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

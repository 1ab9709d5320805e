import { expect, test } from "vitest";
import { configure } from "../config/config.ts";
import { readEnv } from "../config/env.ts";
import { findModel } from "./models/catalogue.ts";
import { remedyBeyond } from "./needed-model.ts";

const defaultModel = configure(readEnv({})).model;

test("for a recording in an unknown language, models of more languages are named, and one to pull", () => {
  const remedy = remedyBeyond(findModel(defaultModel).languages);
  expect(remedy).toContain("parakeet-tdt-0.6b-v3 (25)");
  expect(remedy).toContain("whisper-small (99)");
  expect(remedy).not.toContain("moonshine");
  expect(remedy).toMatch(
    /`uspeech models pull parakeet-tdt-0\.6b-v3`, then USPEECH_MODEL=parakeet-tdt-0\.6b-v3\.$/,
  );
});

test("a model that speaks all languages of the catalogue has none beyond it", () => {
  expect(remedyBeyond(findModel("whisper-turbo").languages)).toBe("No model in the catalogue speaks others.");
});

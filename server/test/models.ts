import path from "node:path";
import { findModel } from "../src/speech/models/catalogue.ts";
import { isInstalled } from "../src/speech/models/installed.ts";
import { readNetworkSettings } from "../src/speech/models/network.ts";
import { pullModel } from "../src/speech/models/pull.ts";

/** The models that tests speak to: the default, a smaller one, and what both require. */
const TEST_MODELS = ["silero-vad-v6", "moonshine-tiny", "moonshine-base"];

/**
 * A models folder with the small real models in it, pulled once from the configured registry and shared by all test
 * files: `USPEECH_TEST_MODELS_DIR`, or a cache beside the dependencies. Many may ask at once; one pulls.
 */
export async function testModels(): Promise<string> {
  const modelsDir =
    process.env["USPEECH_TEST_MODELS_DIR"] ??
    path.join(import.meta.dirname, "../../node_modules/.cache/uspeech-models");
  const entries = TEST_MODELS.map(findModel);
  const installed = await Promise.all(entries.map((entry) => isInstalled(modelsDir, entry)));
  if (installed.every(Boolean)) return modelsDir;
  const network = await readNetworkSettings(process.env);
  for (const entry of entries) {
    await pullModel(entry, { modelsDir, network, signal: AbortSignal.timeout(600_000) });
  }
  return modelsDir;
}

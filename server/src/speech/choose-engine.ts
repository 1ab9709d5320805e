/** One engine or the other, as the operator says. */
import type { Logger } from "../observe/log.ts";
import { type ModelChoice, spokenBy } from "./needed-model.ts";
import { startOpenAiEngine } from "./openai.ts";
import type { SpeechEngine } from "./recogniser.ts";
import { type SpeechEngineOptions, startSpeechEngine } from "./worker-pool.ts";

export interface EngineChoice extends ModelChoice {
  openaiApiKey: string | null;
  modelsDir: string;
  workers: number;
  log: Logger;
  /** A worker of this machine has ended and another one takes its place. */
  onRestart?: SpeechEngineOptions["onRestart"];
}

/**
 * Starts the engine that the configuration names.
 *
 * @throws ModelError, SpeechEngineError: the sentence says what to do
 */
export function startEngine(choice: EngineChoice): Promise<SpeechEngine> {
  const { openai, openaiApiKey, ...rest } = choice;
  if (openai === null) return startSpeechEngine(rest);
  const { url, model, calls } = openai;
  const languages = spokenBy(choice);
  return startOpenAiEngine({ ...rest, server: { url, model, apiKey: openaiApiKey }, languages, calls });
}

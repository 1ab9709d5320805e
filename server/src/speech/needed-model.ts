/** What a choice of model means, for those who start no engine. */
import type { OpenAiConfig } from "../config/config.ts";
import { WHISPER_ISO_639_1 } from "./language-names.ts";
import { findModel } from "./models/catalogue.ts";
import type { ModelEntry } from "./models/entry.ts";

/** The detector that every recogniser of the catalogue is used with. */
export const DETECTOR = "silero-vad-v6";

export interface ModelChoice {
  /** A recogniser in the catalogue. Not looked at where a server recognises. */
  model: string;
  /** The server that recognises; null where this machine does. */
  openai: OpenAiConfig | null;
}

/** What has to be installed on this machine. @throws ModelError when the catalogue has no such model */
export function neededModel({ model, openai }: ModelChoice): ModelEntry {
  return findModel(openai === null ? model : DETECTOR);
}

/** ISO 639-1 codes of the languages that can be recognised. @throws ModelError when the catalogue has no such model */
export function spokenBy({ model, openai }: ModelChoice): readonly string[] {
  return openai === null ? findModel(model).languages : (openai.languages ?? WHISPER_ISO_639_1);
}

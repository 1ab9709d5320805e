import { unspoken } from "../speech/needed-model.ts";
import type { SpeechEngine } from "../speech/recogniser.ts";

/**
 * Why the installed model cannot transcribe a language, and what to do about it; null where it can. Better a clear failure
 * than English nonsense.
 *
 * @param language ISO 639-1, or `auto`
 */
export function languageFault(
  engine: Pick<SpeechEngine, "model" | "languages">,
  language: string,
): string | null {
  const fault = unspoken(language, engine.languages);
  if (fault === null) return null;
  const { others } = fault;
  const remedy =
    others.length > 0
      ? `Ask the operator to install one that does (${others.join(", ")}): \`uspeech models pull ${others[0]}\`, then USPEECH_MODEL=${others[0]}.`
      : "No model in the catalogue does.";
  return `The project's language is ${fault.language}, which the installed model ${engine.model} does not speak. ${remedy}`;
}

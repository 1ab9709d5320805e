/** What a choice of model means, for those who start no engine. */
import type { OpenAiConfig } from "../config/config.ts";
import { WHISPER_ISO_639_1 } from "./language-names.ts";
import { DETECTOR, findModel, findRecogniser, recognisers, recognisersFor } from "./models/catalogue.ts";
import type { ModelEntry } from "./models/entry.ts";

export interface ModelChoice {
  /** A recogniser in the catalogue. Not looked at where a server recognises. */
  model: string;
  /** The server that recognises; null where this machine does. */
  openai: OpenAiConfig | null;
}

/** What has to be installed on this machine. @throws ModelError when the catalogue has no such recogniser */
export function neededModel({ model, openai }: ModelChoice): ModelEntry {
  return openai === null ? findRecogniser(model) : findModel(DETECTOR);
}

/** ISO 639-1 codes of the languages that can be recognised. @throws ModelError when the catalogue has no such recogniser */
export function spokenBy({ model, openai }: ModelChoice): readonly string[] {
  return openai === null ? findRecogniser(model).languages : (openai.languages ?? WHISPER_ISO_639_1);
}

/** A language that a model does not speak. */
export interface Unspoken {
  /** For a sentence: `German (de)`. */
  language: string;
  /** Models in the catalogue that do speak it, the one to recommend first. */
  others: string[];
}

/**
 * What to say of a language that a model does not speak; null where it does.
 *
 * @param language ISO 639-1, or `auto`
 */
export function unspoken(language: string, spoken: readonly string[]): Unspoken | null {
  if (language === "auto" || spoken.includes(language)) return null;
  const name = new Intl.DisplayNames(["en"], { type: "language" }).of(language) ?? language;
  return { language: `${name} (${language})`, others: recognisersFor(language).map((entry) => entry.name) };
}

/** What to do about a recording in a language that is none of these, without knowing which it is: a sentence that names models. */
export function remedyBeyond(spoken: readonly string[]): string {
  const others = recognisers().filter(({ languages }) => languages.some((code) => !spoken.includes(code)));
  const [first] = others;
  if (first === undefined) return "No model in the catalogue speaks others.";
  const names = others.map(({ name, languages }) => `${name} (${languages.length})`).join(", ");
  return (
    `Models of more languages, with how many: ${names}. Ask the operator to install one that speaks it, for example ` +
    `\`uspeech models pull ${first.name}\`, then USPEECH_MODEL=${first.name}.`
  );
}

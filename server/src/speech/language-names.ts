/** What servers call languages: a code, or the English name that Whisper knows it by. */
import { WHISPER_LANGUAGES, WHISPER_TURBO_LANGUAGES } from "./models/whisper-languages.ts";

/** Names in Whisper's list that are not those of Unicode's, and its other names for the same language. */
const OTHER_NAMES: Record<string, string> = {
  castilian: "es",
  flemish: "nl",
  "haitian creole": "ht",
  haitian: "ht",
  letzeburgesch: "lb",
  mandarin: "zh",
  moldavian: "ro",
  moldovan: "ro",
  myanmar: "my",
  nynorsk: "nn",
  panjabi: "pa",
  pushto: "ps",
  sinhalese: "si",
  valencian: "ca",
};

/** Codes that Whisper uses and ISO 639-1 does not. */
const OTHER_CODES: Record<string, string> = { jw: "jv", iw: "he", in: "id" };

/** The languages of Whisper, as far as ISO 639-1 has them. */
export const WHISPER_ISO_639_1: readonly string[] = WHISPER_LANGUAGES.map(standard).filter(
  (code) => code.length === 2,
);

const NAMES = namesOf(WHISPER_TURBO_LANGUAGES);

function namesOf(codes: readonly string[]): Map<string, string> {
  const display = new Intl.DisplayNames(["en"], { type: "language" });
  const known = codes.map((code) => [display.of(code)?.toLowerCase() ?? code, standard(code)] as const);
  return new Map([...known, ...Object.entries(OTHER_NAMES)]);
}

function standard(code: string): string {
  return OTHER_CODES[code] ?? code;
}

/** Code of a language that a server names: `en` for "en", "en-GB", "English"; null for what says nothing, such as "unknown". */
export function languageCode(named: string): string | null {
  const plain = named.trim().toLowerCase();
  const code = /^([a-z]{2,3})(?:[-_][a-z0-9]+)*$/.exec(plain)?.[1];
  if (code !== undefined && (code.length === 2 || WHISPER_TURBO_LANGUAGES.includes(code)))
    return standard(code);
  return NAMES.get(plain) ?? null;
}

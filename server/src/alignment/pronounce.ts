/** How an English text is said, roughly: words, numbers and signs as sounds of the ARPAbet. */
import { IRREGULAR_WORDS } from "./irregular-words.ts";
import { SPELLING_RULES } from "./spelling-rules.ts";
import { spokenForm } from "./spoken-form.ts";

interface Rule {
  pattern: RegExp;
  letters: number;
  sounds: readonly string[];
}

const CONTEXTS: Readonly<Record<string, string>> = {
  "#": "[aeiouy]+",
  ":": "[^aeiouy_']*",
  "^": "[^aeiouy_']",
  ".": "[bdvgjlmnrwz]",
  "+": "[eiy]",
  "%": "(?:er|es|ed|ing|ely|e)",
};

const IRREGULAR: ReadonlyMap<string, readonly string[]> = new Map(
  entriesOf(IRREGULAR_WORDS).map((entry) => {
    const [word = "", ...sounds] = entry.split(" ");
    return [word, sounds];
  }),
);

const RULES: ReadonlyMap<string, readonly Rule[]> = rulesByLetter();

function entriesOf(table: string): string[] {
  return table.split(";").map((entry) => entry.trim());
}

function rulesByLetter(): Map<string, Rule[]> {
  const rules = new Map<string, Rule[]>();
  for (const rule of entriesOf(SPELLING_RULES)) {
    const [, before = "", letters = "", after = "", sounds = ""] =
      /^(.*)\[(.*)\](.*)=(.*)$/u.exec(rule) ?? [];
    const first = letters.slice(0, 1);
    const pattern = new RegExp(`(?<=${context(before)})${letters}(?=${context(after)})`, "uy");
    const compiled = { pattern, letters: letters.length, sounds: sounds.split(" ").filter(Boolean) };
    rules.set(first, [...(rules.get(first) ?? []), compiled]);
  }
  return rules;
}

function context(symbols: string): string {
  return Array.from(symbols, (symbol) => CONTEXTS[symbol] ?? symbol).join("");
}

/** Sounds of each word of a text. A text in capitals is no row of abbreviations. */
export function pronounceAll(texts: readonly string[]): string[][] {
  const capitals = texts.filter((text) => /\p{Lu}{2}/u.test(text)).length;
  const isShouted = capitals > texts.length / 2;
  return texts.map((text) => pronounce(isShouted ? text.toLowerCase() : text));
}

/**
 * Sounds of one word of a text as it is written, with its punctuation. Never fails: letters of other scripts have one sound
 * each, and what has no sound gives none.
 */
export function pronounce(text: string): string[] {
  return spokenForm(text).flatMap((word) => IRREGULAR.get(word) ?? bySpelling(word));
}

function bySpelling(word: string): string[] {
  const marked = `_${word}_`;
  const sounds: string[] = [];
  let at = 1;
  while (at < marked.length - 1) {
    const rule = RULES.get(marked.charAt(at))?.find(({ pattern }) => {
      pattern.lastIndex = at;
      return pattern.test(marked);
    });
    sounds.push(...(rule?.sounds ?? []));
    at += rule?.letters ?? 1;
  }
  return sounds;
}

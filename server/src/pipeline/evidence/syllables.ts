/** How long a text takes to say, judged by its letters alone. */

/** One syllable each: han, kana and hangul. */
const SYLLABIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

const VOWEL_GROUPS = /[aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýÿąęěůőűıаеёиоуыэюяіїєαεηιουωάέήίόύώ]+/giu;

const LETTERS = /\p{L}/gu;

/** "1965" is said in five syllables, "1,000,000" in three: about one a digit. */
const DIGITS = /\p{N}/gu;

/** "e" at the end of an English or French word is mostly silent. */
const SILENT_END = /(?<=\p{L}{2})e(?=\P{L}|$)/giu;

/** Letters for each syllable in scripts whose vowels are not counted, or not written. */
const LETTERS_PER_SYLLABLE = 3;

/**
 * Syllables in a text, about: vowel groups in Latin, Cyrillic and Greek, one each for han, kana and hangul, a third of
 * the letters elsewhere. Every word and digit has one at least.
 */
export function countSyllables(text: string): number {
  return text
    .split(/\s+/u)
    .filter(Boolean)
    .reduce((sum, word) => sum + syllablesOfWord(word), 0);
}

function syllablesOfWord(word: string): number {
  const plain = word.normalize("NFC");
  const syllabic = plain.match(SYLLABIC)?.length ?? 0;
  const digits = plain.match(DIGITS)?.length ?? 0;
  const alphabetic = plain.replaceAll(SYLLABIC, "");
  const letters = alphabetic.match(LETTERS)?.length ?? 0;
  if (letters === 0) return syllabic + digits;
  const vowels = alphabetic.replaceAll(SILENT_END, "").match(VOWEL_GROUPS)?.length ?? 0;
  return syllabic + digits + Math.max(1, vowels > 0 ? vowels : Math.round(letters / LETTERS_PER_SYLLABLE));
}

/**
 * Texts as words to compare. Writers of references and models differ in case, punctuation, numerals, hyphens and fillers;
 * none of that is an error of hearing. The same is done to both sides.
 */

/** Sounds of hesitation, which some references keep and most models leave out. */
const FILLERS = new Set(["uh", "um", "uhm", "erm", "er", "ah", "hm", "hmm", "mm", "mhm"]);

const SYMBOLS: readonly (readonly [RegExp, string])[] = [
  [/#/g, " pound "],
  [/\*/g, " star "],
  [/%/g, " percent "],
  [/&/g, " and "],
  [/(\d):(\d)/g, "$1 to $2"],
  [/(\d),(?=\d{3})/g, "$1"],
  [/(\d)(?:st|nd|rd|th)\b/g, "$1"],
];

/**
 * Words in lower case without punctuation, with numerals below a million spelled out in English.
 *
 * @param language ISO 639-1; numerals are spelled out in English only
 */
export function normalise(text: string, language = "en"): string[] {
  let plain = text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/\[[^\]]*\]/g, " ");
  for (const [symbol, word] of SYMBOLS) plain = plain.replaceAll(symbol, word);
  if (language === "en") plain = plain.replaceAll(/\d+/g, (digits) => ` ${spelled(Number(digits))} `);
  return plain
    .replaceAll(/['’]/g, "")
    .replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, " ")
    .split(" ")
    .filter((word) => word !== "" && !FILLERS.has(word));
}

const ONES = (
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen " +
  "eighteen nineteen"
).split(" ");
const TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** A number as it is read: 1965 as a year, 1000 as a thousand. */
export function spelled(number: number): string {
  if (number >= 1_000_000) return String(number);
  if (isYear(number)) return `${spelled(Math.floor(number / 100))} ${yearEnd(number % 100)}`;
  if (number >= 1000) return `${spelled(Math.floor(number / 1000))} thousand${rest(number % 1000)}`;
  if (number >= 100) return `${spelled(Math.floor(number / 100))} hundred${rest(number % 100)}`;
  if (number >= 20) return `${TENS[Math.floor(number / 10)] ?? ""}${rest(number % 10)}`;
  return ONES[number] ?? "";
}

function rest(number: number): string {
  return number === 0 ? "" : ` ${spelled(number)}`;
}

function isYear(number: number): boolean {
  return (number >= 1100 && number < 2000) || (number >= 2010 && number < 2100);
}

function yearEnd(number: number): string {
  if (number === 0) return "hundred";
  return number < 10 ? `oh ${spelled(number)}` : spelled(number);
}

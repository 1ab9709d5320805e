/** Writes numbers, signs and abbreviations out as plain lower-case words, as they are most likely said. */

const SIGNS: Readonly<Record<string, string>> = {
  "&": "and",
  "%": "percent",
  "+": "plus",
  "=": "equals",
  "@": "at",
  "#": "number",
  $: "dollars",
  "£": "pounds",
  "€": "euros",
  "°": "degrees",
};

const ONES =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const SCALES = ["", "thousand", "million", "billion", "trillion"];

/** Names of letters, as rules for spelling can read them. */
const LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  "a:ay b:bee c:see d:dee e:ee f:eff g:jee h:aitch i:eye j:jay k:kay l:ell m:emm n:enn o:oh p:pee q:cue r:are s:ess t:tee u:you v:vee w:doubleyou x:ecks y:why z:zee"
    .split(" ")
    .map((pair) => pair.split(":")),
);

/** Said of what is in no script that is known here: one open sound for each letter. */
const UNKNOWN = "ah";

/** Numbers, with their endings where they have one; abbreviations with full stops; words; signs. */
const PART =
  /(?:\p{N}[\p{N}.,:]*\p{N}|\p{N})(?:(?:st|nd|rd|th|s)(?!\p{L}))?|\p{Lu}(?:\.\p{Lu})+\.?|[\p{L}\p{M}]+(?:['’][\p{L}\p{M}]+)*|[&%+=@#$£€°]/gu;

/** The words that are said for one written word; none where it has only punctuation. */
export function spokenForm(text: string): string[] {
  const parts: string[] = text.match(PART) ?? [];
  const amount = parts.findIndex((part) => /^[$£€]$/u.test(part));
  // "$5" is said with its sign last.
  if (amount >= 0 && amount < parts.length - 1) parts.push(...parts.splice(amount, 1));
  return parts.flatMap(wordsOf);
}

function wordsOf(part: string): string[] {
  const sign = SIGNS[part];
  if (sign !== undefined) return [sign];
  const [, digits, ending = ""] = /^(\p{N}.*?)(st|nd|rd|th|s)?$/u.exec(part) ?? [];
  if (digits !== undefined) return withEnding(numberWords(digits), ending);
  if (isAcronym(part)) return Array.from(part.replaceAll(".", ""), letterName);
  return [latin(part)];
}

/** "USA", "B.B.C." and "PBX", but not "NATO": what can be said as a word is. */
function isAcronym(part: string): boolean {
  if (/^\p{Lu}(?:\.\p{Lu})+\.?$/u.test(part)) return true;
  return (
    /^(?:\p{Lu}{2,3}|[B-DF-HJ-NP-TV-Z]{2,5})$/u.test(part) &&
    !/^(?:[A-Z][AEIOUY][A-Z]|AN|AT|AS|IS|IT|IN|IF|ON|OF|OR|OH|NO|SO|TO|DO|GO|BY|MY|ME|WE|HE|BE|US|UP|A[A-Z]E|THE|AND|ALL|ANY|ONE|TWO|WHO|WHY|HOW|OUR|OUT|OLD|END|ITS|ASK|YOU|SHE|TRY|MR|MRS|DR)$/u.test(
      part,
    )
  );
}

function letterName(letter: string): string {
  return LETTERS[letter.toLowerCase()] ?? UNKNOWN;
}

/** Without accents; letters of other scripts as open sounds. */
function latin(part: string): string {
  const plain = part
    .toLowerCase()
    .replaceAll("’", "'")
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll("ß", "ss")
    .replaceAll("æ", "ae")
    .replaceAll("ø", "o");
  if (/^[a-z]$/u.test(plain) && plain !== "a" && plain !== "i") return letterName(plain);
  return plain.replaceAll(/[^a-z']/gu, UNKNOWN);
}

const ORDINALS: Readonly<Record<string, string>> = {
  one: "first",
  two: "second",
  three: "third",
  five: "fifth",
  eight: "eighth",
  nine: "ninth",
  twelve: "twelfth",
};

/** "21st", "1990s". */
function withEnding(words: string[], ending: string): string[] {
  const last = words.at(-1) ?? "";
  if (ending === "") return words;
  const stem = last.replace(/y$/u, "ie");
  return [...words.slice(0, -1), ending === "s" ? `${stem}s` : (ORDINALS[last] ?? `${stem}th`)];
}

function numberWords(digits: string): string[] {
  const [whole = "", fraction] = digits.replaceAll(",", "").split(/[.:]/u);
  const words = isYear(whole, digits) ? yearWords(whole) : wholeWords(whole);
  if (fraction === undefined || fraction === "") return words;
  if (digits.includes(":")) return [...words, ...wholeWords(fraction)];
  return [...words, "point", ...Array.from(fraction, digitWord)];
}

function isYear(whole: string, digits: string): boolean {
  return /^(?:1[1-9]|20)\d\d$/u.test(whole) && whole === digits && whole.slice(1, 3) !== "00";
}

/** "nineteen sixty five", "twenty ten", "nineteen hundred". */
function yearWords(year: string): string[] {
  const [century, rest] = [year.slice(0, 2), year.slice(2)];
  if (rest === "00") return [...wholeWords(century), "hundred"];
  const tail = rest.startsWith("0") ? ["oh", digitWord(rest.slice(1))] : wholeWords(rest);
  return [...wholeWords(century), ...tail];
}

/** Up to 15 digits as a number; longer rows, and those that begin with zero, digit by digit. */
function wholeWords(digits: string): string[] {
  const plain = digits.normalize("NFKC");
  if (!/^[1-9]\d{0,14}$/u.test(plain)) return Array.from(plain, digitWord);
  const words: string[] = [];
  const groups = Math.ceil(plain.length / 3);
  for (let group = groups; group > 0; group -= 1) {
    const end = plain.length - 3 * (group - 1);
    const value = Number(plain.slice(Math.max(0, end - 3), end));
    if (value > 0) words.push(...hundreds(value), SCALES[group - 1] ?? "");
  }
  return words.filter(Boolean);
}

function hundreds(value: number): string[] {
  const [hundred, rest] = [Math.floor(value / 100), value % 100];
  const head = hundred > 0 ? [ONES[hundred] ?? "", "hundred"] : [];
  if (rest === 0) return head;
  if (rest < 20) return [...head, ONES[rest] ?? ""];
  const unit = rest % 10;
  return [...head, TENS[Math.floor(rest / 10)] ?? "", ...(unit > 0 ? [ONES[unit] ?? ""] : [])];
}

function digitWord(digit: string): string {
  return ONES[Number(digit)] ?? UNKNOWN;
}

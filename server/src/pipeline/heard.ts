/** What was heard in a clip, as words: the form in which the rest of the pipeline and the checkpoint hold it. */
import type { AlignedWord, Recognition, Token } from "../speech/recogniser.ts";

/** A word with what the model knows of it. Seconds are counted from the clip's start. */
export interface HeardWord {
  text: string;
  start: number | null;
  end: number | null;
  /** 0 to 1: that of its least certain token. */
  confidence: number | null;
  /** Stands against the word before it, without a space, as in Chinese. */
  glued: boolean;
}

export interface Heard {
  words: HeardWord[];
  /** ISO 639-1 where the model can tell. */
  language: string | null;
  /**
   * The words as found in the sound, one for each; null where they were not found. Absent where nobody looked: the model gives
   * times, the language is not English, or an older version stored this.
   */
  aligned?: AlignedWord[] | null;
}

/** Cuts a recognition's text into words and gives each what its tokens know. */
export function heardOf(recognition: Recognition): Heard {
  const words = splitWords(recognition.text);
  const known = knownOf(recognition.tokens, words);
  return {
    words: words.map(({ text, glued }, i) => {
      const { start, end, confidence } = known[i] ?? UNKNOWN;
      return { text, start, end, confidence, glued };
    }),
    language: recognition.language,
  };
}

type Known = Pick<HeardWord, "start" | "end" | "confidence">;
type TextWord = Pick<HeardWord, "text" | "glued">;

const UNKNOWN: Known = { start: null, end: null, confidence: null };

/** Scripts that put no space between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "word" });

/** Words with their punctuation. What holds no letter or digit joins the word before it, so that every word can be spoken. */
export function splitWords(text: string): TextWord[] {
  const words: TextWord[] = [];
  for (const chunk of text.split(/\s+/u).filter(Boolean)) {
    const pieces = UNSPACED.test(chunk)
      ? [...SEGMENTER.segment(chunk)].map(({ segment }) => segment)
      : [chunk];
    pieces.forEach((piece, i) => addPiece(words, piece, i > 0));
  }
  return words;
}

const SPOKEN = /[\p{L}\p{N}]/u;

function addPiece(words: TextWord[], piece: string, glued: boolean): void {
  const last = words.at(-1);
  if (last !== undefined && !SPOKEN.test(piece)) last.text += glued ? piece : ` ${piece}`;
  else if (last !== undefined && !SPOKEN.test(last.text)) last.text += glued ? piece : ` ${piece}`;
  else words.push({ text: piece, glued: glued && last !== undefined });
}

/** Words as they are written, one after the other. */
export function textOf(words: readonly TextWord[]): string {
  return words.map((word, i) => (i === 0 || word.glued ? word.text : ` ${word.text}`)).join("");
}

/**
 * What the tokens know of each word. Tokens are laid along the text letter by letter; where they do not spell it, nothing
 * is known, for a time on the wrong word is worse than an estimate.
 */
function knownOf(tokens: readonly Token[], words: readonly TextWord[]): Known[] {
  if (!tokens.some((token) => token.start !== null || token.confidence !== null)) return [];
  const spelt = lettersOf(tokens.map((token) => token.text).join(""));
  if (spelt !== lettersOf(words.map((word) => word.text).join(""))) return [];
  const known: Known[] = [];
  let token = 0;
  let reached = 0;
  let wanted = 0;
  for (const word of words) {
    const own: Token[] = [];
    wanted += lettersOf(word.text).length;
    while (token < tokens.length && reached < wanted) {
      const next = tokens[token];
      if (next !== undefined) own.push(next);
      reached += lettersOf(next?.text ?? "").length;
      token += 1;
    }
    known.push(knownOfWord(own));
  }
  return known;
}

function lettersOf(text: string): string {
  return text.replaceAll(/[\s▁]+/gu, "");
}

function knownOfWord(tokens: readonly Token[]): Known {
  const starts = tokens.flatMap((token) => token.start ?? []);
  const ends = tokens.flatMap((token) => token.end ?? []);
  const confidences = tokens.flatMap((token) => token.confidence ?? []);
  return {
    start: starts.length > 0 ? Math.min(...starts) : null,
    end: ends.length > 0 ? Math.max(...ends) : null,
    confidence: confidences.length > 0 ? Math.min(...confidences) : null,
  };
}

/**
 * Reads what servers answer to `/v1/audio/transcriptions`. All of them mean the same and write it differently: words
 * stand beside the text (OpenAI, speaches) or in the segments (whisper.cpp), with or without punctuation, or not at all.
 */
import { LIMITS } from "../config/limits.ts";
import { languageCode } from "./language-names.ts";
import { RecognitionServerError } from "./openai-errors.ts";
import type { Recognition, Token } from "./recogniser.ts";

/** A word, or a segment of many, as the server gave it. */
type Piece = Token;

/**
 * @param answer the parsed JSON
 * @throws RecognitionServerError `unreadable` when it is no transcription
 */
export function readAnswer(answer: unknown): Recognition {
  const body = fields(answer, "the answer");
  const segments = listOf(body, "segments").map((segment) => fields(segment, "a segment"));
  const text = clean(textOf(body, segments));
  const tokens = tokensOf(text, wordsOf(body, segments), segments.map(segmentPiece));
  return { text, tokens, language: languageOf(body) };
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw unreadable(`${what} is no object`);
  return { ...value };
}

function listOf(from: Fields, name: string): unknown[] {
  const list = from[name] ?? [];
  if (!Array.isArray(list)) throw unreadable(`"${name}" is no list`);
  return list;
}

function unreadable(what: string): RecognitionServerError {
  return new RecognitionServerError(
    "unreadable",
    `The recognition server's answer is no transcription: ${what}. Check that USPEECH_OPENAI_URL leads to /v1/audio/transcriptions.`,
  );
}

function textOf(body: Fields, segments: readonly Fields[]): string {
  const { text } = body;
  if (typeof text === "string") return text;
  if (text !== undefined || segments.length === 0) throw unreadable('it has no "text"');
  return segments.map((segment) => stringOf(segment, ["text"], "a segment").trim()).join(" ");
}

function stringOf(from: Fields, names: readonly string[], what: string): string {
  const value = names.map((name) => from[name]).find((value) => value !== undefined);
  if (typeof value !== "string") throw unreadable(`${what} has no "${names[0]}"`);
  return value;
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROLS = /[\u0000-\u001F\u007F]+/g;

/** What is longer than any clip's text was invented, and can be judged by its beginning. */
function clean(text: string): string {
  const bounded = text.slice(0, LIMITS.openai.textCharactersMax);
  return bounded.replaceAll(CONTROLS, " ").toWellFormed().trim();
}

function wordsOf(body: Fields, segments: readonly Fields[]): Piece[] {
  const beside = listOf(body, "words");
  const words = beside.length > 0 ? beside : segments.flatMap((segment) => listOf(segment, "words"));
  return inOrder(words.map((word) => wordPiece(fields(word, "a word"))));
}

function wordPiece(word: Fields): Piece {
  return {
    text: clean(stringOf(word, ["word", "text"], "a word")),
    ...timesOf(word),
    confidence: shareOf(word["probability"] ?? word["confidence"]),
  };
}

function segmentPiece(segment: Fields): Piece {
  return {
    text: clean(stringOf(segment, ["text"], "a segment")),
    ...timesOf(segment),
    confidence: segmentConfidence(segment),
  };
}

function timesOf({ start, end }: Fields): Pick<Piece, "start" | "end"> {
  const isKnown = isTime(start) && isTime(end) && start <= end;
  return isKnown ? { start, end } : { start: null, end: null };
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0;
}

function shareOf(value: unknown): number | null {
  return typeof value === "number" && value >= 0 && value <= 1 ? value : null;
}

/** Servers that measure neither give -1 for both (vLLM); no text compresses to a negative ratio. */
function segmentConfidence(segment: Fields): number | null {
  const { avg_logprob: logProbability, compression_ratio: ratio } = segment;
  if (typeof logProbability !== "number" || (typeof ratio === "number" && ratio < 0)) return null;
  return Math.min(1, Math.exp(logProbability));
}

/** Times that run backwards are no times, for there is no telling which of them is right. */
function inOrder(words: Piece[]): Piece[] {
  const starts = words.flatMap(({ start }) => start ?? []);
  const isOrdered = starts.every((start, i) => start >= (starts[i - 1] ?? 0));
  return isOrdered ? words : words.map((word) => ({ ...word, start: null, end: null }));
}

/** One token for each word of the text, with what the server's words and segments know of it. */
function tokensOf(text: string, words: readonly Piece[], segments: readonly Piece[]): Token[] {
  const texts = text.split(/\s+/u).filter(Boolean);
  const byWords = lay(texts, words);
  const bySegments = lay(texts, segments);
  return texts.map((word, i) => {
    const own = byWords?.[i] ?? [];
    const around = bySegments?.[i] ?? [];
    const { start, end } =
      own.length > 0 ? spanOf(own) : edgesOf(around, bySegments?.[i - 1], bySegments?.[i + 1]);
    return { text: i === 0 ? word : ` ${word}`, start, end, confidence: leastOf(own) ?? leastOf(around) };
  });
}

function spanOf(pieces: readonly Piece[]): Pick<Token, "start" | "end"> {
  return { start: pieces[0]?.start ?? null, end: pieces.at(-1)?.end ?? null };
}

/** A segment says when its first word begins and its last one ends, and nothing of those between. */
function edgesOf(
  around: readonly Piece[],
  before: readonly Piece[] | undefined,
  after: readonly Piece[] | undefined,
): Pick<Token, "start" | "end"> {
  const first = around[0];
  const last = around.at(-1);
  return {
    start: first === undefined || first === before?.at(-1) ? null : first.start,
    end: last === undefined || last === after?.[0] ? null : last.end,
  };
}

function leastOf(pieces: readonly Piece[]): number | null {
  const known = pieces.flatMap(({ confidence }) => confidence ?? []);
  return known.length > 0 ? Math.min(...known) : null;
}

/**
 * Lays pieces along the words of the text, letter by letter, whatever their punctuation and case. Gives each word the
 * pieces that it is made of; null where the pieces do not spell the text, for a time on the wrong word is worse than none.
 */
function lay(texts: readonly string[], pieces: readonly Piece[]): Piece[][] | null {
  const spelt = pieces.map(({ text }) => lettersOf(text));
  if (pieces.length === 0 || spelt.join("") !== texts.map(lettersOf).join("")) return null;
  let piece = 0;
  let pieceEnd = 0;
  let wordEnd = 0;
  return texts.map((text) => {
    const own: Piece[] = [];
    const wordStart = wordEnd;
    wordEnd += lettersOf(text).length;
    // The piece before may reach into this word, as a segment does into all of its words.
    const open = pieces[piece - 1];
    if (open !== undefined && pieceEnd > wordStart && wordEnd > wordStart) own.push(open);
    while (pieceEnd < wordEnd && piece < pieces.length) {
      const next = pieces[piece];
      pieceEnd += spelt[piece]?.length ?? 0;
      piece += 1;
      if (next !== undefined && pieceEnd > wordStart) own.push(next);
    }
    return own;
  });
}

function lettersOf(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, "");
}

/** whisper.cpp's server tells what it used and, apart from that, what it would have guessed. */
function languageOf({ language, detected_language: detected }: Fields): string | null {
  const named = language ?? detected;
  return typeof named === "string" ? languageCode(named) : null;
}

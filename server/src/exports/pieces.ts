/**
 * Text cut where a line may be broken: at spaces, and in scripts that write without spaces at the edges of words.
 */

/** A stretch of text that stays on one line. */
export interface Piece {
  text: string;
  /** Whether a space stands before it. */
  spaced: boolean;
}

const UNSPACED_CLASS =
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー々、。「」！？，：；（）]";
const UNSPACED = new RegExp(UNSPACED_CLASS, "u");
const ENDS_UNSPACED = new RegExp(`${UNSPACED_CLASS}\\p{M}*$`, "u");
const BEGINS_UNSPACED = new RegExp(`^${UNSPACED_CLASS}`, "u");
const CLOSES = /^[\p{Pe}\p{Pf}\p{Po}\p{M}ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ]+$/u;
const OPENS = /[\p{Ps}\p{Pi}]$/u;

const words = new Intl.Segmenter("und", { granularity: "word" });
const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/**
 * Cuts text into pieces; put together again with their spaces they give the text.
 *
 * @param text on one line
 */
export function piecesOf(text: string): Piece[] {
  return text
    .split(/\s+/u)
    .filter((run) => run !== "")
    .flatMap((run, index) =>
      runPieces(run).map((piece, k) => ({ text: piece, spaced: index > 0 && k === 0 })),
    );
}

/** Puts stretches of one text together: with spaces, but for scripts that write without. Empty ones leave no trace. */
export function joinTexts(texts: readonly string[]): string {
  const parts = texts.filter((text) => text !== "");
  return parts
    .map((text, index) => (index > 0 && spaceBetween(parts[index - 1] ?? "", text) ? ` ${text}` : text))
    .join("");
}

export function spaceBetween(before: string, after: string): boolean {
  return !(ENDS_UNSPACED.test(before.slice(-TAIL_CHARACTERS)) && BEGINS_UNSPACED.test(after));
}

/** A letter and the marks upon it. */
const TAIL_CHARACTERS = 8;

function runPieces(run: string): string[] {
  if (!UNSPACED.test(run)) return [run];
  const pieces: string[] = [];
  for (const { segment } of words.segment(run)) {
    const last = pieces.at(-1);
    // Japanese line-breaking rules (kinsoku shori, JIS X 4051): no closing mark begins a line, no opening one ends it.
    if (last !== undefined && (CLOSES.test(segment) || OPENS.test(last)))
      pieces[pieces.length - 1] = last + segment;
    else pieces.push(segment);
  }
  return pieces;
}

/**
 * How much of a line a text takes: a character counts one, a full-width one two. Counted in UTF-16 units, so that it is
 * never less than what any reader of the file counts.
 */
export function widthOf(text: string): number {
  let width = text.length;
  for (let index = 0; index < text.length; index++) if (isWide(text.charCodeAt(index))) width++;
  return width;
}

/** East Asian wide and full-width blocks of the basic plane (Unicode Standard Annex 11); the others take two units anyway. */
function isWide(code: number): boolean {
  return code >= 0x1100 && WIDE_BLOCKS.some(([first, last]) => code >= first && code <= last);
}

const WIDE_BLOCKS: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
];

/** Cuts a piece that no line can hold, between the characters that a reader sees; else gives it back whole. */
export function cutToWidth(text: string, widthMax: number): string[] {
  if (widthOf(text) <= widthMax) return [text];
  const parts: string[] = [];
  let part = "";
  let partWidth = 0;
  for (const unit of smallUnits(text, widthMax)) {
    const width = widthOf(unit);
    if (partWidth + width > widthMax) {
      parts.push(part);
      part = "";
      partWidth = 0;
    }
    part += unit;
    partWidth += width;
  }
  parts.push(part);
  return parts;
}

/** Graphemes, and code points where one grapheme alone is wider than a line (a letter under fifty accents). */
function* smallUnits(text: string, widthMax: number): Generator<string> {
  for (const { segment } of graphemes.segment(text)) {
    if (widthOf(segment) <= widthMax) yield segment;
    else yield* segment;
  }
}

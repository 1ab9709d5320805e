import type { Turn, Word } from "../pipeline/transcript.ts";
import { isWithheld, lineOf, speakerName, WITHHELD_MARK } from "./document.ts";
import type { ExportDocument } from "./document.ts";
import { breakPenalty, FREE_BREAK } from "./phrases.ts";
import { cutToWidth, piecesOf, spaceBetween, widthOf } from "./pieces.ts";

/** Characters in a line of a subtitle. */
export const LINE_WIDTH_MAX = 42;

/** Longest name that stands before a line, its colon included. */
const LABEL_WIDTH_MAX = 30;

/** A stretch of a subtitle that no line break divides, with the time at which it is spoken. */
export interface Unit {
  text: string;
  width: number;
  /** Milliseconds from the start of the recording; never before the unit in front of it. */
  startMs: number;
  endMs: number;
  speaker: number | null;
  /** Whether a space stands before it when it does not begin a line. */
  spaced: boolean;
  /** What a break in front of it costs: see {@link breakPenalty}. */
  breakCost: number;
  /** Names the speaker; stays with what follows. */
  label: boolean;
  /** Stands in a subtitle of its own: the mark of withheld speech. */
  alone: boolean;
}

/**
 * Cuts a transcript into units, in its order. Times come from the words; where an edited text no longer agrees with its words
 * they are spread over the turn. Overlapping turns follow one another: a unit never starts before the one in front of it.
 *
 * @param labels whether a change of speaker is written into the text, as `Name:`, or `>>` where the name is not known
 */
export function unitsOf(document: ExportDocument, labels: boolean): Unit[] {
  const units: Unit[] = [];
  let speaker: number | null | undefined;
  for (const turn of document.transcript.turns) {
    const own = turnUnits(turn);
    const first = own[0];
    if (first === undefined) continue;
    if (labels && turn.speaker !== speaker) units.push(labelUnit(first, speakerName(document, turn.speaker)));
    const before = units.at(-1);
    first.breakCost = FREE_BREAK;
    first.spaced = before === undefined || before.label || spaceBetween(before.text, first.text);
    for (const unit of own) units.push(unit);
    speaker = turn.speaker;
  }
  return inOrder(units);
}

function labelUnit(first: Unit, name: string | null): Unit {
  const known = labelName(name ?? "");
  const text = known === "" ? UNKNOWN_SPEAKER : `${known}:`;
  return {
    ...first,
    text,
    width: widthOf(text),
    endMs: first.startMs,
    spaced: true,
    breakCost: FREE_BREAK,
    label: true,
    alone: false,
  };
}

/** Captions mark a new speaker whose name is not known by two angle brackets. */
export const UNKNOWN_SPEAKER = ">>";

function labelName(name: string): string {
  const plain = name.replace(/:+/gu, " ").replace(/ +/gu, " ").trim();
  const [start = "", rest] = cutToWidth(plain, LABEL_WIDTH_MAX - 2);
  return rest === undefined ? start : `${start.trim()}…`;
}

function turnUnits(turn: Turn): Unit[] {
  if (isWithheld(turn)) return [unit(turn, WITHHELD_MARK, true, turn.start, turn.end, true)];
  const text = lineOf(turn.text);
  const timeAt = timeline(turn, text);
  let offset = 0;
  let previous = "";
  return piecesOf(text).flatMap((piece) =>
    cutToWidth(piece.text, LINE_WIDTH_MAX).map((part, k) => {
      const start = timeAt(offset, "start");
      offset += part.length;
      const own = unit(turn, part, k === 0 && piece.spaced, start, timeAt(offset, "end"), false);
      own.breakCost = breakPenalty(previous, part);
      previous = part;
      return own;
    }),
  );
}

function unit(turn: Turn, text: string, spaced: boolean, start: number, end: number, alone: boolean): Unit {
  const startMs = Math.max(0, Math.round(start * 1000));
  const endMs = Math.max(startMs, Math.round(end * 1000));
  const { speaker } = turn;
  return {
    text,
    width: widthOf(text),
    startMs,
    endMs,
    speaker,
    spaced,
    breakCost: FREE_BREAK,
    label: false,
    alone,
  };
}

type Timeline = (offset: number, edge: "start" | "end") => number;

/**
 * Gives the time, in seconds, of a place in a turn's text, counted in characters without spaces. Offsets asked for must not
 * decrease: the words are walked through once.
 */
function timeline(turn: Turn, text: string): Timeline {
  const lengths = turn.words.map((word) => bare(lineOf(word.text)).length);
  const agrees = bare(turn.words.map((word) => lineOf(word.text)).join("")) === bare(text);
  const words: Pick<Word, "start" | "end">[] = agrees ? turn.words : [turn];
  const sizes = agrees ? lengths : [bare(text).length];
  let index = 0;
  let before = 0;
  return (offset, edge) => {
    // A word's end and the next one's start are the same place in the text, but not the same time.
    const passed = (size: number) => (edge === "start" ? before + size <= offset : before + size < offset);
    while (index < words.length - 1 && passed(sizes[index] ?? 0)) before += sizes[index++] ?? 0;
    const { start, end } = words[index] ?? turn;
    const size = sizes[index] ?? 0;
    return size === 0 ? start : start + ((end - start) * Math.min(size, offset - before)) / size;
  };
}

function bare(text: string): string {
  return text.replaceAll(" ", "");
}

/** Lets no unit start before the one in front of it. */
function inOrder(units: Unit[]): Unit[] {
  let reachedMs = 0;
  for (const unit of units) {
    unit.startMs = Math.max(unit.startMs, reachedMs);
    unit.endMs = Math.max(unit.endMs, unit.startMs);
    reachedMs = unit.startMs;
  }
  return units;
}

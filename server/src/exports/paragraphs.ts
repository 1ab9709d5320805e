import type { Span, Turn } from "../pipeline/transcript.ts";
import { isWithheld, lineOf, withheldNote } from "./document.ts";
import type { ExportDocument } from "./document.ts";
import { joinTexts, spaceBetween } from "./pieces.ts";

/** A silence of this length begins a new paragraph. */
const PAUSE_SECONDS = 3;

/** A speaker's next sentence begins a new paragraph after this long, so that a lecture is not one block. */
const PARAGRAPH_SECONDS = 60;

/** What one speaker says without a pause: consecutive turns, as a reader wants them. */
export interface Paragraph extends Span {
  /** Index into the transcript's speakers; null where unknown. */
  speaker: number | null;
  /** Whether the paragraph before it is another speaker's; true for the first. */
  changesSpeaker: boolean;
  runs: Run[];
}

/** Text of one kind within a paragraph. */
export interface Run {
  kind: "plain" | "doubtful" | "withheld";
  text: string;
}

/** Gathers turns into paragraphs; what was withheld stands as a note with its time where it would have been. */
export function paragraphsOf(document: ExportDocument): Paragraph[] {
  let before: number | null | undefined;
  return gathered(document.transcript.turns).map(({ start, end, speaker, turns }) => {
    const changesSpeaker = speaker !== before;
    before = speaker;
    return { start, end, speaker, changesSpeaker, runs: runsOf(turns) };
  });
}

/** A paragraph's text on one line. */
export function paragraphText(paragraph: Paragraph): string {
  return paragraph.runs.map((run) => run.text).join("");
}

interface Group extends Span {
  speaker: number | null;
  turns: Turn[];
}

function gathered(turns: readonly Turn[]): Group[] {
  const groups: Group[] = [];
  for (const turn of turns) {
    if (textOf(turn) === "") continue;
    const last = groups.at(-1);
    if (last !== undefined && continues(last, turn)) {
      last.turns.push(turn);
      last.end = Math.max(last.end, turn.end);
    } else {
      groups.push({ start: turn.start, end: turn.end, speaker: turn.speaker, turns: [turn] });
    }
  }
  return groups;
}

function continues(group: Group, turn: Turn): boolean {
  return (
    group.speaker === turn.speaker &&
    turn.start - group.end < PAUSE_SECONDS &&
    turn.start - group.start < PARAGRAPH_SECONDS
  );
}

/** Turns of one kind side by side become one run; the space between two runs belongs to the second. */
function runsOf(turns: readonly Turn[]): Run[] {
  const runs: { kind: Run["kind"]; texts: string[] }[] = [];
  for (const turn of turns) {
    const last = runs.at(-1);
    if (last?.kind === kindOf(turn)) last.texts.push(textOf(turn));
    else runs.push({ kind: kindOf(turn), texts: [textOf(turn)] });
  }
  return runs.map(({ kind, texts }, index) => {
    const before = runs[index - 1]?.texts.at(-1);
    const spaced = before !== undefined && spaceBetween(before, texts[0] ?? "");
    return { kind, text: `${spaced ? " " : ""}${joinTexts(texts)}` };
  });
}

function kindOf(turn: Turn): Run["kind"] {
  if (isWithheld(turn)) return "withheld";
  return turn.flags.includes("doubtful") ? "doubtful" : "plain";
}

function textOf(turn: Turn): string {
  return isWithheld(turn) ? withheldNote(turn) : lineOf(turn.text);
}

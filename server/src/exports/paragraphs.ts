import type { Span, Turn } from "../pipeline/transcript.ts";
import { isWithheld, lineOf, withheldNote } from "./document.ts";
import type { ExportDocument } from "./document.ts";
import { joinText } from "./pieces.ts";

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
  const paragraphs: Paragraph[] = [];
  for (const turn of document.transcript.turns) {
    const run = runOf(turn);
    if (run.text === "") continue;
    const last = paragraphs.at(-1);
    if (last !== undefined && continues(last, turn)) {
      addRun(last.runs, run);
      last.end = Math.max(last.end, turn.end);
    } else {
      const { start, end, speaker } = turn;
      paragraphs.push({ start, end, speaker, changesSpeaker: last?.speaker !== speaker, runs: [run] });
    }
  }
  return paragraphs;
}

/** A paragraph's text on one line. */
export function paragraphText(paragraph: Paragraph): string {
  return paragraph.runs.map((run) => run.text).join("");
}

function runOf(turn: Turn): Run {
  if (isWithheld(turn)) return { kind: "withheld", text: withheldNote(turn) };
  return { kind: turn.flags.includes("doubtful") ? "doubtful" : "plain", text: lineOf(turn.text) };
}

function continues(paragraph: Paragraph, turn: Turn): boolean {
  return (
    paragraph.speaker === turn.speaker &&
    turn.start - paragraph.end < PAUSE_SECONDS &&
    turn.start - paragraph.start < PARAGRAPH_SECONDS
  );
}

function addRun(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last === undefined) runs.push(run);
  else if (last.kind === run.kind) last.text = joinText(last.text, run.text);
  else runs.push({ kind: run.kind, text: joinText(last.text.slice(-1), run.text).slice(1) });
}

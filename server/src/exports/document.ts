import type { Span, Transcript, Turn } from "../pipeline/transcript.ts";

/** What every export is made from: the transcript as the screen shows it, and what surrounds it. */
export interface ExportDocument {
  /** Original filename without its extension. */
  title: string;
  transcript: Pick<
    Transcript,
    | "model"
    | "language"
    | "languageConfidence"
    | "durationSeconds"
    | "speechSeconds"
    | "speakers"
    | "speakersConfidence"
    | "turns"
    | "coverage"
    | "missing"
  >;
  createdAt: Date;
  /** Whether readable exports (TXT, DOCX) show times; subtitles and JSON always have them. */
  returnTimestamps: boolean;
}

/** What stands in subtitles for speech whose text was withheld; {@link withheldNote} is its longer form. */
export const WITHHELD_MARK = "[speech withheld]";

/** What stands in readable exports for speech whose text was withheld, with its time. */
export function withheldNote(span: Span): string {
  return `[speech withheld: ${clock(span.start)}–${clock(span.end)}]`;
}

export function isWithheld(turn: Turn): boolean {
  return turn.flags.includes("withheld");
}

/** Words of all turns, as the API counts them. */
export function wordCount(document: ExportDocument): number {
  return document.transcript.turns.reduce((count, turn) => count + turn.words.length, 0);
}

/**
 * A turn's text on one line: runs of white space become one space, and what no text file, XML document or subtitle may
 * carry (control characters, non-characters, halves of surrogate pairs) is taken out.
 */
export function lineOf(text: string): string {
  return text
    .toWellFormed()
    .replace(ILLEGAL, "")
    .replace(/[\s\u0085]+/gu, " ")
    .trim();
}

/** C0 and C1 controls but for white space, and non-characters: XML 1.0 (fifth edition), section 2.2, and its note. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const ILLEGAL = /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/gu;

/** Name of a turn's speaker on one line, or null where the speaker is not known. */
export function speakerName(document: ExportDocument, speaker: number | null): string | null {
  const name = speaker === null ? undefined : document.transcript.speakers[speaker];
  return name === undefined ? null : lineOf(name) || null;
}

/** Seconds as `h:mm:ss`, rounded down. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60) % 60;
  return `${Math.floor(whole / 3600)}:${twoDigits(minutes)}:${twoDigits(whole % 60)}`;
}

/** Milliseconds as `hh:mm:ss` and `separator` and three digits, as subtitles write a time. */
export function subtitleClock(ms: number, separator: "," | "."): string {
  const seconds = Math.floor(ms / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(twoDigits);
  return `${clock.join(":")}${separator}${String(ms % 1000).padStart(3, "0")}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

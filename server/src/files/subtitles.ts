import { readFile, stat } from "node:fs/promises";
import { LIMITS } from "../config/limits.ts";
import { isWithheld, lineOf, WITHHELD_MARK } from "../exports/document.ts";
import { joinTexts, piecesOf, widthOf } from "../exports/pieces.ts";
import { UNKNOWN_SPEAKER } from "../exports/units.ts";
import { ValidationError } from "../http/errors.ts";
import type { Transcript, Turn, Word } from "../pipeline/transcript.ts";
import { readCues, tooMany } from "./subtitle-cues.ts";
import type { RawCue, SubtitleType, Voice } from "./subtitle-cues.ts";
import { decodeText, SubtitleError } from "./subtitle-text.ts";

export { SubtitleError } from "./subtitle-text.ts";
export type { SubtitleType } from "./subtitle-cues.ts";

/** What an uploaded subtitle file says. */
export interface Subtitles {
  /** Names in order of appearance; empty where the file names nobody. */
  speakers: string[];
  /** By start: one turn a cue, more where a cue holds several voices. The words' times are estimated within the turn. */
  turns: Turn[];
  /** End of the last turn. */
  durationSeconds: number;
}

/**
 * Reads an uploaded subtitle file as the transcript that it is. Model and language are empty: nobody recognised anything.
 *
 * @throws {ValidationError} on `file`, with the line, what is wrong there and what is expected
 */
export async function readSubtitles(path: string, type: SubtitleType): Promise<Transcript> {
  const { size } = await stat(path);
  try {
    if (size > LIMITS.subtitles.sizeBytesMax) throw tooLarge();
    return transcriptOf(parseSubtitles(await readFile(path), type));
  } catch (error) {
    throw error instanceof SubtitleError ? new ValidationError({ file: [error.message] }) : error;
  }
}

function transcriptOf({ speakers, turns, durationSeconds }: Subtitles): Transcript {
  return {
    model: "",
    language: "",
    languageConfidence: null,
    durationSeconds,
    speechSeconds: coveredSeconds(turns),
    speakers,
    speakersConfidence: null,
    turns,
    coverage: {
      ratio: 1,
      uncovered: [],
      withheld: turns.filter(isWithheld).map(({ start, end }) => ({ start, end })),
    },
    missing: [],
  };
}

/** Seconds in which at least one turn runs. @param turns by start */
function coveredSeconds(turns: Turn[]): number {
  let seconds = 0;
  let reached = 0;
  for (const { start, end } of turns) {
    seconds += Math.max(0, end - Math.max(start, reached));
    reached = Math.max(reached, end);
  }
  return Math.round(seconds * 1000) / 1000;
}

/**
 * Reads an SRT or WebVTT file into turns. Cues may overlap and stand in any order: they are sorted by start. Voices (`<v Name>`) name
 * the speakers; in a file without voices `Name:` at the beginning of lines does, if the first cue begins so and another name follows or
 * all cues begin so. Other tags are taken out. `[speech withheld]` in our own exports becomes a withheld turn again.
 *
 * @param file text, or bytes in UTF-8, UTF-16 or a Windows code page (see {@link decodeText})
 * @throws {SubtitleError} "Line 12: …", with what is wrong there and what is expected; also for files beyond `LIMITS.subtitles`
 */
export function parseSubtitles(file: Uint8Array | string, type: SubtitleType): Subtitles {
  const { sizeBytesMax, turnsMax, wordsMax } = LIMITS.subtitles;
  if (file.length > sizeBytesMax) throw tooLarge();
  const cues = readCues(typeof file === "string" ? file : decodeText(file), type).sort(
    (a, b) => a.startMs - b.startMs,
  );
  const speakers = new Map<string, number>();
  const turns = withNames(cues).flatMap((cue) => cueTurns(cue, speakers));
  if (turns.length === 0)
    throw new SubtitleError("Line 1: no subtitle in the file has text; expected at least one.");
  if (turns.length > turnsMax) throw tooMany(turnsMax, "subtitles");
  if (turns.reduce((count, turn) => count + turn.words.length, 0) > wordsMax)
    throw tooMany(wordsMax, "words");
  return {
    speakers: [...speakers.keys()],
    turns,
    durationSeconds: turns.reduce((end, turn) => Math.max(end, turn.end), 0),
  };
}

function tooLarge(): SubtitleError {
  return new SubtitleError(
    `The file has more than ${LIMITS.subtitles.sizeBytesMax / 1e6} MB: split it into smaller ones.`,
  );
}

/** Finds the speakers that a file without voices writes into its text. */
function withNames(cues: RawCue[]): RawCue[] {
  if (cues.some((cue) => cue.voices.some((voice) => voice.name !== null)) || !namesSpeakers(cues))
    return cues;
  let name: string | null = null;
  return cues.map((cue) => {
    const voices: Voice[] = [];
    for (const line of cue.voices.flatMap((voice) => voice.lines)) {
      const label = labelOf(line);
      if (label !== null) name = label.name;
      const text = label === null ? line : label.text;
      const last = voices.at(-1);
      if (last === undefined || label !== null) voices.push({ name, lines: [text] });
      else last.lines.push(text);
    }
    return { ...cue, voices };
  });
}

function namesSpeakers(cues: RawCue[]): boolean {
  const cueLines = cues
    .map((cue) => cue.voices.flatMap((voice) => voice.lines))
    .filter((lines) => lines.length > 0);
  const openings = cueLines.map((lines) => labelOf(lines[0] ?? ""));
  if (openings[0] === undefined || openings[0] === null) return false;
  // Two angle brackets for a speaker without a name count as a second name.
  const names = new Set(
    cueLines
      .flat()
      .flatMap((line) => labelOf(line) ?? [])
      .map((label) => label.name),
  );
  if (names.size > 1) return true;
  return !names.has(null) && openings.length > 1 && !openings.includes(null);
}

interface Label {
  /** Null for a speaker without a name. */
  name: string | null;
  text: string;
}

/** Up to five words, each capitalised, numbered or in a script without capitals; short ones like `de` may be small. */
const LABEL =
  /^([\p{Lu}\p{Lt}\p{Lo}\p{N}][^\s:：]*(?: (?:[\p{Lu}\p{Lt}\p{Lo}\p{N}][^\s:：]*|\p{Ll}{1,3})){0,4})(?::(?: |$)|：)/u;
const LABEL_CHARACTERS_MAX = 40;

function labelOf(line: string): Label | null {
  if (line.startsWith(UNKNOWN_SPEAKER))
    return { name: null, text: line.slice(UNKNOWN_SPEAKER.length).trimStart() };
  const match = LABEL.exec(line.slice(0, LABEL_CHARACTERS_MAX));
  if (match?.[1] === undefined) return null;
  return { name: match[1], text: line.slice(match[0].length).trimStart() };
}

/** Gives each voice of a cue its share of the time, by the length of what it says. */
function cueTurns(cue: RawCue, speakers: Map<string, number>): Turn[] {
  const voices = cue.voices
    .map((voice) => ({ ...voice, text: lineOf(joinTexts(voice.lines)) }))
    .filter(({ text }) => text !== "");
  const total = voices.reduce((sum, { text }) => sum + text.length, 0);
  const at = (share: number) => Math.round(cue.startMs + (cue.endMs - cue.startMs) * share) / 1000;
  let before = 0;
  return voices.map(({ name, text }) => {
    const start = at(before / total);
    before += text.length;
    return turnOf(text, start, at(before / total), speakerIndex(speakers, name));
  });
}

function speakerIndex(speakers: Map<string, number>, name: string | null): number | null {
  const plain = lineOf(name ?? "");
  if (plain === "") return null;
  const index = speakers.get(plain) ?? speakers.size;
  speakers.set(plain, index);
  return index;
}

function turnOf(text: string, start: number, end: number, speaker: number | null): Turn {
  if (text === WITHHELD_MARK) return { start, end, speaker, text: "", flags: ["withheld"], words: [] };
  return { start, end, speaker, text, flags: [], words: wordsOf(text, start, end) };
}

/** Spreads the words of a turn over its time by their length. */
function wordsOf(text: string, start: number, end: number): Word[] {
  const pieces = piecesOf(text);
  const total = pieces.reduce((sum, piece) => sum + widthOf(piece.text), 0);
  const at = (share: number) => Math.round((start + (end - start) * share) * 1000) / 1000;
  let before = 0;
  return pieces.map((piece) => {
    const from = at(before / total);
    before += widthOf(piece.text);
    return { text: piece.text, start: from, end: at(before / total), confidence: null, timing: "estimated" };
  });
}

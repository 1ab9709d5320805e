import { LIMITS } from "../config/limits.ts";
import { faultAt, quoted, SubtitleError } from "./subtitle-text.ts";

export type SubtitleType = "srt" | "vtt";

/** What one person says within a cue. */
export interface Voice {
  /** Null where the file does not say who speaks. */
  name: string | null;
  /** Lines without tags and entities, none empty. */
  lines: string[];
}

/** One cue as it stands in the file. */
export interface RawCue {
  startMs: number;
  endMs: number;
  voices: Voice[];
}

/**
 * Reads the cues of a file in their order. Tolerated: any line ends, missing or odd numbers, comma or point, absent
 * hours, cue settings, missing or superfluous blank lines (text after one belongs to the cue before it), and in WebVTT headers, notes, style
 * and region blocks.
 *
 * @throws {SubtitleError}
 */
export function readCues(text: string, type: SubtitleType): RawCue[] {
  const lines = text
    .replace(/^\ufeff/u, "")
    .replaceAll("\0", "")
    .split(/\r\n|\r|\n/u);
  const first = type === "vtt" ? afterHeader(lines) : afterNothing(lines);
  const timings = timingLines(lines, first, type);
  const { turnsMax } = LIMITS.subtitles;
  if (timings.length > turnsMax) throw tooMany(turnsMax, "subtitles");
  expectNothingBefore(timings[0], lines, first, type);
  return timings.map((timing, index) => {
    const body = cueBody(lines, timing.line + 1, timings[index + 1]);
    return {
      startMs: timing.startMs,
      endMs: timing.endMs,
      voices: type === "vtt" ? vttVoices(body) : srtVoices(body),
    };
  });
}

/** The file holds more than a transcript may. */
export function tooMany(limit: number, what: "subtitles" | "words"): SubtitleError {
  return new SubtitleError(`The file has more than ${limit} ${what}: split it into smaller ones.`);
}

const SRT_EXAMPLE = "00:01:02,345 --> 00:01:04,000";
const VTT_EXAMPLE = "00:01:02.345 --> 00:01:04.000";

/** @returns the index of the line after the header */
function afterHeader(lines: string[]): number {
  if (!/^WEBVTT(?:[ \t]|$)/u.test(lines[0] ?? "")) {
    throw faultAt(
      1,
      `expected WEBVTT, with which every WebVTT file begins, but found ${quoted(lines[0] ?? "")}.`,
    );
  }
  const end = lines.findIndex((line, index) => index > 0 && (line.trim() === "" || line.includes("-->")));
  return end === -1 ? lines.length : end;
}

function afterNothing(lines: string[]): number {
  if (!/^WEBVTT(?:[ \t]|$)/u.test(lines[0] ?? "")) return 0;
  throw faultAt(
    1,
    'found WEBVTT where an SRT file begins with a number; upload this file with "file_type" "vtt".',
  );
}

interface Timing {
  /** Index of its line. */
  line: number;
  /** Index of the first line of the cue: its number or identifier, else the timing itself. */
  first: number;
  startMs: number;
  endMs: number;
}

/** Finds the lines with times; notes, styles and regions of WebVTT are emptied on the way. */
function timingLines(lines: string[], first: number, type: SubtitleType): Timing[] {
  const timings: Timing[] = [];
  for (let index = first; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (type === "vtt" && isBlank(lines[index - 1]) && /^(?:NOTE|STYLE|REGION)(?:[ \t]|$)/u.test(line)) {
      for (; !isBlank(lines[index]); index++) lines[index] = "";
    } else if (line.includes("-->") || ALMOST_TIMING.test(line)) {
      const { startMs, endMs } = readTiming(line, index + 1, type);
      timings.push({
        line: index,
        first: hasName(lines, index, first, type) ? index - 1 : index,
        startMs,
        endMs,
      });
    }
  }
  return timings;
}

/** Times with a broken arrow between them are a fault, not text of the subtitle before. */
const ALMOST_TIMING = /^\s*\d+:\d\d(?::\d\d)?(?:[.,]\d+)?\s*[-–—=]*>/u;

/** Whether the line before a timing is the cue's number or, in WebVTT after a blank line, its identifier. */
function hasName(lines: string[], timing: number, first: number, type: SubtitleType): boolean {
  const name = lines[timing - 1];
  if (timing - 1 < first || name === undefined || isBlank(name) || name.includes("-->")) return false;
  return /^\s*\d+\s*$/u.test(name) || (type === "vtt" && isBlank(lines[timing - 2]));
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === "";
}

function expectNothingBefore(
  timing: Timing | undefined,
  lines: string[],
  first: number,
  type: SubtitleType,
): void {
  const example = type === "vtt" ? VTT_EXAMPLE : SRT_EXAMPLE;
  const end = timing?.first ?? lines.length;
  for (let index = first; index < end; index++) {
    if (isBlank(lines[index])) continue;
    throw faultAt(
      index + 1,
      `expected the times of a subtitle, such as ${example}, but found ${quoted(lines[index] ?? "")}.`,
    );
  }
  if (timing === undefined)
    throw new SubtitleError(
      `Line ${lines.length}: the file ends without a subtitle; expected times such as ${example}.`,
    );
}

const TIMING = /^\s*(\S+)\s*-->\s*(\S+)(?:\s.*)?$/u;

function readTiming(line: string, number: number, type: SubtitleType): { startMs: number; endMs: number } {
  const [, start, end] = TIMING.exec(line) ?? [];
  const startMs = readClock(start ?? "");
  const endMs = readClock(end ?? "");
  if (startMs === null || endMs === null) {
    throw faultAt(
      number,
      `expected times such as ${type === "vtt" ? VTT_EXAMPLE : SRT_EXAMPLE}, but found ${quoted(line)}.`,
    );
  }
  if (endMs < startMs) {
    throw faultAt(
      number,
      `the subtitle ends before it starts (${quoted(line)}); expected the end after the start.`,
    );
  }
  return { startMs, endMs };
}

/** Minutes and seconds up to 59, as both formats demand; hours up to 999. */
const CLOCK = /^(?:(\d{1,3}):)?([0-5]?\d):([0-5]?\d)(?:[.,](\d{1,3}))?$/u;

/** @returns milliseconds, or null for what is no time */
function readClock(text: string): number | null {
  const match = CLOCK.exec(text);
  if (match === null) return null;
  const [, hours = "0", minutes = "0", seconds = "0", fraction = "0"] = match;
  return (
    (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, "0"))
  );
}

function cueBody(lines: string[], from: number, next: Timing | undefined): string[] {
  return lines.slice(from, next?.first ?? lines.length).filter((line) => !isBlank(line));
}

/** SubRip has borrowed HTML's tags for looks, and `{\an8}` for places. */
const SRT_TAGS = /<\/?(?:[bius]|font|em|strong)(?:\s[^<>]*)?>|\{\\[^{}]*\}/giu;

function srtVoices(lines: string[]): Voice[] {
  return [{ name: null, lines: cleanLines(lines.map((line) => line.replace(SRT_TAGS, ""))) }];
}

/** Tags of WebVTT: names in lower case with classes and an annotation, or a time. */
const VTT_TAGS = /<(?:\/?[a-z]*(?:\.[^\s<>]*)?(?:\s[^<>]*)?|[\d:.]+)>/gu;
const VOICE = /<v(?:\.[^\s<>]*)?\s([^<>]*)>|<\/v>/gu;

/** A voice may begin anywhere and goes on to the next one, over line ends too. */
function vttVoices(body: string[]): Voice[] {
  const text = body.join("\n");
  const voices: Voice[] = [];
  let name: string | null = null;
  let from = 0;
  const add = (end: number) => {
    const lines = cleanLines(text.slice(from, end).replace(VTT_TAGS, "").split("\n").map(unescaped));
    if (lines.length > 0) voices.push({ name, lines });
  };
  for (const match of text.matchAll(VOICE)) {
    add(match.index);
    name = match[1] === undefined ? null : unescaped(match[1]).replace(/\s+/gu, " ").trim() || null;
    from = match.index + match[0].length;
  }
  add(text.length);
  return voices;
}

function cleanLines(lines: string[]): string[] {
  return lines.map((line) => line.replace(/\s+/gu, " ").trim()).filter((line) => line !== "");
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  lrm: "\u200e",
  rlm: "\u200f",
};

function unescaped(text: string): string {
  return text.replace(
    /&(?:([a-z]+)|#(\d{1,7})|#x([\da-f]{1,6}));/giu,
    (whole, name?: string, decimal?: string, hex?: string) => {
      if (name !== undefined) return ENTITIES[name] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : whole;
    },
  );
}

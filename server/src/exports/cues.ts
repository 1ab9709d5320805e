import type { ExportDocument } from "./document.ts";
import { FREE_BREAK } from "./phrases.ts";
import { LINE_WIDTH_MAX, unitsOf } from "./units.ts";
import type { Unit } from "./units.ts";

/*
 * The rules of transcription.md, section 6; they agree with Netflix's Timed Text Style Guide (two lines of 42, at most 7
 * seconds, 20 characters a second for English) and the BBC's Subtitle Guidelines (breaks at phrases, balanced lines).
 */
const LINES_MAX = 2;
export const CUE_MS_MIN = 1000;
export const CUE_MS_MAX = 7000;
export const CHARACTERS_PER_SECOND_MAX = 20;

/** How much earlier than its speech a subtitle may come where the silence before it gives time for reading. */
const LEAD_MS_MAX = 500;

/** One line of a subtitle. */
export interface CueLine {
  /** Index into the transcript's speakers; null where unknown. */
  speaker: number | null;
  text: string;
}

/** One subtitle. */
export interface Cue {
  startMs: number;
  endMs: number;
  lines: CueLine[];
}

/**
 * Cuts a transcript into subtitles: every word once and in order, at most two lines of 42 characters (a full-width character
 * counts two; a longer word is cut), 1 to 7 seconds each, starts strictly increasing, no overlap. At most 20 characters a
 * second where the speech leaves the time. Where speech is too dense for a second each, subtitles follow late rather
 * than flash by. Two speakers share a subtitle, a line each, only where their turns are too short to stand alone.
 *
 * Withheld speech is a subtitle of its own that says so, for as long as it lasts, up to 7 seconds: a gap would look like silence.
 *
 * @param labels whether the speaker's name is written into the text at each change
 */
export function cuesOf(document: ExportDocument, labels: boolean): Cue[] {
  const units = unitsOf(document, labels);
  const cues = cueEnds(units).map((end, index, ends) => cueOf(units.slice(ends[index - 1] ?? 0, end)));
  const durationMs = Math.floor(document.transcript.durationSeconds * 1000);
  return settleTimes(cues, Math.max(durationMs, units.at(-1)?.endMs ?? 0));
}

/**
 * Finds the cheapest way to cut units into subtitles by dynamic programming; the time is linear, since no subtitle
 * holds more than 84 units.
 *
 * @returns for each subtitle the index after its last unit
 */
function cueEnds(units: Unit[]): number[] {
  const costs = new Float64Array(units.length + 1).fill(Infinity);
  const from = new Int32Array(units.length + 1);
  costs[0] = 0;
  for (let first = 0; first < units.length; first++) {
    for (const { end, cost } of candidates(units, first)) {
      const total = (costs[first] ?? Infinity) + cost;
      if (total >= (costs[end] ?? Infinity)) continue;
      costs[end] = total;
      from[end] = first;
    }
  }
  const ends: number[] = [];
  for (let end = units.length; end > 0; end = from[end] ?? 0) ends.push(end);
  return ends.reverse();
}

/** The subtitles that could begin at a unit, each with what it costs; there is always one. */
function* candidates(units: Unit[], first: number): Generator<{ end: number; cost: number }> {
  const opening = units[first];
  if (opening === undefined) return;
  let lines = 1;
  let lineWidth = 0;
  let width = 0;
  let inside = 0;
  let previous: Unit | undefined;
  for (let index = first; index < units.length; index++) {
    const unit = units[index];
    if (unit === undefined) return;
    if (previous !== undefined && !mayFollow(opening, previous, unit)) return;
    const space = lineWidth > 0 && unit.spaced ? 1 : 0;
    if (startsLine(previous, unit) || lineWidth + space + unit.width > LINE_WIDTH_MAX) {
      lines += lineWidth > 0 ? 1 : 0;
      lineWidth = unit.width;
    } else {
      lineWidth += space + unit.width;
    }
    if (lines > LINES_MAX) return;
    width += unit.width + space;
    inside += previous === undefined ? 0 : insideCost(previous, unit);
    previous = unit;
    if (!unit.label) yield { end: index + 1, cost: inside + edgeCost(opening, units[index + 1], width) };
  }
}

function mayFollow(opening: Unit, previous: Unit, unit: Unit): boolean {
  if (previous.label && previous === opening) return true;
  return !unit.alone && !previous.alone && unit.endMs - opening.startMs <= CUE_MS_MAX;
}

function startsLine(previous: Unit | undefined, unit: Unit): boolean {
  return previous !== undefined && previous.speaker !== unit.speaker;
}

/** What it costs to show two units together: silence between them, and above all a second speaker. */
function insideCost(previous: Unit, unit: Unit): number {
  const pauseSeconds = Math.max(0, unit.startMs - previous.endMs - 800) / 1000;
  return 20 * pauseSeconds + (previous.speaker === unit.speaker ? 0 : 25);
}

/** What a subtitle costs: being one more, ending within a phrase, being too short, being too fast to read. */
function edgeCost(opening: Unit, next: Unit | undefined, width: number): number {
  const roomMs = Math.min(CUE_MS_MAX, (next?.startMs ?? Infinity) - opening.startMs);
  const shortSeconds = Math.max(0, CUE_MS_MIN - roomMs) / 1000;
  const fastSeconds = Math.max(0, readingMs(width) - roomMs) / 1000;
  return 10 + 3 * (next?.breakCost ?? FREE_BREAK) + 60 * shortSeconds + 15 * fastSeconds;
}

function readingMs(width: number): number {
  return Math.ceil((width * 1000) / CHARACTERS_PER_SECOND_MAX);
}

function cueOf(units: Unit[]): Cue {
  const startMs = units[0]?.startMs ?? 0;
  const endMs = Math.max(startMs, ...units.map((unit) => unit.endMs));
  const cut = lineCut(units);
  const lines = [units.slice(0, cut), units.slice(cut)].filter((line) => line.length > 0).map(lineFrom);
  return { startMs, endMs, lines };
}

/** Where the second line begins: at a change of speaker, else nowhere if one line holds all, else at the best place. */
function lineCut(units: Unit[]): number {
  const change = units.findIndex((unit, index) => startsLine(units[index - 1], unit));
  if (change > 0) return change;
  const total = lineWidth(units);
  if (total <= LINE_WIDTH_MAX) return units.length;
  let best = units.length;
  let bestCost = Infinity;
  for (let cut = 1; cut < units.length; cut++) {
    const [upper, lower] = [lineWidth(units.slice(0, cut)), lineWidth(units.slice(cut))];
    const [last, next] = [units[cut - 1], units[cut]];
    if (upper > LINE_WIDTH_MAX || lower > LINE_WIDTH_MAX || last === undefined || next === undefined)
      continue;
    const cost = Math.abs(upper - lower) / 3 + 2 * next.breakCost + (last.label ? 20 : 0);
    if (cost >= bestCost) continue;
    bestCost = cost;
    best = cut;
  }
  return best;
}

function lineWidth(units: Unit[]): number {
  return units.reduce((width, unit, index) => width + unit.width + (index > 0 && unit.spaced ? 1 : 0), 0);
}

function lineFrom(units: Unit[]): CueLine {
  const text = units.map((unit, index) => (index > 0 && unit.spaced ? ` ${unit.text}` : unit.text)).join("");
  return { speaker: units[0]?.speaker ?? null, text };
}

/**
 * Gives each subtitle the time it needs, from the silence after it, then from the silence before it, then by delaying the
 * next; the last ones move forward where they would outlast the recording.
 */
function settleTimes(cues: Cue[], durationMs: number): Cue[] {
  let freeMs = 0;
  cues.forEach((cue, index) => {
    const nextMs = cues[index + 1]?.startMs ?? Infinity;
    const needMs = Math.min(CUE_MS_MAX, Math.max(CUE_MS_MIN, readingMs(cueWidth(cue))));
    const leadMs = Math.min(LEAD_MS_MAX, Math.max(0, needMs - (nextMs - cue.startMs)));
    cue.startMs = Math.max(freeMs, cue.startMs - leadMs);
    const wantedMs = Math.min(Math.max(cue.endMs, cue.startMs + needMs), cue.startMs + CUE_MS_MAX);
    cue.endMs = Math.max(cue.startMs + CUE_MS_MIN, Math.min(wantedMs, nextMs));
    freeMs = cue.endMs;
  });
  return pullBefore(cues, durationMs);
}

/** Moves subtitles forward that would end after the recording, as far as those before them leave a second each. */
function pullBefore(cues: Cue[], durationMs: number): Cue[] {
  let limitMs = durationMs;
  for (let index = cues.length - 1; index >= 0; index--) {
    const cue = cues[index];
    if (cue === undefined || cue.endMs <= limitMs) break;
    cue.endMs = Math.max(limitMs, (index + 1) * CUE_MS_MIN);
    cue.startMs = Math.min(cue.startMs, cue.endMs - CUE_MS_MIN);
    limitMs = cue.startMs;
  }
  return cues;
}

function cueWidth(cue: Cue): number {
  return cue.lines.reduce((width, line) => width + line.text.length, 0);
}

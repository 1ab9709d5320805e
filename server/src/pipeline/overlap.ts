/**
 * Joins what was heard in two clips that overlap within speech. Both heard the words around the cut, each with its own edge
 * torn: the text goes over from one to the other amid the words that both have at the same time.
 */
import { SAMPLE_RATE_HZ, type SpeechSpan } from "../speech/recogniser.ts";
import { plainWords } from "./evidence/repetition.ts";
import type { ShownText } from "./checkpoint.ts";
import { textOf, type Heard } from "./heard.ts";
import type { Reading } from "./looks.ts";
import { boundsOf, type Segment } from "./segments.ts";
import { timeWords, type TimedWord } from "./word-times.ts";

/**
 * What may be shown of a clip before it is joined with its neighbours: the words of the speech that is its alone, by their times. One
 * that is only laid along the speech may be missing at a cut, or be shown with both neighbours.
 */
export function ownText(segment: Segment, heard: Heard): ShownText {
  const { apart } = segment;
  const { startSample, endSample } = apart ?? segment;
  if (apart === undefined) return { startSample, endSample, text: textOf(heard.words) };
  const middles = timeWords({ segment, heard }).map((word) => middleOf(word) * SAMPLE_RATE_HZ);
  const isOwn = (middle = 0) => middle >= startSample && middle < endSample;
  return { startSample, endSample, text: textOf(heard.words.filter((_, i) => isOwn(middles[i]))) };
}

/** Where one text ends and the next one begins. */
export interface Seam {
  /** How many words of the first are kept. */
  kept: number;
  /** How many words of the second are left out. */
  dropped: number;
  /** Between them, counted from the spool's start. */
  sample: number;
}

/** The speech that both clips hold; null where they do not overlap. */
export function overlapOf(a: Segment, b: Segment): SpeechSpan | null {
  const [startSample, endSample] = [boundsOf(b.spans).startSample, boundsOf(a.spans).endSample];
  return startSample < endSample ? { startSample, endSample } : null;
}

/**
 * Where to join two readings that follow each other and overlap: amid words that both have, or beside one that shows none.
 * Depends on the two alone. Null where they share no words, and must be read without overlapping: times alone do not tell, for
 * the last word before those that a model leaves out is found stretched over their sound, far beyond its own.
 */
export function seamOf(a: Reading, b: Reading): Seam | null {
  const overlap = overlapOf(a.segment, b.segment);
  if (overlap === null) return null;
  const [before, after] = [shownWords(a), shownWords(b)];
  const run = sharedRun(before, after, isTimed(before) && isTimed(after) ? TIMED : LAID);
  if (run === null && before.length > 0 && after.length > 0) return null;
  const { kept, dropped } = run === null ? { kept: a.heard.words.length, dropped: 0 } : amid(run, before);
  return { kept, dropped, sample: sampleBetween(before[kept - 1], after[dropped], overlap) };
}

/** A segment, and what was heard in it. */
export interface ReadSegment {
  segment: Segment;
  readings: Reading[];
}

/**
 * All readings of a voice in order, joined where their segments overlap; then these meet there.
 *
 * @param all in any order
 * @param readApart reads segments once more, without overlapping: what to do where no seam is found
 */
export async function joinReadings(
  all: readonly ReadSegment[],
  readApart: (segments: readonly Segment[]) => Promise<ReadSegment[]>,
): Promise<Reading[]> {
  const readings = inOrder(all).flatMap((one) => one.readings);
  const unclear = new Set(
    readings.flatMap((a, i) => (isUnclear(a, readings[i + 1]) ? [a, readings[i + 1]] : [])),
  );
  const again = all.filter((one) => one.readings.some((reading) => unclear.has(reading)));
  const apart = await readApart(again.flatMap(({ segment }) => segment.apart ?? []));
  if (apart.length === 0) return joined(readings);
  const others = all.filter((one) => one.segment.apart === undefined || !again.includes(one));
  return joinReadings([...others, ...apart], readApart);
}

function inOrder(segments: readonly ReadSegment[]): ReadSegment[] {
  return segments.toSorted((a, b) => a.segment.startSample - b.segment.startSample);
}

function isUnclear(a: Reading, b: Reading | undefined): boolean {
  return b !== undefined && overlapOf(a.segment, b.segment) !== null && seamOf(a, b) === null;
}

/** Seams are found in what was heard, and only then cut: each depends on its two readings alone. */
function joined(readings: readonly Reading[]): Reading[] {
  const seams = readings.slice(1).map((b, i) => {
    const a = readings[i];
    return a === undefined ? null : seamOf(a, b);
  });
  return readings.map((reading, i) => between(seams[i - 1] ?? null, reading, seams[i] ?? null));
}

/** What of a reading stands between two seams. */
function between(before: Seam | null, reading: Reading, after: Seam | null): Reading {
  if (before === null && after === null) return reading;
  const { segment, heard } = reading;
  const startSample = before?.sample ?? segment.startSample;
  const endSample = after?.sample ?? segment.endSample;
  const shiftSeconds = (segment.startSample - startSample) / SAMPLE_RATE_HZ;
  return {
    ...reading,
    segment: within(segment, { startSample, endSample }),
    heard: part(heard, before?.dropped ?? 0, after?.kept ?? heard.words.length, shiftSeconds),
  };
}

/** What is withheld holds no words that could be shown. */
function shownWords(reading: Reading): TimedWord[] {
  return reading.standing === "withheld" ? [] : timeWords(reading);
}

function isTimed(words: readonly TimedWord[]): boolean {
  return words.some(({ timing }) => timing !== "estimated");
}

/** What makes words of two texts the same words of the recording. */
interface Sameness {
  /** The middles of a word in both are no further apart. */
  secondsMax: number;
  /** Least sum over a run of words, where each counts 1 at the same time and 0 at the greatest distance. */
  scoreMin: number;
}

/**
 * The aligner finds a word in two clips at nearly the same time; a word that is said twice in a row is 0.2 s from itself at
 * least. One word is enough.
 */
const TIMED: Sameness = { secondsMax: 0.3, scoreMin: 0.5 };

/** Words laid along the speech by their length are off by half a second near its end. Two in a row are needed at least. */
const LAID: Sameness = { secondsMax: 1.5, scoreMin: 1 };

/** The same words in both texts. */
interface Run {
  /** Index of the first one in each text. */
  a: number;
  b: number;
  length: number;
}

/** The run of words that most surely is the same in both; null where none is. The first of equals. */
function sharedRun(
  a: readonly TimedWord[],
  b: readonly TimedWord[],
  { secondsMax, scoreMin }: Sameness,
): Run | null {
  const [plainA, plainB] = [a.map(plain), b.map(plain)];
  let best: Run | null = null;
  let most = scoreMin;
  let row: { length: number; score: number }[] = [];
  for (const [i, word] of a.entries()) {
    const next: typeof row = [];
    for (const [j, other] of b.entries()) {
      const apart = Math.abs(middleOf(word) - middleOf(other));
      if (plainA[i] !== plainB[j] || apart >= secondsMax) continue;
      const last = row[j - 1] ?? { length: 0, score: 0 };
      const length = last.length + 1;
      const score = last.score + 1 - apart / secondsMax;
      next[j] = { length, score };
      if (score > most) [best, most] = [{ a: i + 1 - length, b: j + 1 - length, length }, score];
    }
    row = next;
  }
  return best;
}

function plain({ text }: TimedWord): string {
  return plainWords(text).join(" ");
}

type Turn = Pick<Seam, "kept" | "dropped">;

/**
 * In the middle of a run, far from both edges: there a model puts full stops and capitals that nobody spoke. A single word is
 * taken from the text in which it is not at the edge.
 */
function amid({ a, b, length }: Run, before: readonly TimedWord[]): Turn {
  const isLast = a + length === before.length;
  const first = length > 1 ? Math.floor(length / 2) : isLast ? 0 : 1;
  return { kept: a + first, dropped: b + first };
}

function middleOf({ start, end }: TimedWord): number {
  return (start + end) / 2;
}

/** Between the last word of the first text and the first one of the second, inside the overlap. */
function sampleBetween(
  last: TimedWord | undefined,
  next: TimedWord | undefined,
  { startSample, endSample }: SpeechSpan,
): number {
  const end = last?.end ?? next?.start;
  const start = next?.start ?? last?.end;
  if (end === undefined || start === undefined) return Math.round((startSample + endSample) / 2);
  const sample = Math.round(((end + start) / 2) * SAMPLE_RATE_HZ);
  return Math.max(startSample, Math.min(sample, endSample));
}

function within({ spans }: Segment, { startSample, endSample }: SpeechSpan): Segment {
  const inside = spans.map((span) => ({
    startSample: Math.max(span.startSample, startSample),
    endSample: Math.min(span.endSample, endSample),
  }));
  return { startSample, endSample, spans: inside.filter((span) => span.startSample < span.endSample) };
}

/** Some of the words, with times counted from another start. */
function part(heard: Heard, from: number, until: number, shiftSeconds: number): Heard {
  const shifted = (seconds: number | null) => (seconds === null ? null : seconds + shiftSeconds);
  const words = heard.words.slice(from, until).map(({ text, start, end, confidence, glued }) => ({
    text,
    start: shifted(start),
    end: shifted(end),
    confidence,
    glued,
  }));
  const aligned = heard.aligned?.slice(from, until).map(({ start, end, fit, squeeze }) => ({
    start: start + shiftSeconds,
    end: end + shiftSeconds,
    fit,
    squeeze,
  }));
  return { ...heard, words, ...(aligned === undefined ? {} : { aligned }) };
}

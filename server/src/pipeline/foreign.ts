/**
 * Tells speech in a language that the model does not speak. A model writes fluent sentences for it all the same, but others
 * each time it hears the speech cut differently; speech in its own language it reads alike. What it half translates it reads
 * alike, too, but in words that do not fit the sound.
 */
import type { Clip } from "../speech/recogniser.ts";
import { wordsInCommon } from "./evidence/agreement.ts";
import { depthDb } from "./evidence/contrast.ts";
import { plainWords } from "./evidence/repetition.ts";
import { GUARD } from "./guard.ts";
import { textOf, type Heard } from "./heard.ts";
import type { Reading } from "./looks.ts";
import { speechSecondsIn, speechSecondsOf, type Segment } from "./segments.ts";
import { meanFit } from "./word-times.ts";

/** Two readings of the same speech in different cuts, side by side. */
export interface Comparison {
  segment: Segment;
  /** Words of the shorter text. */
  words: number;
  /** How many of them the other text has in the same order. */
  common: number;
  /** How well the words of the first text explain the sound, as in {@link meanFit}; null where they were not looked for in it. */
  fit: number | null;
  /** How far the level falls in the speech's dips, in decibels; null where the texts agree and it does not matter. */
  depthDb: number | null;
}

/** Speech shorter than this is a word or two, which halves would tear. */
export const COMPARED_SECONDS_MIN = 2;

/** Fewer words say nothing of the language. */
const COMPARED_WORDS_MIN = 5;

/** Samples of a recording: this share of its speech, but so many at least and at most, of some ten seconds each. */
const SAMPLED_SHARE = 0.02;
const SAMPLE_SECONDS = 10;
const SAMPLES_MIN = 3;
const SAMPLES_MAX = 6;

/**
 * Compares samples from all over a recording; all of it where some are read alike and others are not, or where the samples
 * leave it open. What is compared depends on the readings alone.
 *
 * @param readings of one voice, in the order of time
 * @param compare reads them once more, cut differently
 */
export async function compareSamples(
  readings: readonly Reading[],
  compare: (readings: readonly Reading[]) => Promise<Comparison[]>,
): Promise<Comparison[]> {
  const candidates = readings.filter(isComparable);
  const samples = samplesOf(candidates);
  const compared = await compare(samples);
  const strange = compared.filter(isStrange);
  if (strange.length === 0 || (strange.length === compared.length && isForeign(compared))) return compared;
  return [...compared, ...(await compare(candidates.filter((reading) => !samples.includes(reading))))];
}

function isComparable({ segment, heard, standing }: Reading): boolean {
  return (
    standing !== "withheld" &&
    heard.words.length >= COMPARED_WORDS_MIN &&
    speechSecondsOf(segment.spans) >= COMPARED_SECONDS_MIN
  );
}

/** The shortest of each part of the recording: what is long costs more and tells the same. */
function samplesOf(candidates: readonly Reading[]): Reading[] {
  const seconds = speechSecondsIn(candidates);
  const count = Math.min(candidates.length, samplesWanted(seconds));
  return Array.from({ length: count }, (_, i) => {
    const part = candidates.slice(
      Math.floor((i * candidates.length) / count),
      Math.floor(((i + 1) * candidates.length) / count),
    );
    return part.reduce((best, one) => (lengthOf(one) < lengthOf(best) ? one : best));
  });
}

function samplesWanted(speechSeconds: number): number {
  const wanted = Math.round((speechSeconds * SAMPLED_SHARE) / SAMPLE_SECONDS);
  return Math.max(SAMPLES_MIN, Math.min(SAMPLES_MAX, wanted));
}

/** The shortest readings are about half as long as most. */
const SHORTEST_SECONDS = 5;

/** About how much of so much speech is heard again for {@link compareSamples}, in seconds, where nothing is strange. */
export function sampledSeconds(speechSeconds: number): number {
  return Math.min(speechSeconds, samplesWanted(speechSeconds) * SHORTEST_SECONDS);
}

function lengthOf({ segment }: Reading): number {
  return segment.endSample - segment.startSample;
}

/**
 * Lays two readings side by side; null where the other one has too few words, for models also leave speech out.
 *
 * @param clip the recording that they are of
 * @param other what was heard in the same speech, in pieces
 * @throws Error when the spool cannot be read
 */
export async function comparisonOf(
  clip: Clip,
  { segment, heard }: Reading,
  other: readonly Heard[],
): Promise<Comparison | null> {
  const first = plainWords(textOf(heard.words));
  const second = plainWords(other.map((piece) => textOf(piece.words)).join(" "));
  const words = Math.min(first.length, second.length);
  if (words < COMPARED_WORDS_MIN) return null;
  const fit = heard.aligned ? meanFit(heard.aligned) : null;
  const comparison = { segment, words, common: wordsInCommon(first, second), fit, depthDb: null };
  return isStrange(comparison) ? { ...comparison, depthDb: await depthDb(clip, segment) } : comparison;
}

/** Whether speech is read so differently that its text is to be doubted. */
export function isStrange(comparison: Comparison): boolean {
  const { words, common } = comparison;
  return common < words * agreedShareMin(comparison) - GUARD.agreedSlack * Math.sqrt(words);
}

/** Share of the words that must be read alike, chance left aside: more where they do not fit their sound. */
export function agreedShareMin(comparison: Comparison): number {
  return GUARD.agreedShareMin + misfitShare(comparison);
}

/** By how much more words must be read alike, as a share of them, because they do not fit their sound. */
function misfitShare({ words, fit }: Comparison): number {
  if (fit === null || words < GUARD.misfitWordsMin) return 0;
  return Math.min(GUARD.misfitShareMax, GUARD.misfitSharePerFit * Math.max(0, GUARD.misfitBelow - fit));
}

/**
 * Whether comparisons together leave no other explanation than that the model does not speak this language. Speech that
 * is deep in noise is no witness: it is read differently in any language.
 */
export function isForeign(comparisons: readonly Comparison[]): boolean {
  const clear = comparisons.filter(isClear);
  const doesFitCount = sumOf(clear).words >= GUARD.misfitRefusalWordsMin;
  return areUnlike(clear, (one) => GUARD.foreignShareMax + (doesFitCount ? misfitShare(one) : 0));
}

/**
 * Whether so much of a segment was read differently that its text cannot be what was said. How well the words fit does not
 * count: where people talk at once, true words fit badly.
 */
export function isUnlike(comparison: Comparison): boolean {
  return areUnlike([comparison], () => GUARD.foreignSegmentShareMax);
}

function areUnlike(
  comparisons: readonly Comparison[],
  shareMaxOf: (comparison: Comparison) => number,
): boolean {
  const { words, common } = sumOf(comparisons);
  const commonMax = comparisons.reduce((sum, one) => sum + one.words * shareMaxOf(one), 0);
  return words > 0 && common <= commonMax - GUARD.foreignSlack * Math.sqrt(words);
}

/** Whether noise is no explanation for what was read differently. */
export function isClear(comparison: Comparison): boolean {
  return comparison.depthDb === null || comparison.depthDb >= GUARD.foreignDepthDbMin;
}

/** Words that were compared, and those of them that were read alike. */
export function sumOf(comparisons: readonly Comparison[]): Pick<Comparison, "words" | "common"> {
  return comparisons.reduce(
    (sum, { words, common }) => ({ words: sum.words + words, common: sum.common + common }),
    { words: 0, common: 0 },
  );
}

/** Share of the compared speech, by length, that was read alike; null where nothing was compared. */
export function spokenShare(comparisons: readonly Comparison[]): number | null {
  const all = speechSecondsIn(comparisons);
  return all > 0 ? speechSecondsIn(comparisons.filter((one) => !isStrange(one))) / all : null;
}

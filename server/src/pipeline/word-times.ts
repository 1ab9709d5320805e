/**
 * When each word of a reading was said. Where the model has times they are used; else those that were found in the sound; else
 * words are laid along the speech, skipping the pauses, in proportion to how long they take to say. All times are strictly in
 * order, do not overlap, and stay inside the segment.
 */
import { SAMPLE_RATE_HZ, type AlignedWord, type SpeechSpan } from "../speech/recogniser.ts";
import { countSyllables } from "./evidence/syllables.ts";
import type { Heard, HeardWord } from "./heard.ts";
import type { Reading } from "./looks.ts";
import type { Span, Word, WordTiming } from "./transcript.ts";

/** A word in time that knows whether a space stands before it. */
export interface TimedWord extends Word {
  glued: boolean;
}

/** Times are given to the millisecond, and every word has one at least. */
const STEP_SECONDS = 0.001;

/** Seconds from the start of the recording. */
export function timeWords({ segment, heard }: Pick<Reading, "segment" | "heard">): TimedWord[] {
  const { words } = heard;
  const whole = secondsOf(segment);
  const timing = timingOf(heard);
  const speech = segment.spans.map(secondsOf);
  const spans = timing === "estimated" ? estimate(words, speech) : knownTimes(heard, whole, speech);
  return ordered(spans, whole).map(({ start, end }, i) => ({
    start,
    end,
    text: words[i]?.text ?? "",
    confidence: words[i]?.confidence ?? null,
    timing: timing === "aligned" && !isFound(heard.aligned?.[i]) ? "estimated" : timing,
    glued: words[i]?.glued ?? false,
  }));
}

function timingOf({ words, aligned }: Heard): WordTiming {
  if (words.length > 0 && words.every((word) => word.start !== null)) return "model";
  return aligned?.length === words.length && isTrusted(aligned) ? "aligned" : "estimated";
}

/**
 * Least fit, in natural logarithms, of what was found in the sound. Measured on read, prompted and spontaneous English that the
 * aligner was not trained on (docs/decisions/0012-word-times.md).
 */
export const ALIGNMENT = {
  /** Over all words of a clip: no true text was below -4.7, and half of the texts of other recordings are below -5.3. */
  clipFitMin: -5,
  /** Of one word: 6 in 1,000 words that were said are below it; endings that nobody said are at -9.1 in the median. */
  wordFitMin: -8,
} as const;

/** Whether words that were laid along the sound are, on the whole, the words that are said in it. */
export function isTrusted(aligned: readonly AlignedWord[]): boolean {
  return meanFit(aligned) >= ALIGNMENT.clipFitMin;
}

/** Whether a word was found where it was laid; else it only stands between those that were. */
export function isFound(word: AlignedWord | undefined): boolean {
  return word !== undefined && word.fit >= ALIGNMENT.wordFitMin;
}

/** How well words explain the sound in which they were found, over all of their time; 0 at best. */
export function meanFit(aligned: readonly AlignedWord[]): number {
  const seconds = aligned.reduce((sum, { start, end }) => sum + end - start, 0);
  return aligned.reduce((sum, { start, end, fit }) => sum + fit * (end - start), 0) / seconds;
}

function knownTimes({ words, aligned }: Heard, whole: Span, speech: readonly Span[]): Span[] {
  const isUntimed = words.some((word) => word.start === null);
  return modelTimes(isUntimed ? (aligned ?? []) : words, whole).map((word) => withoutPauses(word, speech));
}

/** The detector's edges are late or early by up to this, so that less of a word beyond them proves nothing. */
const EDGE_SECONDS = 0.3;

/**
 * A room's noise can look like the sounds at a word's ends, and Whisper's words last until the next one, the first from the clip's
 * start: a word is said in the stretch of speech that has most of it.
 */
function withoutPauses(word: Span, speech: readonly Span[]): Span {
  let [main, most] = [word, 0];
  for (const stretch of speech) {
    const shared = Math.min(word.end, stretch.end) - Math.max(word.start, stretch.start);
    if (shared > most) [main, most] = [stretch, shared];
  }
  return {
    start: main.start - word.start > EDGE_SECONDS ? main.start : word.start,
    end: word.end - main.end > EDGE_SECONDS ? main.end : word.end,
  };
}

/** A word whose end the model does not know lasts no longer than this. */
const WORD_SECONDS_MAX = 1;

function modelTimes(words: readonly Pick<HeardWord, "start" | "end">[], whole: Span): Span[] {
  const starts = words.map((word) => whole.start + (word.start ?? 0));
  return words.map((word, i) => {
    const start = starts[i] ?? whole.start;
    const next = starts[i + 1] ?? whole.end;
    const end = word.end === null ? Math.min(next, start + WORD_SECONDS_MAX) : whole.start + word.end;
    return { start, end };
  });
}

/** Lays words along stretches of speech: which words belong to which stretch, then each in proportion to its length. */
export function estimate(words: readonly Pick<HeardWord, "text">[], speech: readonly Span[]): Span[] {
  const lengths = words.map((word) => expectedLength(word.text));
  const counts = share(
    words.map((word) => word.text),
    lengths,
    speech,
  );
  let word = 0;
  return speech.flatMap((span, i) => {
    const own = lengths.slice(word, (word += counts[i] ?? 0));
    return spread(own, span);
  });
}

/** Syllables, and a little for each word: "strengths" takes longer than "a". */
function expectedLength(text: string): number {
  return countSyllables(text) + 0.5 + text.length / 12;
}

function spread(lengths: readonly number[], span: Span): Span[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let reached = 0;
  return lengths.map((length) => {
    const start = span.start + ((span.end - span.start) * reached) / total;
    reached += length;
    return { start, end: span.start + ((span.end - span.start) * reached) / total };
  });
}

/** A pause without punctuation before it is as unlikely as a stretch that is off by its whole spread. */
const NO_PUNCTUATION = 1;
const COMMA = 0.1;

/** Speech of a stretch is timed no better than this, in seconds: the detector's edges and the speaker's pace vary. */
const SPREAD_SECONDS = 0.3;

/**
 * How many words each stretch of speech gets: those whose expected time fits its length best, with pauses preferred where
 * there is punctuation. Found by dynamic programming over stretches and words.
 */
function share(texts: readonly string[], lengths: readonly number[], speech: readonly Span[]): number[] {
  const starts = [0];
  for (const length of lengths) starts.push((starts.at(-1) ?? 0) + length);
  const speechSeconds = speech.reduce((sum, span) => sum + span.end - span.start, 0);
  const pace = speechSeconds / Math.max(starts.at(-1) ?? 0, 1e-9);
  const costOf = (from: number, until: number, span: Span) => {
    const expected = ((starts[until] ?? 0) - (starts[from] ?? 0)) * pace;
    const seconds = span.end - span.start;
    return ((expected - seconds) / (SPREAD_SECONDS + 0.2 * seconds)) ** 2;
  };
  return cheapest(texts, speech, costOf);
}

type CostOf = (from: number, until: number, span: Span) => number;

function cheapest(texts: readonly string[], speech: readonly Span[], costOf: CostOf): number[] {
  const words = texts.length;
  let costs = Array.from({ length: words + 1 }, (_, until) => (until === 0 ? 0 : Infinity));
  const froms: number[][] = [];
  for (const [i, span] of speech.entries()) {
    const isLast = i === speech.length - 1;
    const next: number[] = [];
    const from: number[] = [];
    for (let until = 0; until <= words; until += 1) {
      let best = Infinity;
      for (let first = 0; first <= until; first += 1) {
        const cost = (costs[first] ?? Infinity) + costOf(first, until, span);
        if (cost < best) [best, from[until]] = [cost, first];
      }
      next[until] = best + (isLast ? 0 : breakCost(texts[until - 1]));
    }
    costs = next;
    froms.push(from);
  }
  return backtrack(froms, words);
}

/** How unlikely a pause after a word is. */
function breakCost(text: string | undefined): number {
  if (text === undefined || /[.?!…:;。？！]["'”’)]*$/u.test(text)) return 0;
  return /[,،、，–—-]["'”’)]*$/u.test(text) ? COMMA : NO_PUNCTUATION;
}

function backtrack(froms: readonly number[][], words: number): number[] {
  const counts: number[] = [];
  let until = words;
  for (const from of [...froms].reverse()) {
    const first = from[until] ?? 0;
    counts.unshift(until - first);
    until = first;
  }
  return counts;
}

/** Rounds, and moves what overlaps or leaves the segment by as little as is needed. */
function ordered(spans: readonly Span[], whole: Span): Span[] {
  const first = Math.ceil(whole.start / STEP_SECONDS - 1e-6);
  const last = Math.floor(whole.end / STEP_SECONDS + 1e-6);
  const forward: Span[] = [];
  let reached = first;
  for (const span of spans) {
    const start = Math.max(Math.round(span.start / STEP_SECONDS), reached);
    const end = Math.max(Math.round(span.end / STEP_SECONDS), start + 1);
    forward.push({ start, end });
    reached = end;
  }
  let limit = last;
  return forward
    .reverse()
    .map(({ start, end }) => {
      const fitting = Math.min(end, limit);
      limit = Math.min(start, fitting - 1);
      return { start: limit * STEP_SECONDS, end: fitting * STEP_SECONDS };
    })
    .reverse()
    .map(({ start, end }) => ({ start: thousandths(start), end: thousandths(end) }));
}

function thousandths(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function secondsOf({ startSample, endSample }: SpeechSpan): Span {
  return { start: startSample / SAMPLE_RATE_HZ, end: endSample / SAMPLE_RATE_HZ };
}

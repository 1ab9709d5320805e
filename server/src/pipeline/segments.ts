/**
 * Cuts found speech into segments for the recogniser: sentence-like, with a little of what surrounds them, never longer
 * than the model takes, and cut at the longest pause. Pure, and fed with speech as it is found: the segments depend on the
 * spans alone, not on how they arrived.
 */
import { SAMPLE_RATE_HZ, type SpeechSpan } from "../speech/recogniser.ts";

/** How segments are cut. Chosen by measurement: docs/decisions/0009-segments.md. */
export const SEGMENTS = {
  /**
   * Audio before and after the speech that goes to the model with it, as far as it is nobody else's speech. Without it
   * the default model heard "As not what your country can do" for "Ask not …".
   */
  contextSeconds: 0.5,
  /** Neighbouring stretches are joined up to here: the model hears the sentence around a word. */
  joinedSecondsMax: 20,
  /** A segment that must be cut is not made shorter than this if there is another pause. */
  firstPartSecondsMin: 4,
  /** Stretches further apart are not joined: the model writes nothing for some clips with much silence in them. */
  joinedPauseSecondsMax: 3,
  /**
   * Speech beyond a cut within speech that goes to the model with both sides: three or four words, of which one is torn.
   */
  overlapSeconds: 1,
  /** A shorter pause is none: the detector ends a stretch by itself after 0.3 s, and finds the next within one window of 0.03 s. */
  pauseSecondsMin: 0.25,
} as const;

/** Other values than {@link SEGMENTS}, for measuring them. */
export type SegmentRules = { readonly [name in keyof typeof SEGMENTS]: number };

/** A stretch of the recording that is recognised at once. */
export interface Segment {
  /** With context. */
  startSample: number;
  endSample: number;
  /** Speech inside; at least one. */
  spans: SpeechSpan[];
  /** The same as it is without overlapping its neighbours; absent where it overlaps none. Those of all segments hold all speech once. */
  apart?: Segment;
}

export interface PlannerLimits {
  /** Longest clip that the model takes, in samples. */
  clipSamplesMax: number;
  /** Samples in the recording. */
  samples: number;
}

/** Streams spans into segments. Each comes out once the speech after it is known. */
export class SegmentPlanner {
  readonly #limits: PlannerLimits;
  readonly #rules: SegmentRules;
  readonly #joinedMax: number;
  #pending: SpeechSpan[] = [];
  /** The last stretch before what is pending. */
  #previous: SpeechSpan | undefined;

  constructor(limits: PlannerLimits, rules: SegmentRules = SEGMENTS) {
    this.#limits = limits;
    this.#rules = rules;
    this.#joinedMax = Math.min(
      samplesIn(rules.joinedSecondsMax),
      limits.clipSamplesMax - 2 * samplesIn(Math.max(rules.contextSeconds, rules.overlapSeconds)),
    );
  }

  /** Takes the next spans, in order; none longer than {@link stretchSamplesMax}. @returns segments that are complete */
  add(spans: readonly SpeechSpan[]): Segment[] {
    return spans.flatMap((span) => this.#addOne(span));
  }

  /** The recording is over. @returns the last segments */
  finish(): Segment[] {
    const last = this.#pending;
    this.#pending = [];
    return last.length > 0 ? [this.#segment(last, undefined)] : [];
  }

  #addOne(span: SpeechSpan): Segment[] {
    const complete: Segment[] = [];
    this.#pending.push(span);
    for (let cut = this.#cut(); cut > 0; cut = this.#cut()) {
      const part = this.#pending.splice(0, cut);
      complete.push(this.#segment(part, this.#pending[0]));
    }
    return complete;
  }

  /** How many of the pending spans make a segment of their own; 0 while all may stay together. */
  #cut(): number {
    const pending = this.#pending;
    const last = pending.length - 1;
    if (last < 1) return 0;
    const pauses = pausesOf(pending);
    if ((pauses[last - 1] ?? 0) > samplesIn(this.#rules.joinedPauseSecondsMax)) return last;
    return lengthOf(pending) > this.#joinedMax ? this.#longestPause(pauses) : 0;
  }

  #longestPause(pauses: number[]): number {
    const pending = this.#pending;
    const longEnough = pauses
      .map((samples, i) => ({ samples, cut: i + 1 }))
      .filter(({ cut }) => lengthOf(pending.slice(0, cut)) >= samplesIn(this.#rules.firstPartSecondsMin))
      .filter(({ cut }) => lengthOf(pending.slice(0, cut)) <= this.#joinedMax || cut === 1);
    const best = longEnough.reduce<{ samples: number; cut: number } | null>(
      (best, pause) => (best === null || pause.samples >= best.samples ? pause : best),
      null,
    );
    return best?.cut ?? pauses.length;
  }

  #segment(spans: SpeechSpan[], next: SpeechSpan | undefined): Segment {
    const { samples, clipSamplesMax } = this.#limits;
    const previous = this.#previous;
    const bounds = boundsOf(spans);
    const segment = withContext(
      spans,
      previous === undefined ? 0 : middle(previous.endSample, bounds.startSample),
      next === undefined ? samples : middle(bounds.endSample, next.startSample),
      this.#rules.contextSeconds,
    );
    this.#previous = spans.at(-1);
    return fitted(this.#overlapping(segment, previous, next), clipSamplesMax);
  }

  /** Reaches over the ends that are no pauses. */
  #overlapping(segment: Segment, previous: SpeechSpan | undefined, next: SpeechSpan | undefined): Segment {
    const { startSample, endSample } = boundsOf(segment.spans);
    const before = this.#reach(previous, startSample - (previous?.endSample ?? 0), endSample - startSample);
    const after = this.#reach(next, (next?.startSample ?? 0) - endSample, endSample - startSample);
    if (before + after === 0) return segment;
    return {
      startSample: before > 0 ? startSample - before : segment.startSample,
      endSample: after > 0 ? endSample + after : segment.endSample,
      spans: reaching(segment.spans, before, after),
      apart: fitted(segment, this.#limits.clipSamplesMax),
    };
  }

  /** How far a segment of some length reaches over a pause into a neighbour: 0 where it is a real one. */
  #reach(neighbour: SpeechSpan | undefined, pause: number, length: number): number {
    if (neighbour === undefined || pause >= samplesIn(this.#rules.pauseSecondsMin)) return 0;
    const most = pause + Math.floor((neighbour.endSample - neighbour.startSample) * REACHED_SHARE_MAX);
    const room = Math.floor((this.#limits.clipSamplesMax - length) / 2);
    return Math.max(0, Math.min(samplesIn(this.#rules.overlapSeconds), most, room));
  }
}

/**
 * Of a neighbour's stretch, no more than this is heard with a segment: less than half, so that what both ends of a stretch share with
 * others stays apart, and less than where a second look halves it (`quiet.ts`).
 */
const REACHED_SHARE_MAX = 1 / 3;

/** Spans of which the first begins earlier and the last ends later. */
function reaching(spans: readonly SpeechSpan[], before: number, after: number): SpeechSpan[] {
  return spans.map(({ startSample, endSample }, i) => ({
    startSample: i === 0 ? startSample - before : startSample,
    endSample: i === spans.length - 1 ? endSample + after : endSample,
  }));
}

/** The longest stretch of speech that a clip can hold with what it overlaps, in samples. */
export function stretchSamplesMax(clipSamplesMax: number, rules: SegmentRules = SEGMENTS): number {
  return clipSamplesMax - 2 * samplesIn(rules.overlapSeconds);
}

/** A segment around spans that reaches out by a context, but not past `from` and `until`. */
export function withContext(
  spans: SpeechSpan[],
  from: number,
  until: number,
  contextSeconds: number,
): Segment {
  const { startSample, endSample } = boundsOf(spans);
  const context = samplesIn(contextSeconds);
  return {
    startSample: Math.max(Math.min(from, startSample), startSample - context),
    endSample: Math.min(Math.max(until, endSample), endSample + context),
    spans,
  };
}

/** Gives up context where the clip would be too long with it. */
function fitted(segment: Segment, clipSamplesMax: number): Segment {
  const excess = segment.endSample - segment.startSample - clipSamplesMax;
  if (excess <= 0) return segment;
  const { startSample, endSample } = boundsOf(segment.spans);
  const before = startSample - segment.startSample;
  const after = segment.endSample - endSample;
  const takenBefore = Math.min(before, Math.max(Math.ceil(excess / 2), excess - after));
  const takenAfter = Math.min(after, excess - takenBefore);
  return {
    ...segment,
    startSample: segment.startSample + takenBefore,
    endSample: segment.endSample - takenAfter,
  };
}

/** From the first sample of speech to the last. */
export function boundsOf(spans: readonly SpeechSpan[]): SpeechSpan {
  return { startSample: spans[0]?.startSample ?? 0, endSample: spans.at(-1)?.endSample ?? 0 };
}

/** Samples between each span and the next. */
export function pausesOf(spans: readonly SpeechSpan[]): number[] {
  return spans.slice(1).map((span, i) => span.startSample - (spans[i]?.endSample ?? 0));
}

/** Seconds of speech in spans. */
export function speechSecondsOf(spans: readonly SpeechSpan[]): number {
  return spans.reduce((sum, span) => sum + span.endSample - span.startSample, 0) / SAMPLE_RATE_HZ;
}

/** Seconds of speech in the segments of readings, comparisons and the like. */
export function speechSecondsIn(readings: readonly { segment: Pick<Segment, "spans"> }[]): number {
  return readings.reduce((sum, { segment }) => sum + speechSecondsOf(segment.spans), 0);
}

function lengthOf(spans: readonly SpeechSpan[]): number {
  const { startSample, endSample } = boundsOf(spans);
  return endSample - startSample;
}

function middle(a: number, b: number): number {
  return Math.floor((a + b) / 2);
}

export function samplesIn(seconds: number): number {
  return Math.round(seconds * SAMPLE_RATE_HZ);
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SAMPLE_RATE_HZ, type SpeechSpan } from "../speech/recogniser.ts";
import { boundsOf, SEGMENTS, SegmentPlanner, type Segment } from "./segments.ts";

const CLIP_SAMPLES_MAX = 30 * SAMPLE_RATE_HZ;

/** Spans from alternating pauses and stretches, in seconds, with what follows the last one. */
function spansOf(lengths: [pause: number, speech: number][]): SpeechSpan[] {
  let at = 0;
  return lengths.map(([pause, speech]) => {
    const startSample = at + Math.round(pause * SAMPLE_RATE_HZ);
    at = startSample + Math.round(speech * SAMPLE_RATE_HZ);
    return { startSample, endSample: at };
  });
}

function plan(batches: SpeechSpan[][], samples: number, clipSamplesMax = CLIP_SAMPLES_MAX): Segment[] {
  const planner = new SegmentPlanner({ clipSamplesMax, samples });
  return [...batches.flatMap((batch) => planner.add(batch)), ...planner.finish()];
}

/** A segment without what it overlaps. */
function apart(segment: Segment): Segment {
  return segment.apart ?? segment;
}

const someSpans = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constant(0), fc.double({ min: 0.1, max: 5, noNaN: true })),
      fc.double({ min: 0.1, max: 28, noNaN: true }),
    ),
    { maxLength: 40 },
  )
  .map((lengths) => spansOf(lengths));

describe("segments", () => {
  test("hold every stretch of speech once, in order, apart from what they overlap", () => {
    fc.assert(
      fc.property(someSpans, (spans) => {
        const segments = plan([spans], (spans.at(-1)?.endSample ?? 0) + 5000);
        expect(segments.map(apart).flatMap((segment) => segment.spans)).toEqual(spans);
      }),
    );
  });

  test("stay inside the recording, hold their speech whole, and do not overlap when read apart", () => {
    fc.assert(
      fc.property(someSpans, fc.nat(20_000), (spans, rest) => {
        const samples = (spans.at(-1)?.endSample ?? 0) + rest;
        let reached = 0;
        for (const segment of plan([spans], samples).map(apart)) {
          const speech = boundsOf(segment.spans);
          expect(segment.startSample).toBeGreaterThanOrEqual(reached);
          expect(segment.startSample).toBeLessThanOrEqual(speech.startSample);
          expect(segment.endSample).toBeGreaterThanOrEqual(speech.endSample);
          expect(segment.endSample).toBeLessThanOrEqual(samples);
          reached = segment.endSample;
        }
      }),
    );
  });

  test("reach over a cut within speech from both sides, into the nearer third of the stretch there and no further", () => {
    fc.assert(
      fc.property(someSpans, (spans) => {
        const segments = plan([spans], 1e9, 60 * SAMPLE_RATE_HZ);
        segments.slice(1).forEach((b, i) => {
          const a = segments[i] ?? b;
          const [last, first] = [apart(a).spans.at(-1), apart(b).spans[0]];
          if (last === undefined || first === undefined) throw new Error("not reached");
          const isPause = first.startSample - last.endSample >= SEGMENTS.pauseSecondsMin * SAMPLE_RATE_HZ;
          const reached = boundsOf(a.spans).endSample - first.startSample;
          const reachedBack = last.endSample - boundsOf(b.spans).startSample;
          const isInSpeech =
            a.endSample === boundsOf(a.spans).endSample && b.startSample === boundsOf(b.spans).startSample;
          expect(a.endSample <= b.startSample).toBe(isPause);
          expect(isPause || isInSpeech).toBe(true);
          expect(reached).toBeLessThanOrEqual((first.endSample - first.startSample) / 3);
          expect(reachedBack).toBeLessThanOrEqual((last.endSample - last.startSample) / 3);
        });
      }),
    );
  });

  test("overlap by a second on both sides where speech has no pause", () => {
    const second = SEGMENTS.overlapSeconds * SAMPLE_RATE_HZ;
    const spans = spansOf([
      [1, 20],
      [0, 25],
      [2, 3],
    ]);
    const [a, b] = plan([spans], 1e9);
    expect(a?.spans).toEqual([{ startSample: 16_000, endSample: 21 * 16_000 + second }]);
    expect(b?.spans).toEqual([{ startSample: 21 * 16_000 - second, endSample: 46 * 16_000 }]);
    expect(b?.apart?.startSample).toBe(21 * 16_000);
  });

  test("are never longer than the model takes", () => {
    fc.assert(
      fc.property(someSpans, fc.integer({ min: 28, max: 40 }), (spans, secondsMax) => {
        const clipSamplesMax = secondsMax * SAMPLE_RATE_HZ;
        for (const { startSample, endSample } of plan([spans], 1e9, clipSamplesMax)) {
          expect(endSample - startSample).toBeLessThanOrEqual(clipSamplesMax);
        }
      }),
    );
  });

  test("are the same however the speech arrives", () => {
    fc.assert(
      fc.property(someSpans, fc.integer({ min: 1, max: 7 }), (spans, size) => {
        const batches: SpeechSpan[][] = [];
        for (let i = 0; i < spans.length; i += size) batches.push(spans.slice(i, i + size), []);
        expect(plan(batches, 1e9)).toEqual(plan([spans], 1e9));
      }),
    );
  });

  test("come out before the recording is over", () => {
    const planner = new SegmentPlanner({ clipSamplesMax: CLIP_SAMPLES_MAX, samples: 1e9 });
    const minute = spansOf(Array.from({ length: 20 }, () => [0.5, 3]));
    expect(planner.add(minute).length).toBeGreaterThanOrEqual(3);
  });

  test("join stretches up to sentence length", () => {
    const spans = spansOf([
      [1, 2],
      [0.4, 3],
      [0.5, 2],
    ]);
    expect(plan([spans], 1e9)).toHaveLength(1);
  });

  test("are cut at the longest pause", () => {
    const spans = spansOf([
      [1, 4],
      [0.3, 3],
      [0.9, 4],
      [0.3, 3],
      [0.4, 6],
    ]);
    const parts = plan([spans], 1e9).map((segment) => segment.spans.length);
    expect(parts).toEqual([2, 3]);
  });

  test("are not joined across a long silence", () => {
    const spans = spansOf([
      [0, 1],
      [SEGMENTS.joinedPauseSecondsMax + 0.1, 1],
    ]);
    expect(plan([spans], 1e9)).toHaveLength(2);
  });

  test("share a short pause between them, and take no more than their context of a long one", () => {
    const context = SEGMENTS.contextSeconds * SAMPLE_RATE_HZ;
    const spans = spansOf([
      [5, 20],
      [0.3, 20],
      [5, 20],
    ]);
    const [a, b, c] = plan([spans], 1e9);
    expect(a?.startSample).toBe((spans[0]?.startSample ?? 0) - context);
    expect(a?.endSample).toBe(b?.startSample);
    expect(b?.endSample).toBe((spans[1]?.endSample ?? 0) + context);
    expect(c?.startSample).toBe((spans[2]?.startSample ?? 0) - context);
  });
});

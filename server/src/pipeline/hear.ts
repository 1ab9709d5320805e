/** Finds speech and recognises it at the same time, with as many workers as there are, holding no audio. */
import { LIMITS } from "../config/limits.ts";
import {
  SAMPLE_RATE_HZ,
  type Clip,
  type Share,
  type SpeechEngine,
  type SpeechSpan,
} from "../speech/recogniser.ts";
import { clipKey, type Checkpoint } from "./checkpoint.ts";
import {
  COMPARED_SECONDS_MIN,
  compareSamples,
  comparisonOf,
  sampledSeconds,
  type Comparison,
} from "./foreign.ts";
import { heardOf, type Heard } from "./heard.ts";
import { Lanes } from "./lanes.ts";
import { read, recut, type Listen, type Reading } from "./looks.ts";
import { joinReadings, ownText, type ReadSegment } from "./overlap.ts";
import type { ProgressMeter } from "./progress.ts";
import { cutLong } from "./quiet.ts";
import {
  SegmentPlanner,
  speechSecondsIn,
  speechSecondsOf,
  stretchSamplesMax,
  type Segment,
} from "./segments.ts";
import { findSpeech, type Voice } from "./source.ts";

export interface HearOptions {
  engine: SpeechEngine;
  share: Share;
  /** ISO 639-1, or null to leave it to the model. */
  language: string | null;
  checkpoint: Checkpoint;
  /** What an earlier run has stored, by {@link clipKey}. */
  stored: ReadonlyMap<string, Heard>;
  progress: ProgressMeter;
  /** How much of all voices this one is, for the progress: voices heard before it, and voices in all. */
  part: { index: number; count: number };
  speech: SpeechListener;
}

/** Is told of speech while it is still being recognised. */
export interface SpeechListener {
  /** More speech was found, in order. */
  found(spans: readonly SpeechSpan[]): void;
  /** That was all of it. */
  foundAll(): void;
}

/** All speech of a voice, and what was heard in it, both in order. */
export interface HeardVoice {
  spans: SpeechSpan[];
  readings: Reading[];
  /** Of readings with a second cut, which tells the model's language from others; none where it speaks several. */
  comparisons: Comparison[];
}

/**
 * Hears one voice of a recording. Each recognised clip is stored before it counts, and what was stored before is not
 * recognised again. The result is the same whatever was stored and in whatever order the clips are done.
 *
 * @throws the first error of the engine, the checkpoint or the spool; the signal's reason
 */
export async function hear(voice: Voice, options: HearOptions): Promise<HeardVoice> {
  const { clip } = voice;
  const stop = new AbortController();
  const share = { ...options.share, signal: AbortSignal.any([options.share.signal, stop.signal]) };
  const lanes = new Lanes(options.engine.workers + LIMITS.pipeline.segmentsAhead, (error) =>
    stop.abort(error),
  );
  const heard = new Map<string, Heard>();
  const listen = once(heard, listening(clip, { ...options, share }, withAlignment));
  const listenUnshown: Listen = (segment) => listen(segment, isNotShown);
  const listenAgain = once(heard, listening(clip, { ...options, share }, asHeard));
  const { progress, part } = options;
  if (speaksOne(options.engine))
    progress.expectAgain((seconds) => part.count * sampledSeconds(seconds / part.count));
  const spans: SpeechSpan[] = [];
  const readAll = async (
    segments: Iterable<Segment> | AsyncIterable<Segment>,
    how: Listen,
    onRead?: (segment: Segment) => void,
  ) => {
    const all: ReadSegment[] = [];
    try {
      for await (const segment of segments) {
        share.signal.throwIfAborted();
        await lanes.start(async () => {
          all.push({ segment, readings: await read(clip, segment, how) });
          onRead?.(segment);
        });
      }
    } catch (error) {
      stop.abort(error);
    }
    await lanes.idle();
    share.signal.throwIfAborted();
    return all;
  };
  const all = await readAll(segmentsOf(voice, spans, { ...options, share }), listen, (segment) =>
    progress.recognised(speechSecondsOf((segment.apart ?? segment).spans)),
  );
  const readings = await joinReadings(all, (segments) => readAll(segments, listenUnshown));
  const comparisons = await compareSamples(speaksOne(options.engine) ? readings : [], async (some) => {
    progress.chosenAgain(speechSecondsIn(some), part.count - part.index);
    const compared = await compareAll(clip, some, listenAgain, lanes, progress);
    share.signal.throwIfAborted();
    return compared;
  });
  return { spans, readings, comparisons };
}

/** A model of several languages is told which it hears, or writes each as it is. */
function speaksOne({ languages }: SpeechEngine): boolean {
  return languages.length === 1;
}

/** Reads readings once more, side by side. */
async function compareAll(
  clip: Clip,
  readings: readonly Reading[],
  listen: Listen,
  lanes: Lanes,
  progress: ProgressMeter,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const reading of readings) {
    await lanes.start(async () => {
      const pieces: Heard[] = [];
      for (const piece of await recut(clip, reading.segment, COMPARED_SECONDS_MIN)) {
        pieces.push(await listen(piece, isNotShown));
        progress.heardAgain(speechSecondsOf(piece.spans));
      }
      const comparison = await comparisonOf(clip, reading, pieces);
      if (comparison !== null) comparisons.push(comparison);
    });
  }
  await lanes.idle();
  return comparisons.sort((a, b) => a.segment.startSample - b.segment.startSample);
}

/** The same speech again, heard to compare it or to join it: some of it was shown before. */
const isNotShown = () => Promise.resolve(true);

/** Segments as speech is found; fills `all` with the spans. */
async function* segmentsOf(voice: Voice, all: SpeechSpan[], options: HearOptions): AsyncGenerator<Segment> {
  const { engine, share, part } = options;
  const { clip } = voice;
  const clipSamplesMax = engine.clipSecondsMax * SAMPLE_RATE_HZ;
  const planner = new SegmentPlanner({ clipSamplesMax, samples: clip.endSample });
  for await (const { spans, heardShare } of findSpeech(voice, engine, share)) {
    options.progress.found(speechSecondsOf(spans), (part.index + heardShare) / part.count);
    const fitting = await cutLong(clip, spans, stretchSamplesMax(clipSamplesMax));
    all.push(...fitting);
    options.speech.found(fitting);
    yield* planner.add(fitting);
  }
  options.speech.foundAll();
  yield* planner.finish();
}

/** What is made of a text once it is recognised. */
type Finish = (heard: Heard, part: Clip, options: HearOptions) => Promise<Heard>;

/** Recognises a segment, or takes what was stored of it. */
function listening(clip: Clip, options: HearOptions, finish: Finish): Listen {
  const { engine, share, language, checkpoint, stored, progress } = options;
  return async (segment, isDoubted) => {
    const { startSample, endSample } = segment;
    const part: Clip = { ...clip, startSample, endSample };
    const known = stored.get(clipKey(part));
    if (known !== undefined) return known;
    const seconds = (endSample - startSample) / SAMPLE_RATE_HZ;
    const recognition = await progress.recognise(seconds, () => engine.recognise(part, { language }, share));
    const heard = await finish(heardOf(recognition), part, options);
    const shown = (await isDoubted(heard)) ? null : ownText(segment, heard);
    const { mix } = clip;
    await checkpoint.save({ model: engine.model, language, mix, startSample, endSample, heard, shown });
    return heard;
  };
}

/** Finds the words in the sound where the model gives no times. The aligner knows how English is spelt and spoken. */
async function withAlignment(heard: Heard, part: Clip, options: HearOptions): Promise<Heard> {
  const { engine, share, language } = options;
  const [only, ...others] = engine.languages;
  const spoken = heard.language ?? language ?? (others.length === 0 ? only : null);
  const isTimed = heard.words.every(({ start }) => start !== null);
  if (isTimed || spoken !== "en") return heard;
  const words = heard.words.map(({ text }) => text);
  return { ...heard, aligned: await engine.align(part, words, share) };
}

/** What is heard only to be compared needs no times. */
const asHeard: Finish = (heard) => Promise.resolve(heard);

/** Has no clip recognised twice: a second look and a comparison may cut alike. @param heard what was heard so far, by its samples */
function once(heard: Map<string, Heard>, listen: Listen): Listen {
  return async (segment, isDoubted) => {
    const key = `${segment.startSample} ${segment.endSample}`;
    const known = heard.get(key) ?? (await listen(segment, isDoubted));
    heard.set(key, known);
    return known;
  };
}

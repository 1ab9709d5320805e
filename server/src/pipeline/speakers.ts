/** Who says what: a channel each where a call has them, else as the voices tell. */
import type { Diarizer, SpokenStretch, Told } from "../speakers/diarizer.ts";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import type { SpeechListener } from "./hear.ts";
import type { Reading } from "./looks.ts";
import { boundsOf } from "./segments.ts";
import type { Voice } from "./source.ts";
import type { Span, Transcript, Turn } from "./transcript.ts";
import { endsSentence, type SpokenReading } from "./turns.ts";
import type { TimedWord } from "./word-times.ts";

/** How speakers of one signal are found. */
export interface SpeakerOptions {
  diarizer: Diarizer;
  /** How many speak at most, where the project says so. */
  expected: number | null;
}

/** Who speaks when in the one signal; a failure where nobody can tell, and null where nobody was to. */
export type Apart = { told: Told } | { failure: unknown } | null;

/** Hears who speaks while a recording is transcribed. Disposing of it ends what it does. */
export interface SpeakerWatch extends SpeechListener, Disposable {
  /** Once all speech was found. @throws the signal's reason; everything else is a failure that costs the labels alone */
  apart(): Promise<Apart>;
}

/** Channels tell by themselves: only where all are on one signal is anything to be heard. */
export function watchSpeakers(
  voices: readonly Voice[],
  options: SpeakerOptions | null,
  signal: AbortSignal,
): SpeakerWatch {
  const [voice, ...others] = voices;
  if (options === null || voice === undefined || others.length > 0) return NOBODY;
  const { diarizer, expected } = options;
  const listener = diarizer.listen({ clip: voice.clip, expected }, signal);
  const apart = Promise.withResolvers<Apart>();
  return {
    found: (spans) => listener.add(spans),
    foundAll() {
      listener.tellApart().then(
        (told) => apart.resolve({ told }),
        (failure: unknown) => apart.resolve({ failure }),
      );
    },
    async apart() {
      await apart.promise;
      signal.throwIfAborted();
      return apart.promise;
    },
    [Symbol.dispose]: () => listener[Symbol.dispose](),
  };
}

const NOBODY: SpeakerWatch = {
  found: () => undefined,
  foundAll: () => undefined,
  apart: async () => null,
  [Symbol.dispose]: () => undefined,
};

/** Who speaks when, where several do; null where one does or nobody can tell. @param orMissing told why nobody can */
export function toldOf(apart: Apart, orMissing: (error: unknown) => void): Told | null {
  if (apart === null) return null;
  if ("failure" in apart) {
    orMissing(apart.failure);
    return null;
  }
  return apart.told.speakers > 1 ? apart.told : null;
}

/** Turns with their speakers counted in the order of appearance. Whoever has no turn is not named. */
export function namesOf(
  turns: readonly Turn[],
  confidence: number | null,
): Pick<Transcript, "turns" | "speakers" | "speakersConfidence"> {
  const order = [...new Set(turns.flatMap(({ speaker }) => speaker ?? []))];
  return {
    turns: turns.map((turn) => ({
      ...turn,
      speaker: turn.speaker === null ? null : order.indexOf(turn.speaker),
    })),
    speakers: order.map((_, i) => `Speaker ${i + 1}`),
    speakersConfidence: order.length > 0 ? confidence : null,
  };
}

/** A reading's words by who says them. One part without words where there are none. */
export function bySpeaker(reading: Reading, words: TimedWord[], told: Told): SpokenReading[] {
  if (words.length === 0) return [{ reading, words, speaker: mainSpeaker(reading, told) }];
  const parts: SpokenReading[] = [];
  const speakers = atSentenceEnds(
    words,
    words.map((word) => speakerIn(word, told.stretches)),
  );
  for (const [i, speaker] of speakers.entries()) {
    const word = words[i];
    const last = parts.at(-1);
    if (word === undefined) continue;
    if (last !== undefined && last.speaker === speaker) last.words.push(word);
    else parts.push({ reading, words: [word], speaker });
  }
  return parts;
}

/**
 * A voice is heard by the second, and words are often timed by estimate: people change where a sentence ends, if one ends no
 * more than this many words away.
 */
const SENTENCE_END_WORDS = 2;

/** The same speakers, with each change moved to the nearest end of a sentence, where there is one. */
function atSentenceEnds(words: readonly TimedWord[], speakers: readonly number[]): number[] {
  const moved = [...speakers];
  for (let change = 1; change < words.length; change += 1) {
    const before = speakers[change - 1];
    const after = speakers[change];
    if (before === undefined || after === undefined || before === after) continue;
    const end = nearestEnd(words, speakers, change);
    moved.fill(after, Math.min(end, change), change);
    moved.fill(before, change, Math.max(end, change));
  }
  return moved;
}

/** Index of the word that begins a sentence nearest to a change, with no other change between; the change where there is none. */
function nearestEnd(words: readonly TimedWord[], speakers: readonly number[], change: number): number {
  for (let away = 0; away <= SENTENCE_END_WORDS; away += 1)
    for (const [start, end, at] of [
      [change - away, change, change - away],
      [change, change + away, change + away],
    ] as const) {
      const last = words[at - 1];
      const isOneTurn = new Set(speakers.slice(start, end)).size <= 1;
      if (last !== undefined && isOneTurn && endsSentence(last.text)) return at;
    }
  return change;
}

/** Who says the most of a reading. */
export function mainSpeaker({ segment }: Reading, { stretches }: Told): number {
  const { startSample, endSample } = boundsOf(segment.spans);
  return speakerIn({ start: startSample / SAMPLE_RATE_HZ, end: endSample / SAMPLE_RATE_HZ }, stretches);
}

/** Who speaks the most in a span; where nobody does, whoever is nearest. */
function speakerIn({ start, end }: Span, stretches: readonly SpokenStretch[]): number {
  const startSample = start * SAMPLE_RATE_HZ;
  const endSample = end * SAMPLE_RATE_HZ;
  const shared = new Map<number, number>();
  for (let i = firstAfter(stretches, startSample); i < stretches.length; i += 1) {
    const stretch = stretches[i];
    if (stretch === undefined || stretch.startSample >= endSample) break;
    const samples = Math.min(stretch.endSample, endSample) - Math.max(stretch.startSample, startSample);
    shared.set(stretch.speaker, (shared.get(stretch.speaker) ?? 0) + samples);
  }
  const [most] = [...shared].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return most?.[0] ?? nearest(stretches, startSample, endSample);
}

/** Index of the first stretch that ends after a sample: found by halves, for there are thousands of words and stretches. */
function firstAfter(stretches: readonly SpokenStretch[], sample: number): number {
  let from = 0;
  let until = stretches.length;
  while (from < until) {
    const middle = Math.floor((from + until) / 2);
    if ((stretches[middle]?.endSample ?? Infinity) <= sample) from = middle + 1;
    else until = middle;
  }
  return from;
}

function nearest(stretches: readonly SpokenStretch[], startSample: number, endSample: number): number {
  const next = firstAfter(stretches, startSample);
  const after = stretches[next];
  const before = stretches[next - 1];
  if (after === undefined || before === undefined) return (after ?? before)?.speaker ?? 0;
  const isBefore = startSample - before.endSample <= after.startSample - endSample;
  return isBefore ? before.speaker : after.speaker;
}

/**
 * What the pipeline asks of speech recognition, and nothing of how it is done.
 *
 * A {@link Recogniser} works on samples and lives inside a worker process. A {@link SpeechEngine} is what the pipeline
 * holds: it names a clip of a spool on disk, so that no audio crosses a process boundary.
 */

/** Sample rate of all audio between the decoder and the models, in hertz. */
export const SAMPLE_RATE_HZ = 16_000;

/** A token as the model gave it, with what the model knows of its time and certainty. */
export interface Token {
  /** Text with its leading space where it begins a word. */
  text: string;
  /** Seconds from the start of the clip; null where the model has no times. */
  start: number | null;
  /** Seconds from the start of the clip; null where the model has no times. */
  end: number | null;
  /** Probability from 0 to 1; null where the model gives none. */
  confidence: number | null;
}

/** What a model heard in one clip. */
export interface Recognition {
  text: string;
  tokens: Token[];
  /** ISO 639-1 code where the model can tell, else null. */
  language: string | null;
}

/** When a word was said, as found in the sound. Seconds from the clip's start. */
export interface AlignedWord {
  start: number;
  end: number;
  /**
   * How well the word's sounds explain the sound, against the best that could be said there: the mean of the logarithms of the
   * likelihood ratio over its frames, 0 at best.
   */
  fit: number;
  /** How much of its time the word needs at its shortest: 1 where it was squeezed in. */
  squeeze: number;
}

export interface RecogniseOptions {
  /** ISO 639-1 code to recognise in, or null to leave it to the model. */
  language: string | null;
}

/** Turns samples into text. One per worker process, made once and reused: its native memory is freed only by exit. */
export interface Recogniser {
  /**
   * @param samples mono, 16 kHz, -1 to 1
   */
  recognise(samples: Float32Array, options: RecogniseOptions): Promise<Recognition>;
}

/** Which signal of a spool is listened to: the mean of both channels, or one of them. */
export type Mix = "mono" | "left" | "right";

/** Decoded audio on disk: 16-bit little-endian samples at 16 kHz, channels interleaved. */
export interface Spool {
  path: string;
  channels: 1 | 2;
  /** Samples per channel. */
  samples: number;
}

/** A stretch of a spool, and how loud to make it. */
export interface Clip {
  spool: Spool;
  mix: Mix;
  /** Decibels added before anything listens; the result is clipped to -1..1. */
  gainDb: number;
  /** First sample, counted per channel. */
  startSample: number;
  /** One past the last sample. */
  endSample: number;
}

/** A stretch of speech, in samples from the start of the spool. */
export interface SpeechSpan {
  startSample: number;
  endSample: number;
}

/** Speech found in one slice of a recording, and where the next slice begins. */
export interface Detection {
  spans: SpeechSpan[];
  /** Always at a pause, so that no word is cut by a slice's edge; the clip's end when nothing is left. */
  nextSample: number;
}

/** How work of many recordings shares the workers. */
export interface Share {
  /** Work with the same key waits for its turn among the other keys: one user, or one recording, one key. */
  key: string;
  signal: AbortSignal;
}

/**
 * Speech models behind processes. Every call is bounded in time in proportion to its audio, is tried again on a fresh
 * worker when a worker dies, and rejects with {@link SpeechEngineError} when that did not help.
 */
export interface SpeechEngine {
  /** Name of the model in the catalogue, as it is written into transcripts. */
  readonly model: string;
  /** ISO 639-1 codes that the model speaks. */
  readonly languages: readonly string[];
  /** How many calls can run at once. */
  readonly workers: number;
  /** Longest clip that the model takes at once, in seconds. */
  readonly clipSecondsMax: number;
  /** Finds speech from the clip's start for at least a slice's length, on to the next pause. */
  detect(clip: Clip, share: Share): Promise<Detection>;
  recognise(clip: Clip, options: RecogniseOptions, share: Share): Promise<Recognition>;
  /**
   * Finds when English words were said in a clip that they were heard in. Null where they cannot be laid along it: too many for
   * its length, or without a sound.
   */
  align(clip: Clip, words: readonly string[], share: Share): Promise<AlignedWord[] | null>;
  close(): Promise<void>;
}

/** The engine could not do its work for reasons that are not the recording's: worth another try later. */
export class SpeechEngineError extends Error {
  override name = "SpeechEngineError";
}

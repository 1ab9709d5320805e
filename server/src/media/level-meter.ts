/** Measures {@link Levels} of samples as they flow by. */

import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { BINS, binDb, isSteady, PAUSE_DB, powerBin, soundingDb } from "./levels.ts";
import type { Levels, SignalLevels } from "./levels.ts";

/** 50 ms: shorter than a syllable, longer than a period of any voice. */
const FRAME_SAMPLES = SAMPLE_RATE_HZ / 20;

const FULL_SCALE = 32_768;

/** Sums over the frame that is being filled. */
interface Sums {
  left: number;
  right: number;
  leftLeft: number;
  rightRight: number;
  leftRight: number;
  samples: number;
}

const emptySums = (): Sums => ({ left: 0, right: 0, leftLeft: 0, rightRight: 0, leftRight: 0, samples: 0 });

/** Counts of one signal. */
interface Track {
  histogram: number[];
  peak: number;
  clipped: number;
}

const emptyTrack = (): Track => ({ histogram: zeros(BINS), peak: 0, clipped: 0 });

function zeros(length: number): number[] {
  return Array.from({ length }, () => 0);
}

/** Fed in order with interleaved samples; some 100 KB, however long the recording. */
export class LevelMeter {
  readonly #channels: 1 | 2;
  readonly #mono = emptyTrack();
  readonly #left = emptyTrack();
  readonly #right = emptyTrack();
  /** Frames by the levels of both sides: entry `left * BINS + right`. */
  readonly #pairs: number[];
  /** Frames in which the sides cancel, by the louder side's level. */
  readonly #cancelled = zeros(BINS);
  #sums = emptySums();
  #samples = 0;

  constructor(channels: 1 | 2) {
    this.#channels = channels;
    this.#pairs = zeros(channels === 2 ? BINS * BINS : 0);
  }

  /** @param pcm whole sample frames: an even number of values in stereo */
  add(pcm: Int16Array): void {
    const frames = pcm.length / this.#channels;
    for (let from = 0; from < frames;) {
      const until = Math.min(frames, from + FRAME_SAMPLES - this.#sums.samples);
      if (this.#channels === 1) this.#addMono(pcm, from, until);
      else this.#addStereo(pcm, from, until);
      this.#sums.samples += until - from;
      if (this.#sums.samples === FRAME_SAMPLES) this.#endFrame();
      from = until;
    }
    this.#samples += frames;
  }

  /** What was measured until now. */
  levels(): Levels {
    if (this.#sums.samples > 0) this.#endFrame();
    const isStereo = this.#channels === 2;
    return {
      mono: this.#signal(this.#mono),
      left: isStereo ? this.#signal(this.#left) : null,
      right: isStereo ? this.#signal(this.#right) : null,
      cancelledShare: isStereo ? this.#cancelledShare() : 0,
      separation: isStereo ? separationOf(this.#pairs, this.#left.histogram, this.#right.histogram) : 0,
    };
  }

  #addMono(pcm: Int16Array, from: number, until: number): void {
    let sum = 0;
    let square = 0;
    for (let i = from; i < until; i += 1) {
      const value = pcm[i] ?? 0;
      sum += value;
      square += value * value;
      note(this.#mono, value);
    }
    this.#sums.left += sum;
    this.#sums.leftLeft += square;
  }

  #addStereo(pcm: Int16Array, from: number, until: number): void {
    const sums = this.#sums;
    for (let i = from; i < until; i += 1) {
      const left = pcm[2 * i] ?? 0;
      const right = pcm[2 * i + 1] ?? 0;
      sums.left += left;
      sums.right += right;
      sums.leftLeft += left * left;
      sums.rightRight += right * right;
      sums.leftRight += left * right;
      note(this.#left, left);
      note(this.#right, right);
      note(this.#mono, (left + right) / 2);
    }
  }

  /** Variances, not mean squares: a recorder's constant offset is not loudness. */
  #endFrame(): void {
    const { left, right, leftLeft, rightRight, leftRight, samples } = this.#sums;
    this.#sums = emptySums();
    const scale = 1 / (samples * FULL_SCALE * FULL_SCALE);
    const leftPower = (leftLeft - (left * left) / samples) * scale;
    if (this.#channels === 1) {
      count(this.#mono.histogram, powerBin(leftPower));
      return;
    }
    const rightPower = (rightRight - (right * right) / samples) * scale;
    const cross = (leftRight - (left * right) / samples) * scale;
    const [leftBin, rightBin] = [powerBin(leftPower), powerBin(rightPower)];
    count(this.#left.histogram, leftBin);
    count(this.#right.histogram, rightBin);
    count(this.#mono.histogram, powerBin((leftPower + rightPower + 2 * cross) / 4));
    count(this.#pairs, leftBin * BINS + rightBin);
    if (isCancelled(leftPower, rightPower, cross)) count(this.#cancelled, Math.max(leftBin, rightBin));
  }

  #signal(track: Track): SignalLevels {
    const clippedShare = track.clipped / Math.max(1, this.#samples);
    return { histogram: track.histogram, peak: track.peak / FULL_SCALE, clippedShare };
  }

  #cancelledShare(): number {
    const gate = Math.max(soundingDb(this.#left.histogram), soundingDb(this.#right.histogram)) - PAUSE_DB;
    let sounding = 0;
    let cancelled = 0;
    this.#pairs.forEach((frames, pair) => {
      if (binDb(Math.max(Math.floor(pair / BINS), pair % BINS)) >= gate) sounding += frames;
    });
    this.#cancelled.forEach((frames, bin) => {
      if (binDb(bin) >= gate) cancelled += frames;
    });
    return sounding > 0 ? cancelled / sounding : 0;
  }
}

/** Two samples below full scale: converters and codecs clip there. */
const CLIPPED = 32_766;

function note(track: Track, value: number): void {
  const size = value < 0 ? -value : value;
  if (size > track.peak) track.peak = size;
  if (size >= CLIPPED) track.clipped += 1;
}

function count(counts: number[], index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

/** The sides together have lost half the power that they would have if they were independent: 3 dB. */
function isCancelled(left: number, right: number, cross: number): boolean {
  return left + right > 0 && (2 * cross) / (left + right) < -0.5;
}

/** A side owns a frame that is this much louder on it. Microphones in one room differ by 3 to 6 dB. */
const OWNED_DB = 12;

/** A side with less than this share of the owned frames is no party. */
const PARTY_SHARE_MIN = 0.02;

function separationOf(pairs: number[], left: number[], right: number[]): number {
  if (isSteady(left) || isSteady(right)) return 0;
  const [leftGate, rightGate] = [soundingDb(left) - PAUSE_DB, soundingDb(right) - PAUSE_DB];
  const frames = { sounding: 0, left: 0, right: 0 };
  pairs.forEach((count, pair) => {
    const leftDb = binDb(Math.floor(pair / BINS));
    const rightDb = binDb(pair % BINS);
    if (leftDb < leftGate && rightDb < rightGate) return;
    frames.sounding += count;
    if (leftDb - rightDb >= OWNED_DB) frames.left += count;
    if (rightDb - leftDb >= OWNED_DB) frames.right += count;
  });
  const owned = frames.left + frames.right;
  if (owned === 0 || Math.min(frames.left, frames.right) < PARTY_SHARE_MIN * owned) return 0;
  return owned / frames.sounding;
}

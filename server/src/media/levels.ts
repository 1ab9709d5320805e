/**
 * How loud a recording is, and what that says about how to listen to it. Measured while it is decoded, in memory that
 * does not grow with its length.
 */

import type { Mix } from "../speech/recogniser.ts";

/** One signal's loudness over a recording. */
export interface SignalLevels {
  /** Number of 50 ms frames by RMS: entry `i` holds frames of {@link binDb}(i), the first everything below. */
  histogram: number[];
  /** Largest sample, 0 to 1. */
  peak: number;
  /** Share of samples at full scale, 0 to 1. */
  clippedShare: number;
}

/** Plain JSON. `left` and `right` are null in a mono recording. */
export interface Levels {
  mono: SignalLevels;
  left: SignalLevels | null;
  right: SignalLevels | null;
  /** Share of sounding frames in which the sides cancel each other in the mono mix, 0 to 1. */
  cancelledShare: number;
  /**
   * How far the two sides are two parties, 0 to 1: the share of sounding frames that are clearly one side's, if both
   * sides have such frames; 0 in mono, for the same voice on both sides, and where one side never speaks.
   */
  separation: number;
}

/** Decibels for each entry of a histogram, which spans -100 to 0 dBFS: 16 bits end at -98. */
const BIN_DB = 1;
const FLOOR_DB = -100;
export const BINS = 101;

/** Level of a histogram's entry, in dBFS (a full-scale square wave is 0). */
export function binDb(bin: number): number {
  return FLOOR_DB + bin * BIN_DB;
}

/** The entry for a mean power, where 1 is full scale. */
export function powerBin(power: number): number {
  const db = power > 0 ? 10 * Math.log10(power) : FLOOR_DB;
  return Math.max(0, Math.min(BINS - 1, Math.round((db - FLOOR_DB) / BIN_DB)));
}

/**
 * Speech is brought to here: the target of EBU R 128, which leaves peaks of speech (some 15 dB above its mean) below
 * full scale. Silero found the same speech in nine recordings anywhere from -10 to -40 dB; at -60 it lost up to 80 % of
 * it. So what is 20 dB fainter than the rest of its recording is still found.
 */
const TARGET_DB = -23;

/** Speech at -60 dBFS still reaches the target. More would only raise the last bits of 16. */
const GAIN_MAX_DB = 40;

/** Frames below are silence: 10 dB under R 128's absolute gate of -70, for speech that is itself at -60. */
const SILENCE_DB = -80;

/** Frames further than this below the mean are pauses: the relative gate of ITU-R BS.1770-4. */
export const PAUSE_DB = 10;

/**
 * Level of what sounds, in dBFS, by the two gates of ITU-R BS.1770-4 over 50 ms frames: the mean power of frames no more
 * than 10 dB below the mean of all that is not silence. A minute of speech in an hour of hiss gives the speech's level,
 * where a percentile would give the hiss's.
 *
 * @returns -Infinity where all is silence
 */
export function soundingDb(histogram: readonly number[]): number {
  const first = meanDbFrom(histogram, SILENCE_DB);
  return meanDbFrom(histogram, Math.max(SILENCE_DB, first - PAUSE_DB));
}

function meanDbFrom(histogram: readonly number[], gateDb: number): number {
  let frames = 0;
  let power = 0;
  histogram.forEach((count, bin) => {
    if (binDb(bin) < gateDb) return;
    frames += count;
    power += count * 10 ** (binDb(bin) / 10);
  });
  return frames > 0 ? 10 * Math.log10(power / frames) : -Infinity;
}

/**
 * Which signal to listen to, and how much louder, so that faint speech is heard: speech at -45 dB is speech, and models
 * trained on ordinary levels miss it. Loud recordings are left as they are.
 */
export function listenTo(levels: Levels): { mix: Mix; gainDb: number } {
  const mix = chooseMix(levels);
  return { mix, gainDb: gainDbFor(levels, mix) };
}

/** Decibels to add to one signal of a recording: 0 to 40; 0 for silence. */
export function gainDbFor(levels: Levels, mix: Mix): number {
  const signal = (mix === "mono" ? null : levels[mix]) ?? levels.mono;
  const level = soundingDb(signal.histogram);
  if (level === -Infinity) return 0;
  return Math.max(0, Math.min(GAIN_MAX_DB, TARGET_DB - level));
}

/** Above this share of sounding frames the mono mix has lost words. */
const CANCELLED_SHARE_MAX = 0.25;

/**
 * A side this far below the other is dead: hiss, or the other side leaking in. Crosstalk of telephone and tape stays
 * around 30 dB below; a second speaker that faint would not be heard in the mono mix anyway.
 */
const DEAD_DB = 30;

/** Noise and hum vary by less than this over time; speech with its pauses varies by 15 dB and more. */
const STEADY_DB = 6;

function chooseMix(levels: Levels): Mix {
  const { left, right } = levels;
  if (!left || !right) return "mono";
  const leftDb = usefulDb(left);
  const rightDb = usefulDb(right);
  const louder = leftDb >= rightDb ? "left" : "right";
  if (leftDb === rightDb && leftDb === -Infinity) return "mono";
  const oneIsDead = Math.abs(leftDb - rightDb) >= DEAD_DB;
  return oneIsDead || levels.cancelledShare > CANCELLED_SHARE_MAX ? louder : "mono";
}

/** Level of a side that may hold speech; -Infinity for silence, noise and hum. */
function usefulDb(signal: SignalLevels): number {
  return isSteady(signal.histogram) ? -Infinity : soundingDb(signal.histogram);
}

/** Whether a signal is nothing but noise or hum, by the spread between the 10th and the 95th percentile of its frames. */
export function isSteady(histogram: readonly number[]): boolean {
  return percentileDb(histogram, 0.95) - percentileDb(histogram, 0.1) < STEADY_DB;
}

function percentileDb(histogram: readonly number[], share: number): number {
  const frames = histogram.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  const bin = histogram.findIndex((count) => (seen += count) >= share * frames);
  return binDb(Math.max(0, bin));
}

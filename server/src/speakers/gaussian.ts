/**
 * Voices as Gaussians: mean and covariance of the cepstra, compared by the generalised likelihood ratio, as in Chen and
 * Gopalakrishnan, "Speaker, environment and channel change detection and clustering via the Bayesian information criterion"
 * (1998). Needs no model.
 */
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { CEPSTRA, framesOf } from "./cepstra.ts";
import type { Voice, VoiceMetric, VoicePrint } from "./voice-metric.ts";

const SIZE = CEPSTRA.coefficients;
const FIRST_PRODUCT = 1 + SIZE;
/** Values of a symmetric matrix, or of a triangle. */
const TRIANGLE = (SIZE * (SIZE + 1)) / 2;
const PRINT_LENGTH = FIRST_PRODUCT + TRIANGLE;

const FRAMES_PER_SECOND = SAMPLE_RATE_HZ / CEPSTRA.stepSamples;

/** Chosen on half of the recordings, measured on the other: docs/decisions/0013-speakers.md. */
const GAUSSIANS = {
  /** Frames this far below the loudest of their piece are the room. */
  quietDb: 30,
  /** Added to each variance, so that a second of one vowel has a covariance that can be inverted. */
  varianceMin: 0.01,
  /** How different one person's speech is from itself, for each frame: what they say, mood, distance from the microphone. */
  driftPerFrame: 0.4,
  /** … and by chance, where there is little of it, in seconds. */
  chanceSeconds: 12,
  /** So many frames say what one independent one would: they overlap, vowels last, and a second has a handful of them. */
  frameCorrelation: 20,
} as const;

/** A Gaussian, with the factor of its covariance. */
interface Gaussian extends Voice {
  readonly frames: number;
  readonly mean: Float64Array;
  /** Lower triangle of Cholesky's factor, row by row. */
  readonly factor: Float64Array;
  readonly logDeterminant: number;
}

/** The print of a stretch of speech: number, sum and products of its frames. @param samples mono, 16 kHz */
export function cepstralPrint(samples: Float32Array): VoicePrint {
  const { count, cepstra, levelsDb } = framesOf(samples);
  const print = new Float64Array(PRINT_LENGTH);
  const loudest = levelsDb.reduce((most, level) => Math.max(most, level), -Infinity);
  for (let frame = 0; frame < count; frame += 1) {
    if ((levelsDb[frame] ?? 0) < loudest - GAUSSIANS.quietDb) continue;
    addFrame(print, cepstra.subarray(frame * SIZE, (frame + 1) * SIZE));
  }
  return print;
}

function addFrame(print: VoicePrint, frame: Float32Array): void {
  print[0] = (print[0] ?? 0) + 1;
  let product = FIRST_PRODUCT;
  for (let i = 0; i < SIZE; i += 1) {
    const value = frame[i] ?? 0;
    print[1 + i] = (print[1 + i] ?? 0) + value;
    for (let j = 0; j <= i; j += 1, product += 1)
      print[product] = (print[product] ?? 0) + value * (frame[j] ?? 0);
  }
}

export const GAUSSIAN_METRIC: VoiceMetric<Gaussian> = {
  pieceSeconds: 1,
  piecesAtFirst: 3,
  voiceOf,
  compare(a, b) {
    const cost = likelihoodRatio(a, b);
    const weight = (a.frames * b.frames) / (a.frames + b.frames);
    const seconds = Math.min(a.frames, b.frames) / FRAMES_PER_SECOND;
    const expected = GAUSSIANS.driftPerFrame + GAUSSIANS.chanceSeconds / seconds;
    return { cost, apart: cost / weight / expected };
  },
  listenFor,
  fitWithout,
};

function voiceOf(print: VoicePrint): Gaussian {
  const frames = framesIn(print);
  const mean = new Float64Array(SIZE);
  const factor = new Float64Array(TRIANGLE);
  const logDeterminant = estimate(print, mean, factor);
  return { print, frames, mean, factor, logDeterminant };
}

function framesIn(print: VoicePrint): number {
  return Math.max(1, print[0] ?? 0);
}

/** Fills in the mean of a print and the factor of its covariance. @returns the logarithm of the covariance's determinant */
function estimate(print: VoicePrint, mean: Float64Array, factor: Float64Array): number {
  const frames = framesIn(print);
  for (let i = 0, at = 0; i < SIZE; i += 1) {
    mean[i] = (print[1 + i] ?? 0) / frames;
    for (let j = 0; j <= i; j += 1, at += 1)
      factor[at] = (print[FIRST_PRODUCT + at] ?? 0) / frames - (mean[i] ?? 0) * (mean[j] ?? 0);
    factor[at - 1] = (factor[at - 1] ?? 0) + GAUSSIANS.varianceMin;
  }
  return factorise(factor);
}

/** Cholesky's decomposition in place. @returns the logarithm of the determinant */
function factorise(matrix: Float64Array): number {
  let logDeterminant = 0;
  for (let i = 0; i < SIZE; i += 1) {
    const row = (i * (i + 1)) / 2;
    for (let j = 0; j <= i; j += 1) {
      const other = (j * (j + 1)) / 2;
      let sum = matrix[row + j] ?? 0;
      for (let k = 0; k < j; k += 1) sum -= (matrix[row + k] ?? 0) * (matrix[other + k] ?? 0);
      matrix[row + j] = i === j ? Math.sqrt(Math.max(sum, VARIANCE_LEAST)) : sum / (matrix[other + j] ?? 1);
    }
    logDeterminant += 2 * Math.log(matrix[row + i] ?? 1);
  }
  return logDeterminant;
}

/** What rounding may leave of a variance. */
const VARIANCE_LEAST = 1e-6;

/** For voices that are looked at once and forgotten, which is most of the work: nothing is allocated for them. */
const PASSING = {
  print: new Float64Array(PRINT_LENGTH),
  mean: new Float64Array(SIZE),
  factor: new Float64Array(TRIANGLE),
  inverse: new Float64Array(TRIANGLE),
  precision: new Float64Array(TRIANGLE),
};

/** Fills {@link PASSING} with a voice and a print more, or less. @returns the logarithm of its covariance's determinant */
function estimateWith(voice: Gaussian, other: VoicePrint, sign: 1 | -1): number {
  const { print, mean, factor } = PASSING;
  for (let i = 0; i < print.length; i += 1) print[i] = (voice.print[i] ?? 0) + sign * (other[i] ?? 0);
  return estimate(print, mean, factor);
}

/** Logarithm of how much likelier the frames are as two voices than as one. */
function likelihoodRatio(a: Gaussian, b: Gaussian): number {
  const logDeterminant = estimateWith(a, b.print, 1);
  const frames = a.frames + b.frames;
  return 0.5 * (frames * logDeterminant - a.frames * a.logDeterminant - b.frames * b.logDeterminant);
}

function listenFor({ mean, factor, logDeterminant }: Gaussian): (piece: VoicePrint) => number {
  const precision = new Float64Array(TRIANGLE);
  fillPrecision(precision, factor);
  return (piece) => likelihood(piece, mean, logDeterminant, precision);
}

function fitWithout(voice: Gaussian, piece: VoicePrint): number {
  const { mean, factor, precision } = PASSING;
  const logDeterminant = estimateWith(voice, piece, -1);
  fillPrecision(precision, factor);
  return likelihood(piece, mean, logDeterminant, precision);
}

/** Logarithm of how likely a piece is from a voice. */
function likelihood(
  piece: VoicePrint,
  mean: Float64Array,
  logDeterminant: number,
  precision: Float64Array,
): number {
  const frames = piece[0] ?? 0;
  const distances = distancesFrom(piece, mean, frames, precision);
  return -(frames * logDeterminant + distances) / 2 / GAUSSIANS.frameCorrelation;
}

/** Sum over the frames of a piece of their squared Mahalanobis distances from a voice: by their sums alone. */
function distancesFrom(
  piece: VoicePrint,
  mean: Float64Array,
  frames: number,
  precision: Float64Array,
): number {
  let sum = 0;
  for (let i = 0, at = 0; i < SIZE; i += 1)
    for (let j = 0; j <= i; j += 1, at += 1) {
      const a = mean[i] ?? 0;
      const b = mean[j] ?? 0;
      const crossed = (piece[1 + i] ?? 0) * b + (piece[1 + j] ?? 0) * a;
      sum += (precision[at] ?? 0) * ((piece[FIRST_PRODUCT + at] ?? 0) - crossed + frames * a * b);
    }
  return sum;
}

/** Inverse of the covariance as a lower triangle, with what stands beside the diagonal twice. */
function fillPrecision(precision: Float64Array, factor: Float64Array): void {
  const { inverse } = PASSING;
  invert(inverse, factor);
  precision.fill(0);
  for (let row = 0; row < SIZE; row += 1) {
    const from = (row * (row + 1)) / 2;
    for (let i = 0, at = 0; i <= row; i += 1)
      for (let j = 0; j <= i; j += 1, at += 1) {
        const value = (inverse[from + i] ?? 0) * (inverse[from + j] ?? 0);
        precision[at] = (precision[at] ?? 0) + (i === j ? value : 2 * value);
      }
  }
}

/** Inverse of a lower triangle, which is one too. */
function invert(inverse: Float64Array, factor: Float64Array): void {
  for (let i = 0; i < SIZE; i += 1) {
    const row = (i * (i + 1)) / 2;
    const diagonal = factor[row + i] ?? 1;
    inverse[row + i] = 1 / diagonal;
    for (let j = 0; j < i; j += 1) {
      let sum = 0;
      for (let k = j; k < i; k += 1) sum -= (factor[row + k] ?? 0) * (inverse[(k * (k + 1)) / 2 + j] ?? 0);
      inverse[row + j] = sum / diagonal;
    }
  }
}

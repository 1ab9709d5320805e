/**
 * Mel-frequency cepstra, as speech research has used them since Davis and Mermelstein (1980): how a short frame of sound
 * is coloured, without its pitch. The shape of a vocal tract shows in their average and spread.
 */
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { hertzOf, melOf } from "../signal/mel.ts";
import { PowerSpectrum } from "../signal/power-spectrum.ts";

/**
 * Frames of 25 ms, 24 bands, and coefficients 1 to 16: those of HTK and LIUM, with a few more of the finer ones. Every 20 ms and not
 * 10, for averages over seconds come out the same at half the cost.
 */
export const CEPSTRA = {
  frameSamples: 400,
  stepSamples: 320,
  bands: 24,
  /** Without the one for loudness, which is the microphone's distance more than the speaker. */
  coefficients: 16,
  /** A telephone passes 300 to 3400 Hz; recordings of both kinds must give the same figures. */
  lowestHz: 200,
  highestHz: 3_800,
  preEmphasis: 0.97,
} as const;

const TRANSFORM_SIZE = 512;
const SPECTRUM = new PowerSpectrum(TRANSFORM_SIZE);
/** Two frames at a time. */
const PAIR = [new Float64Array(TRANSFORM_SIZE), new Float64Array(TRANSFORM_SIZE)] as const;

/** A sound and its loudness, frame by frame. */
export interface Frames {
  count: number;
  /** {@link CEPSTRA.coefficients} numbers for each frame, one frame after the other. */
  cepstra: Float32Array;
  /** Mean square of each frame, in decibels. */
  levelsDb: Float32Array;
}

const WINDOW = Float64Array.from(
  { length: CEPSTRA.frameSamples },
  (_, i) => 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (CEPSTRA.frameSamples - 1)),
);

/** Weights of a band: the transform's bins that it covers. */
interface Band {
  firstBin: number;
  weights: Float64Array;
}

const BANDS = bands();

/** The cosine transform, a row a coefficient. */
const COSINES = Array.from({ length: CEPSTRA.coefficients }, (_, k) =>
  Float64Array.from(
    { length: CEPSTRA.bands },
    (_, band) => Math.cos((Math.PI * (k + 1) * (band + 0.5)) / CEPSTRA.bands) * Math.sqrt(2 / CEPSTRA.bands),
  ),
);

/** @param samples mono, 16 kHz, -1 to 1 */
export function framesOf(samples: Float32Array): Frames {
  const { frameSamples, stepSamples, coefficients } = CEPSTRA;
  const count = Math.max(0, Math.floor((samples.length - frameSamples) / stepSamples) + 1);
  const cepstra = new Float32Array(count * coefficients);
  const levelsDb = new Float32Array(count);
  const energies = new Float64Array(CEPSTRA.bands);
  for (let first = 0; first < count; first += 2) {
    PAIR.forEach((shaped, i) => (levelsDb[first + i] = shape(samples, (first + i) * stepSamples, shaped)));
    for (const [i, power] of SPECTRUM.of(...PAIR).entries()) {
      if (first + i >= count) break;
      toEnergies(power, energies);
      COSINES.forEach((row, k) => (cepstra[(first + i) * coefficients + k] = product(row, energies)));
    }
  }
  return { count, cepstra, levelsDb };
}

/** Fills `shaped` with a frame, high tones raised and ends faded. @returns its level in decibels */
function shape(samples: Float32Array, start: number, shaped: Float64Array): number {
  let power = 0;
  let previous = samples[Math.max(0, start - 1)] ?? 0;
  for (let i = 0; i < CEPSTRA.frameSamples; i += 1) {
    const sample = samples[start + i] ?? 0;
    power += sample * sample;
    shaped[i] = (sample - CEPSTRA.preEmphasis * previous) * (WINDOW[i] ?? 0);
    previous = sample;
  }
  return 10 * Math.log10(power / CEPSTRA.frameSamples + 1e-10);
}

/** Digital silence has no logarithm; 16-bit noise lies above this. */
const ENERGY_MIN = 1e-8;

function toEnergies(power: Float64Array, energies: Float64Array): void {
  BANDS.forEach(({ firstBin, weights }, band) => {
    let sum = ENERGY_MIN;
    for (let i = 0; i < weights.length; i += 1) sum += (weights[i] ?? 0) * (power[firstBin + i] ?? 0);
    energies[band] = Math.log(sum);
  });
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

/** Triangles of equal width on the mel scale, each reaching to the middle of its neighbours. */
function bands(): Band[] {
  const [low, high] = [melOf(CEPSTRA.lowestHz), melOf(CEPSTRA.highestHz)];
  const centreHz = (i: number) => hertzOf(low + ((high - low) * i) / (CEPSTRA.bands + 1));
  const binHz = SAMPLE_RATE_HZ / TRANSFORM_SIZE;
  return Array.from({ length: CEPSTRA.bands }, (_, band) => {
    const [left, middle, right] = [centreHz(band), centreHz(band + 1), centreHz(band + 2)];
    const firstBin = Math.ceil(left / binHz);
    const weights = Float64Array.from({ length: Math.floor(right / binHz) - firstBin + 1 }, (_, i) => {
      const hertz = (firstBin + i) * binHz;
      return hertz <= middle ? (hertz - left) / (middle - left) : (right - hertz) / (right - middle);
    });
    return { firstBin, weights };
  });
}

/**
 * What the aligner hears: the shape of the spectrum every 10 ms, and how it changes. Only the telephone's band is looked at, so
 * that a call and a studio recording are alike; level and the channel's colour are taken out clip by clip.
 */
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { melOf } from "../signal/mel.ts";
import { PowerSpectrum } from "../signal/power-spectrum.ts";

/** Frames in a second. */
export const FRAME_RATE_HZ = 100;

/** Figures in a frame: energy and 12 cepstra, and the change of each. */
export const FRAME_SIZE = 26;

/** `count` frames of {@link FRAME_SIZE} figures, one after the other. */
export interface Features {
  count: number;
  values: Float32Array;
}

const BAND_RATE_HZ = 8000;
const HOP = BAND_RATE_HZ / FRAME_RATE_HZ;
/** 25 ms, as is usual in speech recognition. */
const WINDOW = 200;
const CEPSTRA = FRAME_SIZE / 2;

/** The band that telephones carry, with a margin to its edges. */
const BAND_HZ: readonly [number, number] = [200, 3600];
const FILTERS = 20;

/**
 * What is this much weaker than the loud frames' mean counts as nothing. Of the frames that the detector takes for speech, 96 to 100 in
 * 100 are stronger in eight collections of English (88 in prompts put together from single words); rooms differ: their median is
 * anywhere from -4 to -75 dB. The acoustic model was trained with this value and the next one.
 */
const FLOOR_DB = 45;

/**
 * Frames within so many decibels of the loud ones tell the channel's colour. In the same collections these are 68 to 99 in 100 of the frames of
 * speech, and fewer than half of the others in all but the noisiest.
 */
const SPEECH_DB = 25;

const TRANSFORM_SIZE = 256;
const SPECTRUM = new PowerSpectrum(TRANSFORM_SIZE);
const HAMMING = Float64Array.from(
  { length: WINDOW },
  (_, i) => 0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (WINDOW - 1)),
);

/** @param samples mono, 16 kHz, of any level */
export function featuresOf(samples: Float32Array): Features {
  const count = Math.floor((samples.length * FRAME_RATE_HZ) / SAMPLE_RATE_HZ);
  const bands = bandEnergies(halved(samples), count);
  const cepstra = cepstraOf(bands, count);
  return { count, values: withChanges(cepstra, count) };
}

/** A low-pass of 31 taps at 3.8 kHz (windowed sinc), for taking every second sample. */
const LOW_PASS = Float64Array.from({ length: 31 }, (_, i) => {
  const x = i - 15;
  const sinc = x === 0 ? 0.475 : Math.sin(0.475 * Math.PI * x) / (Math.PI * x);
  return sinc * (0.54 + 0.46 * Math.cos((Math.PI * x) / 15));
});

/** Half the sample rate, with higher frequencies weakened as speech weakens them the other way (pre-emphasis). */
function halved(samples: Float32Array): Float64Array {
  const half = new Float64Array(Math.floor(samples.length / 2));
  const padded = new Float64Array(samples.length + 2 * 15);
  padded.set(samples, 15);
  let previous = 0;
  for (let i = 0; i < half.length; i += 1) {
    const first = 2 * i;
    const last = first + 30;
    let sum = (LOW_PASS[15] ?? 0) * (padded[first + 15] ?? 0);
    // The filter is symmetric: one product for two taps.
    for (let k = 0; k < 15; k += 1)
      sum += (LOW_PASS[k] ?? 0) * ((padded[first + k] ?? 0) + (padded[last - k] ?? 0));
    half[i] = sum - 0.97 * previous;
    previous = sum;
  }
  return half;
}

interface Filter {
  first: number;
  weights: number[];
}

/** Triangles of equal width on the mel scale. */
const FILTER_BANK: readonly Filter[] = Array.from({ length: FILTERS }, (_, filter) => {
  const [low, high] = [melOf(BAND_HZ[0]), melOf(BAND_HZ[1])];
  const width = (high - low) / (FILTERS + 1);
  const centre = low + (filter + 1) * width;
  const weights = Array.from({ length: TRANSFORM_SIZE / 2 }, (_, bin) =>
    Math.max(0, 1 - Math.abs(melOf((bin * BAND_RATE_HZ) / TRANSFORM_SIZE) - centre) / width),
  );
  const first = weights.findIndex((weight) => weight > 0);
  return { first, weights: weights.slice(first, weights.findLastIndex((weight) => weight > 0) + 1) };
});

/** Energy in each band of each frame. */
function bandEnergies(samples: Float64Array, count: number): Float64Array {
  const bands = new Float64Array(count * FILTERS);
  const first = new Float64Array(TRANSFORM_SIZE);
  const second = new Float64Array(TRANSFORM_SIZE);
  for (let frame = 0; frame < count; frame += 2) {
    fill(first, samples, frame);
    fill(second, samples, frame + 1);
    const [power, other] = SPECTRUM.of(first, second);
    collect(bands, frame, power);
    if (frame + 1 < count) collect(bands, frame + 1, other);
  }
  return bands;
}

/** A frame's window, centred on the frame. */
function fill(into: Float64Array, samples: Float64Array, frame: number): void {
  const first = frame * HOP + HOP / 2 - WINDOW / 2;
  into.fill(0);
  for (let i = 0; i < WINDOW; i += 1) into[i] = (samples[first + i] ?? 0) * (HAMMING[i] ?? 0);
}

function collect(bands: Float64Array, frame: number, power: Float64Array): void {
  for (let filter = 0; filter < FILTERS; filter += 1) {
    const { first, weights } = FILTER_BANK[filter] ?? { first: 0, weights: [] };
    let sum = 0;
    for (let i = 0; i < weights.length; i += 1) sum += (weights[i] ?? 0) * (power[first + i] ?? 0);
    bands[frame * FILTERS + filter] = sum;
  }
}

const COSINES = Float64Array.from({ length: CEPSTRA * FILTERS }, (_, i) => {
  const [order, filter] = [Math.floor(i / FILTERS), i % FILTERS];
  return (
    Math.cos((Math.PI * order * (filter + 0.5)) / FILTERS) / (order === 0 ? FILTERS : Math.sqrt(FILTERS / 2))
  );
});

/** Log energy over the loud frames' and cepstra over their mean in speech. */
function cepstraOf(bands: Float64Array, count: number): Float64Array {
  const floor = meanOfLoud(bands, count) * 10 ** (-FLOOR_DB / 10);
  const logs = bands.map((energy) => Math.log(energy + floor + Number.MIN_VALUE));
  const cepstra = new Float64Array(count * CEPSTRA);
  for (let frame = 0; frame < count; frame += 1) {
    for (let order = 0; order < CEPSTRA; order += 1) {
      let sum = 0;
      for (let filter = 0; filter < FILTERS; filter += 1)
        sum += (COSINES[order * FILTERS + filter] ?? 0) * (logs[frame * FILTERS + filter] ?? 0);
      cepstra[frame * CEPSTRA + order] = sum;
    }
  }
  normalise(cepstra, count);
  return cepstra;
}

/** Mean energy of a band in the loudest tenth of the frames. */
function meanOfLoud(bands: Float64Array, count: number): number {
  const energies = Float64Array.from({ length: count }, (_, frame) => {
    let sum = 0;
    for (let filter = 0; filter < FILTERS; filter += 1) sum += bands[frame * FILTERS + filter] ?? 0;
    return sum / FILTERS;
  }).sort();
  const loud = energies.subarray(Math.floor(count * 0.9));
  return loud.reduce((sum, energy) => sum + energy, 0) / Math.max(1, loud.length);
}

function normalise(cepstra: Float64Array, count: number): void {
  const loudest = Float64Array.from({ length: count }, (_, frame) => cepstra[frame * CEPSTRA] ?? 0).sort();
  const reference = loudest[Math.floor(count * 0.95)] ?? 0;
  const faintest = reference - (SPEECH_DB / 10) * Math.LN10;
  const sums = new Float64Array(CEPSTRA);
  let speech = 0;
  for (let frame = 0; frame < count; frame += 1) {
    if ((cepstra[frame * CEPSTRA] ?? 0) < faintest) continue;
    speech += 1;
    for (let order = 1; order < CEPSTRA; order += 1)
      sums[order] = (sums[order] ?? 0) + (cepstra[frame * CEPSTRA + order] ?? 0);
  }
  for (let frame = 0; frame < count; frame += 1) {
    cepstra[frame * CEPSTRA] = (cepstra[frame * CEPSTRA] ?? 0) - reference;
    for (let order = 1; order < CEPSTRA; order += 1) {
      const i = frame * CEPSTRA + order;
      cepstra[i] = (cepstra[i] ?? 0) - (sums[order] ?? 0) / Math.max(1, speech);
    }
  }
}

/** Adds the slope over five frames of each figure. */
function withChanges(cepstra: Float64Array, count: number): Float32Array {
  const values = new Float32Array(count * FRAME_SIZE);
  const at = (frame: number, order: number): number =>
    cepstra[Math.max(0, Math.min(count - 1, frame)) * CEPSTRA + order] ?? 0;
  for (let frame = 0; frame < count; frame += 1) {
    for (let order = 0; order < CEPSTRA; order += 1) {
      const slope =
        (at(frame + 1, order) - at(frame - 1, order) + 2 * (at(frame + 2, order) - at(frame - 2, order))) /
        10;
      values[frame * FRAME_SIZE + order] = at(frame, order);
      values[frame * FRAME_SIZE + CEPSTRA + order] = slope;
    }
  }
  return values;
}

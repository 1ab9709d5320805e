import { SAMPLE_RATE_HZ } from "../../src/speech/recogniser.ts";

/** What the toy models speak: a sound below or above the middle of the mel scale, at about 1,700 Hz. */
export interface Beep {
  /** Seconds. */
  start: number;
  pitch: keyof typeof PITCHES;
  /** {@link BEEP_SECONDS} if not given. */
  seconds?: number;
}

export const BEEP_SECONDS = 0.4;

/** Harmonics, in hertz, that fill half of the mel scale. */
const PITCHES = {
  low: { from: 100, to: 1500, step: 100 },
  high: { from: 2000, to: 7000, step: 250 },
} as const;

const HARMONIC_LEVEL = 0.04;

/** Long enough that nothing clicks. */
const FADE_SAMPLES = 0.01 * SAMPLE_RATE_HZ;

/** Sounds in a room that is not quite silent: below -60 dB, and the same noise each time. */
export function beeps(sounds: readonly Beep[], seconds: number): Float32Array {
  const samples = noise(Math.round(seconds * SAMPLE_RATE_HZ));
  for (const sound of sounds) {
    const first = Math.round(sound.start * SAMPLE_RATE_HZ);
    for (const [i, sample] of beep(sound).entries()) samples[first + i] = (samples[first + i] ?? 0) + sample;
  }
  return samples;
}

function beep({ pitch, seconds = BEEP_SECONDS }: Beep): Float32Array {
  const { from, to, step } = PITCHES[pitch];
  const length = Math.round(seconds * SAMPLE_RATE_HZ);
  return Float32Array.from({ length }, (_, i) => {
    let sum = 0;
    for (let hz = from; hz <= to; hz += step) sum += Math.sin((2 * Math.PI * hz * i) / SAMPLE_RATE_HZ);
    return HARMONIC_LEVEL * sum * Math.min(1, i / FADE_SAMPLES, (length - i) / FADE_SAMPLES);
  });
}

function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    // The generator of "Numerical Recipes" (Knuth and Lewis).
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 0.002 * (state / 2 ** 32 - 0.5);
  });
}

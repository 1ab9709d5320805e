import { Fourier } from "./fourier.ts";

/** How much of each frequency is in two frames: they share one transform, as its real and imaginary parts. */
export class PowerSpectrum {
  readonly #fourier: Fourier;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  readonly #powers: readonly [Float64Array, Float64Array];

  /** @param size of a frame in samples, a power of two */
  constructor(size: number) {
    this.#fourier = new Fourier(size);
    this.#real = new Float64Array(size);
    this.#imaginary = new Float64Array(size);
    this.#powers = [new Float64Array(size / 2 + 1), new Float64Array(size / 2 + 1)];
  }

  /** Power of the bins from 0 to half the sample rate, for each of the frames; the same arrays at each call. */
  of(first: Float64Array, second: Float64Array): readonly [Float64Array, Float64Array] {
    const real = this.#real;
    const imaginary = this.#imaginary;
    const [power, other] = this.#powers;
    real.set(first);
    imaginary.set(second);
    this.#fourier.transform(real, imaginary);
    const { length } = this.#fourier;
    for (let bin = 0; bin <= length / 2; bin += 1) {
      const mirrored = (length - bin) % length;
      const a = real[bin] ?? 0;
      const b = imaginary[bin] ?? 0;
      const c = real[mirrored] ?? 0;
      const d = imaginary[mirrored] ?? 0;
      power[bin] = ((a + c) ** 2 + (b - d) ** 2) / 4;
      other[bin] = ((b + d) ** 2 + (c - a) ** 2) / 4;
    }
    return this.#powers;
  }
}

import { Fourier } from "./fourier.ts";

/** How much of each frequency is in a frame. */
export class PowerSpectrum {
  readonly #fourier: Fourier;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  readonly #power: Float64Array;

  /** @param size of a frame in samples, a power of two */
  constructor(size: number) {
    this.#fourier = new Fourier(size);
    this.#real = new Float64Array(size);
    this.#imaginary = new Float64Array(size);
    this.#power = new Float64Array(size / 2 + 1);
  }

  /** Power of the bins from 0 to half the sample rate, the same array at each call. */
  of(frame: Float64Array): Float64Array {
    this.#real.set(frame);
    this.#imaginary.fill(0);
    this.#fourier.transform(this.#real, this.#imaginary);
    for (let bin = 0; bin < this.#power.length; bin += 1) {
      const re = this.#real[bin] ?? 0;
      const im = this.#imaginary[bin] ?? 0;
      this.#power[bin] = re * re + im * im;
    }
    return this.#power;
  }
}

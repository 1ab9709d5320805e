import FFT from "fft.js";

/** How much of each frequency is in two frames: they share one transform, as its real and imaginary parts. */
export class PowerSpectrum {
  readonly #size: number;
  readonly #fourier: FFT;
  /** Real and imaginary parts in turn. */
  readonly #frames: Float64Array;
  readonly #transformed: Float64Array;
  readonly #powers: readonly [Float64Array, Float64Array];

  /** @param size of a frame in samples, a power of two */
  constructor(size: number) {
    this.#size = size;
    this.#fourier = new FFT(size);
    this.#frames = new Float64Array(2 * size);
    this.#transformed = new Float64Array(2 * size);
    this.#powers = [new Float64Array(size / 2 + 1), new Float64Array(size / 2 + 1)];
  }

  /** Power of the bins from 0 to half the sample rate, for each of the frames; the same arrays at each call. */
  of(first: Float64Array, second: Float64Array): readonly [Float64Array, Float64Array] {
    const frames = this.#frames;
    for (let i = 0; i < this.#size; i += 1) {
      frames[2 * i] = first[i] ?? 0;
      frames[2 * i + 1] = second[i] ?? 0;
    }
    this.#fourier.transform(this.#transformed, frames);
    this.#part();
    return this.#powers;
  }

  /** The transform of the real part is symmetric, that of the imaginary part antisymmetric: their sum tells both. */
  #part(): void {
    const transformed = this.#transformed;
    const [power, other] = this.#powers;
    for (let bin = 0; bin <= this.#size / 2; bin += 1) {
      const mirrored = (this.#size - bin) % this.#size;
      const a = transformed[2 * bin] ?? 0;
      const b = transformed[2 * bin + 1] ?? 0;
      const c = transformed[2 * mirrored] ?? 0;
      const d = transformed[2 * mirrored + 1] ?? 0;
      power[bin] = ((a + c) * (a + c) + (b - d) * (b - d)) / 4;
      other[bin] = ((b + d) * (b + d) + (c - a) * (c - a)) / 4;
    }
  }
}

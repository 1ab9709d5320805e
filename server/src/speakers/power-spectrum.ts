/** How much of each frequency is in a frame: the fast Fourier transform of Cooley and Tukey (1965), radix 2, in place. */
export class PowerSpectrum {
  readonly #size: number;
  readonly #reversed: Uint32Array;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  readonly #power: Float64Array;

  /** @param size of a frame in samples, a power of two */
  constructor(size: number) {
    this.#size = size;
    const bits = Math.log2(size);
    this.#reversed = Uint32Array.from({ length: size }, (_, i) => reverse(i, bits));
    this.#cosines = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sines = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / size));
    this.#real = new Float64Array(size);
    this.#imaginary = new Float64Array(size);
    this.#power = new Float64Array(size / 2 + 1);
  }

  /** Power of the bins from 0 to half the sample rate, the same array at each call. */
  of(frame: Float64Array): Float64Array {
    const real = this.#real;
    const imaginary = this.#imaginary;
    for (let i = 0; i < this.#size; i += 1) real[this.#reversed[i] ?? 0] = frame[i] ?? 0;
    imaginary.fill(0);
    for (let half = 1; half < this.#size; half *= 2) this.#join(half);
    for (let bin = 0; bin < this.#power.length; bin += 1) {
      const re = real[bin] ?? 0;
      const im = imaginary[bin] ?? 0;
      this.#power[bin] = re * re + im * im;
    }
    return this.#power;
  }

  /** Joins transforms of `half` samples to ones of twice that. One statement a value: pairs made this four times slower. */
  #join(half: number): void {
    const real = this.#real;
    const imaginary = this.#imaginary;
    const stride = this.#size / (2 * half);
    for (let i = 0; i < half; i += 1) {
      const cosine = this.#cosines[i * stride] ?? 0;
      const sine = this.#sines[i * stride] ?? 0;
      for (let even = i; even < this.#size; even += 2 * half) {
        const odd = even + half;
        const oddReal = real[odd] ?? 0;
        const oddImaginary = imaginary[odd] ?? 0;
        const re = oddReal * cosine - oddImaginary * sine;
        const im = oddReal * sine + oddImaginary * cosine;
        const evenReal = real[even] ?? 0;
        const evenImaginary = imaginary[even] ?? 0;
        real[odd] = evenReal - re;
        imaginary[odd] = evenImaginary - im;
        real[even] = evenReal + re;
        imaginary[even] = evenImaginary + im;
      }
    }
  }
}

function reverse(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit += 1) reversed |= ((value >> bit) & 1) << (bits - 1 - bit);
  return reversed >>> 0;
}

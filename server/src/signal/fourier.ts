/**
 * The fast Fourier transform of Cooley and Tukey (1965), radix 2, of complex values in place. Made once for a length, which must
 * be a power of two.
 */
export class Fourier {
  readonly length: number;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;
  readonly #reversed: Uint16Array;

  constructor(length: number) {
    this.length = length;
    this.#cosines = Float64Array.from({ length: length / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / length));
    this.#sines = Float64Array.from({ length: length / 2 }, (_, i) => Math.sin((-2 * Math.PI * i) / length));
    const bits = Math.log2(length);
    this.#reversed = Uint16Array.from({ length }, (_, i) => reverse(i, bits));
  }

  transform(real: Float64Array, imaginary: Float64Array): void {
    this.#shuffle(real, imaginary);
    for (let half = 1; half < this.length; half *= 2) this.#combine(real, imaginary, half);
  }

  #shuffle(real: Float64Array, imaginary: Float64Array): void {
    for (let i = 0; i < this.length; i += 1) {
      const j = this.#reversed[i] ?? 0;
      if (j <= i) continue;
      const [a, b] = [real[i] ?? 0, imaginary[i] ?? 0];
      real[i] = real[j] ?? 0;
      imaginary[i] = imaginary[j] ?? 0;
      real[j] = a;
      imaginary[j] = b;
    }
  }

  /** Joins transforms of `half` values into ones of twice as many. */
  #combine(real: Float64Array, imaginary: Float64Array, half: number): void {
    const step = this.length / (2 * half);
    for (let k = 0; k < half; k += 1) {
      const cosine = this.#cosines[k * step] ?? 0;
      const sine = this.#sines[k * step] ?? 0;
      for (let i = k; i < this.length; i += 2 * half) {
        const j = i + half;
        const a = real[j] ?? 0;
        const b = imaginary[j] ?? 0;
        const x = a * cosine - b * sine;
        const y = a * sine + b * cosine;
        const c = real[i] ?? 0;
        const d = imaginary[i] ?? 0;
        real[j] = c - x;
        imaginary[j] = d - y;
        real[i] = c + x;
        imaginary[i] = d + y;
      }
    }
  }
}

function reverse(value: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit += 1) reversed = (reversed << 1) | ((value >> bit) & 1);
  return reversed;
}

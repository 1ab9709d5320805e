/** How sounds look in the features: each sound is three states in a row, each state a few Gaussians with diagonal covariance. */
import { FRAME_SIZE, type Features } from "./features.ts";

/** States of a sound: its beginning, middle and end. A pause has them too, so a sound lasts 30 ms at least. */
export const STATES = 3;

/** The sound between words. */
export const PAUSE = "pau";

/** One bell curve: share of its state, then mean and standard deviation of each figure of a frame. */
export interface Gaussian {
  weight: number;
  mean: readonly number[];
  deviation: readonly number[];
}

/** Trained by `bench/train-aligner.ts`. */
export interface AcousticParameters {
  /** States of each sound: their Gaussians, and the probability to stay for another frame. */
  sounds: Readonly<Record<string, readonly { stay: number; gaussians: readonly Gaussian[] }[]>>;
}

/** Natural logarithms of likelihoods: `states` for each frame, one frame after the other. */
export interface Scores {
  states: number;
  values: Float32Array;
  /** The best of each frame, whatever its sound. */
  best: Float32Array;
}

export class AcousticModel {
  /** Natural logarithms of the probabilities to stay in a state and to leave it. */
  readonly stay: Float32Array;
  readonly leave: Float32Array;
  readonly #firstStates = new Map<string, number>();
  readonly #states: number;
  /** Gaussians of a state, from the first of `#firsts` to the next state's. */
  readonly #firsts: Int32Array;
  readonly #constants: Float64Array;
  readonly #means: Float64Array;
  readonly #precisions: Float64Array;

  constructor({ sounds }: AcousticParameters) {
    const names = Object.keys(sounds);
    const states = names.flatMap((name) => sounds[name] ?? []);
    const gaussians = states.flatMap((state) => state.gaussians);
    names.forEach((name, i) => this.#firstStates.set(name, i * STATES));
    this.#states = states.length;
    this.#firsts = new Int32Array(states.length + 1);
    states.forEach((state, i) => (this.#firsts[i + 1] = (this.#firsts[i] ?? 0) + state.gaussians.length));
    this.stay = Float32Array.from(states, ({ stay }) => Math.log(stay));
    this.leave = Float32Array.from(states, ({ stay }) => Math.log(1 - stay));
    this.#constants = Float64Array.from(gaussians, constantOf);
    this.#means = Float64Array.from(gaussians.flatMap(({ mean }) => mean));
    // Half the inverse variance, and its root: the loop below then has one product less.
    this.#precisions = Float64Array.from(
      gaussians.flatMap(({ deviation }) => deviation.map((value) => Math.SQRT1_2 / value)),
    );
  }

  /** The first state of a sound; null where the model has no such sound. */
  firstState(sound: string): number | null {
    return this.#firstStates.get(sound) ?? null;
  }

  /** How well each state explains each frame: that of its best Gaussian. */
  score({ count, values }: Features): Scores {
    const states = this.#states;
    const scores = new Float32Array(count * states);
    const best = new Float32Array(count).fill(-Infinity);
    for (let state = 0; state < states; state += 1) this.#scoreState(state, values, scores, best);
    return { states, values: scores, best };
  }

  /**
   * The hottest loop of the aligner. A sound lasts for some frames, so the Gaussian that was the best in one frame is tried first
   * in the next, and the others are left once they can no longer be the best.
   */
  #scoreState(state: number, values: Float32Array, scores: Float32Array, best: Float32Array): void {
    const [from, until] = [this.#firsts[state] ?? 0, this.#firsts[state + 1] ?? 0];
    let likely = from;
    for (let frame = 0; frame < best.length; frame += 1) {
      const offset = frame * FRAME_SIZE;
      const tried = likely;
      let score = this.#scoreOf(tried, values, offset, -Infinity);
      for (let gaussian = from; gaussian < until; gaussian += 1) {
        if (gaussian === tried) continue;
        const other = this.#scoreOf(gaussian, values, offset, score);
        if (other <= score) continue;
        score = other;
        likely = gaussian;
      }
      scores[frame * this.#states + state] = score;
      if (score > (best[frame] ?? 0)) best[frame] = score;
    }
  }

  /** The score of one Gaussian in one frame, or less than it but no more than `least`. */
  #scoreOf(gaussian: number, values: Float32Array, offset: number, least: number): number {
    const means = this.#means;
    const precisions = this.#precisions;
    const base = gaussian * FRAME_SIZE;
    let score = this.#constants[gaussian] ?? 0;
    for (let i = 0; i < FRAME_SIZE && score > least; i += 2) {
      const a = ((values[offset + i] ?? 0) - (means[base + i] ?? 0)) * (precisions[base + i] ?? 0);
      const b =
        ((values[offset + i + 1] ?? 0) - (means[base + i + 1] ?? 0)) * (precisions[base + i + 1] ?? 0);
      score -= a * a + b * b;
    }
    return score;
  }
}

function constantOf({ weight, deviation }: Gaussian): number {
  const spread = deviation.reduce((sum, value) => sum + Math.log(value), 0);
  return Math.log(weight) - spread - (FRAME_SIZE / 2) * Math.log(2 * Math.PI);
}

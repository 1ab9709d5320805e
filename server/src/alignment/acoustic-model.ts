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
    for (let frame = 0; frame < count; frame += 1) {
      for (let state = 0; state < states; state += 1) {
        const score = this.#scoreOf(state, values, frame * FRAME_SIZE);
        scores[frame * states + state] = score;
        if (score > (best[frame] ?? 0)) best[frame] = score;
      }
    }
    return { states, values: scores, best };
  }

  /** The hottest loop of the aligner: a Gaussian is left once it can no longer be the best of its state. */
  #scoreOf(state: number, values: Float32Array, offset: number): number {
    const means = this.#means;
    const precisions = this.#precisions;
    const until = this.#firsts[state + 1] ?? 0;
    let best = -Infinity;
    for (let gaussian = this.#firsts[state] ?? 0; gaussian < until; gaussian += 1) {
      let score = this.#constants[gaussian] ?? 0;
      const base = gaussian * FRAME_SIZE;
      for (let i = 0; i < FRAME_SIZE && score > best; i += 2) {
        const a = ((values[offset + i] ?? 0) - (means[base + i] ?? 0)) * (precisions[base + i] ?? 0);
        const b =
          ((values[offset + i + 1] ?? 0) - (means[base + i + 1] ?? 0)) * (precisions[base + i + 1] ?? 0);
        score -= a * a + b * b;
      }
      if (score > best) best = score;
    }
    return best;
  }
}

function constantOf({ weight, deviation }: Gaussian): number {
  const spread = deviation.reduce((sum, value) => sum + Math.log(value), 0);
  return Math.log(weight) - spread - (FRAME_SIZE / 2) * Math.log(2 * Math.PI);
}

/** How sounds look in the features: each sound is three states in a row, each state a few Gaussians with diagonal covariance. */
import { FRAME_SIZE, type Features } from "./features.ts";

/** States of a sound: its beginning, middle and end. A pause has them too, so a sound lasts 30 ms at least. */
export const STATES = 3;

/** Frames that are scored at a time. */
const BLOCK = 4;

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
  /** The best of each frame, whatever its sound. There are as many frames as there are of these. */
  best: Float32Array;
}

export class AcousticModel {
  /** Natural logarithms of the probabilities to stay in a state and to leave it. */
  readonly stay: Float32Array;
  readonly leave: Float32Array;
  readonly #firstStates = new Map<string, number>();
  readonly #states: number;
  /** The first Gaussian of each state; its last one stands before the next state's first. */
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
    // The root of half the inverse variance: the loop below then has one product less.
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
    const blocks = Math.ceil(count / BLOCK);
    const padded = new Float32Array(blocks * BLOCK * FRAME_SIZE);
    padded.set(values);
    const scores = new Float32Array(blocks * BLOCK * states);
    for (let block = 0; block < blocks; block += 1)
      for (let state = 0; state < states; state += 1) this.#scoreBlock(state, padded, block * BLOCK, scores);
    return { states, values: scores, best: bestOf(scores, count, states) };
  }

  /** The hottest loop of the aligner: four frames at a time, so that a Gaussian is fetched once for them. */
  #scoreBlock(state: number, values: Float32Array, frame: number, scores: Float32Array): void {
    const means = this.#means;
    const precisions = this.#precisions;
    const until = this.#firsts[state + 1] ?? 0;
    const from = frame * FRAME_SIZE;
    let [best0, best1, best2, best3] = [-Infinity, -Infinity, -Infinity, -Infinity];
    for (let gaussian = this.#firsts[state] ?? 0; gaussian < until; gaussian += 1) {
      const base = gaussian * FRAME_SIZE;
      let score0 = this.#constants[gaussian] ?? 0;
      let score1 = score0;
      let score2 = score0;
      let score3 = score0;
      for (let i = 0; i < FRAME_SIZE; i += 1) {
        const mean = means[base + i] ?? 0;
        const precision = precisions[base + i] ?? 0;
        const x0 = ((values[from + i] ?? 0) - mean) * precision;
        const x1 = ((values[from + FRAME_SIZE + i] ?? 0) - mean) * precision;
        const x2 = ((values[from + 2 * FRAME_SIZE + i] ?? 0) - mean) * precision;
        const x3 = ((values[from + 3 * FRAME_SIZE + i] ?? 0) - mean) * precision;
        score0 -= x0 * x0;
        score1 -= x1 * x1;
        score2 -= x2 * x2;
        score3 -= x3 * x3;
      }
      if (score0 > best0) best0 = score0;
      if (score1 > best1) best1 = score1;
      if (score2 > best2) best2 = score2;
      if (score3 > best3) best3 = score3;
    }
    const at = frame * this.#states + state;
    scores[at] = best0;
    scores[at + this.#states] = best1;
    scores[at + 2 * this.#states] = best2;
    scores[at + 3 * this.#states] = best3;
  }
}

/** The best of each frame. */
function bestOf(scores: Float32Array, count: number, states: number): Float32Array {
  const best = new Float32Array(count).fill(-Infinity);
  for (let frame = 0; frame < count; frame += 1)
    for (let state = 0; state < states; state += 1) {
      const score = scores[frame * states + state] ?? 0;
      if (score > (best[frame] ?? 0)) best[frame] = score;
    }
  return best;
}

function constantOf({ weight, deviation }: Gaussian): number {
  const spread = deviation.reduce((sum, value) => sum + Math.log(value), 0);
  return Math.log(weight) - spread - (FRAME_SIZE / 2) * Math.log(2 * Math.PI);
}

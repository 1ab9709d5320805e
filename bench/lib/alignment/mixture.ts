/** Fits a few Gaussians to frames: split and re-estimated in turn (expectation and maximisation). */
import type { Gaussian } from "../../../server/src/alignment/acoustic-model.ts";
import { FRAME_SIZE } from "../../../server/src/alignment/features.ts";

/** Frames of one state, each {@link FRAME_SIZE} figures of a longer list. */
export interface Frames {
  values: Float32Array;
  count: number;
}

/** Rounds of re-estimation after each split. */
const ROUNDS = 5;

/** A Gaussian of fewer frames than this would describe them and not the sound. */
const FRAMES_PER_GAUSSIAN_MIN = 100;

/** A deviation is at least this share of what all sounds together have: little material looks too alike. */
const DEVIATION_SHARE_MIN = 0.25;

/** @param global standard deviations over all sounds */
export function fitMixture(frames: Frames, most: number, global: readonly number[]): Gaussian[] {
  const floor = global.map((deviation) => deviation * DEVIATION_SHARE_MIN);
  let gaussians = [single(frames, floor)];
  while (gaussians.length * 2 <= most && frames.count >= gaussians.length * 2 * FRAMES_PER_GAUSSIAN_MIN) {
    gaussians = gaussians.flatMap(halves);
    for (let round = 0; round < ROUNDS; round += 1) gaussians = reestimated(gaussians, frames, floor);
  }
  return gaussians;
}

/** Mean and standard deviation of each figure. */
export function single(frames: Frames, floor: readonly number[]): Gaussian {
  const everything = new Float64Array(frames.count).fill(1);
  return moments(frames, everything, frames.count, floor);
}

function halves({ weight, mean, deviation }: Gaussian): Gaussian[] {
  return [-0.3, 0.3].map((side) => ({
    weight: weight / 2,
    mean: mean.map((value, i) => value + side * (deviation[i] ?? 0)),
    deviation,
  }));
}

function reestimated(gaussians: Gaussian[], frames: Frames, floor: readonly number[]): Gaussian[] {
  const shares = gaussians.map(() => new Float64Array(frames.count));
  const logs = new Float64Array(gaussians.length);
  for (let frame = 0; frame < frames.count; frame += 1) {
    gaussians.forEach(
      (gaussian, i) => (logs[i] = logLikelihood(gaussian, frames.values, frame * FRAME_SIZE)),
    );
    const top = Math.max(...logs);
    const sum = logs.reduce((sum, log) => sum + Math.exp(log - top), 0);
    shares.forEach((share, i) => (share[frame] = Math.exp((logs[i] ?? 0) - top) / sum));
  }
  return gaussians.map((gaussian, i) => {
    const own = shares[i] ?? new Float64Array(frames.count);
    const total = own.reduce((sum, share) => sum + share, 0);
    return total < FRAMES_PER_GAUSSIAN_MIN / 2 ? gaussian : moments(frames, own, total, floor);
  });
}

function logLikelihood({ weight, mean, deviation }: Gaussian, values: Float32Array, offset: number): number {
  let log = Math.log(weight);
  for (let i = 0; i < FRAME_SIZE; i += 1) {
    const spread = deviation[i] ?? 1;
    const distance = ((values[offset + i] ?? 0) - (mean[i] ?? 0)) / spread;
    log -= 0.5 * distance * distance + Math.log(spread);
  }
  return log;
}

function moments(frames: Frames, shares: Float64Array, total: number, floor: readonly number[]): Gaussian {
  const sums = new Float64Array(FRAME_SIZE);
  const squares = new Float64Array(FRAME_SIZE);
  for (let frame = 0; frame < frames.count; frame += 1) {
    const share = shares[frame] ?? 0;
    for (let i = 0; i < FRAME_SIZE; i += 1) {
      const value = frames.values[frame * FRAME_SIZE + i] ?? 0;
      sums[i] = (sums[i] ?? 0) + share * value;
      squares[i] = (squares[i] ?? 0) + share * value * value;
    }
  }
  const mean = [...sums].map((sum) => sum / total);
  const deviation = [...squares].map((square, i) =>
    Math.max(floor[i] ?? 0, Math.sqrt(Math.max(1e-6, square / total - (mean[i] ?? 0) ** 2))),
  );
  return { weight: total / frames.count, mean, deviation };
}

/** Makes a trained model smaller: Gaussians that are alike become one. */
import type { AcousticParameters, Gaussian } from "../../../server/src/alignment/acoustic-model.ts";

/** @param most Gaussians that a state keeps */
export function reduced({ sounds }: AcousticParameters, most: number): AcousticParameters {
  return {
    sounds: Object.fromEntries(
      Object.entries(sounds).map(([sound, states]) => [
        sound,
        states.map(({ stay, gaussians }) => ({ stay, gaussians: merged(gaussians, most) })),
      ]),
    ),
  };
}

/** Joins, again and again, the two whose joining widens the state's description least (Runnalls 2007). */
function merged(gaussians: readonly Gaussian[], most: number): Gaussian[] {
  let left = [...gaussians];
  while (left.length > most) {
    const pairs = left.flatMap((a, i) => left.slice(i + 1).map((b) => ({ a, b, joint: joined(a, b) })));
    const [first] = pairs.sort((x, y) => lossOf(x) - lossOf(y));
    if (first === undefined) break;
    left = [...left.filter((gaussian) => gaussian !== first.a && gaussian !== first.b), first.joint];
  }
  return left;
}

interface Pair {
  a: Gaussian;
  b: Gaussian;
  joint: Gaussian;
}

function lossOf({ a, b, joint }: Pair): number {
  return joint.weight * spreadOf(joint) - a.weight * spreadOf(a) - b.weight * spreadOf(b);
}

function spreadOf({ deviation }: Gaussian): number {
  return deviation.reduce((sum, value) => sum + Math.log(value), 0);
}

/** One Gaussian with the mean and variance of both. */
function joined(a: Gaussian, b: Gaussian): Gaussian {
  const weight = a.weight + b.weight;
  const [p, q] = [a.weight / weight, b.weight / weight];
  const mean = a.mean.map((value, i) => p * value + q * (b.mean[i] ?? 0));
  const deviation = a.deviation.map((value, i) => {
    const other = b.deviation[i] ?? 0;
    const apart = (a.mean[i] ?? 0) - (b.mean[i] ?? 0);
    return Math.sqrt(p * value ** 2 + q * other ** 2 + p * q * apart ** 2);
  });
  return compact({ weight, mean, deviation });
}

/** With as few digits as say all that it says. */
export function compact({ weight, mean, deviation }: Gaussian): Gaussian {
  return { weight: rounded(weight), mean: mean.map(rounded), deviation: deviation.map(rounded) };
}

/** Three digits are more than the material can tell, and keep the file small. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

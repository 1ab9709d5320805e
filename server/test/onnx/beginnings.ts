import { floats, integers, node, TO_FLOAT, type Constant, type Node } from "./network.ts";

/** How a toy model hears. */
export interface Listening {
  /** Mel bins; the lower half is one band, the upper half the other. */
  bins: number;
  /** Frames of 10 ms that it takes together. */
  framesPerStep: number;
  /** Mean of a band's features over a step from which it is loud. */
  loudMin: number;
}

/**
 * The part of a network that hears: from features (N, T, bins) to `loud` and `begins` (N, T / framesPerStep, 2), which are 1 where
 * the low or the high band is loud, and where it became so.
 */
export function beginningsOf(
  features: string,
  { bins, framesPerStep, loudMin }: Listening,
): { constants: Record<string, Constant>; nodes: Node[] } {
  const step = [framesPerStep, bins / 2];
  return {
    constants: {
      one_channel: integers(1),
      loud_min: floats([1], [loudMin]),
      // A step later: one more at the start of the second dimension, one less at its end.
      later: integers(0, 1, 0, 0, -1, 0),
    },
    nodes: [
      node("Unsqueeze", [features, "one_channel"], "image"),
      node("AveragePool", ["image"], "pooled", { kernel_shape: step, strides: step }),
      node("Squeeze", ["pooled", "one_channel"], "bands"),
      node("Greater", ["bands", "loud_min"], "is_loud"),
      node("Cast", ["is_loud"], "loud", TO_FLOAT),
      node("Pad", ["loud", "later"], "loud_before"),
      node("Sub", ["loud", "loud_before"], "change"),
      node("Relu", ["change"], "begins"),
    ],
  };
}

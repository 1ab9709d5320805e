/** Voices as the embeddings of a neural network: directions, compared by their angle. */
import type { Voice, VoiceMetric, VoicePrint } from "./voice-metric.ts";

/** Taken over from others: there is no model here to measure with. */
export const COSINES = {
  /** Windows of VoxCeleb recipes and of sherpa-onnx's own diarization are 1.5 s and longer. */
  pieceSeconds: 1.5,
  /** Distance (one less the cosine) from which sherpa-onnx's clustering takes two voices for two people. */
  distanceMax: 0.5,
  /** A step of 0.1 in the cosine makes one voice e times likelier than another. */
  likelihoodScale: 10,
} as const;

/** Sum of directions, with its length. */
interface Direction extends Voice {
  readonly count: number;
  readonly length: number;
}

/** The print of one embedding: its direction alone, for its length says nothing. */
export function embeddingPrint(embedding: Float32Array): VoicePrint {
  const length = Math.hypot(...embedding);
  const print = new Float64Array(1 + embedding.length);
  if (length === 0 || !Number.isFinite(length)) return print;
  print[0] = 1;
  embedding.forEach((value, i) => (print[1 + i] = value / length));
  return print;
}

export const COSINE_METRIC: VoiceMetric<Direction> = {
  pieceSeconds: COSINES.pieceSeconds,
  piecesAtFirst: 1,
  voiceOf: (print) => ({ print, count: print[0] ?? 0, length: lengthOf(print) }),
  compare(a, b) {
    const between = distance(a, b);
    const weight = (a.count * b.count) / Math.max(1, a.count + b.count);
    return { cost: between * weight, apart: between / COSINES.distanceMax };
  },
  listenFor: (voice) => (piece) => likelihood(product(piece, voice.print), voice.length),
  fitWithout({ print, length }, piece) {
    const shared = product(piece, print);
    const own = product(piece, piece);
    return likelihood(shared - own, Math.sqrt(Math.max(0, length * length - 2 * shared + own)));
  },
};

const TINY = 1e-12;

function likelihood(shared: number, length: number): number {
  return (COSINES.likelihoodScale * shared) / Math.max(length, TINY);
}

/** One less the cosine of the angle between. */
function distance(a: Direction, b: Direction): number {
  return 1 - product(a.print, b.print) / Math.max(a.length * b.length, TINY);
}

/** Of the directions, without the counts before them. */
function product(a: VoicePrint, b: VoicePrint): number {
  let sum = 0;
  for (let i = 1; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function lengthOf(print: VoicePrint): number {
  return Math.sqrt(product(print, print));
}

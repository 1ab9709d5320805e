/**
 * What voices are told apart by. A print says how a stretch of speech sounds, as numbers that add up: the print of two
 * stretches together is the sum of theirs, so that a voice of hours is no larger than one of seconds.
 */

/** How a stretch sounds; its first number is how much there is of it. What the others mean, the metric knows. */
export type VoicePrint = Float64Array;

/** A voice, prepared for comparing: whatever the metric needs. */
export interface Voice {
  readonly print: VoicePrint;
}

/** What is between two voices. */
export interface Difference {
  /** What is lost by taking them for one. The pair that loses least is joined first. */
  cost: number;
  /** How different they are, over the most that stretches of one person differ: above 1 speaks for two people. */
  apart: number;
}

/** How prints of one kind are compared. */
export interface VoiceMetric<V extends Voice = Voice> {
  /** Length of the stretches that prints are taken of, in seconds: long enough to say something, short enough for one person. */
  readonly pieceSeconds: number;
  /** Neighbouring pieces of one stretch of speech that begin as one voice. */
  readonly piecesAtFirst: number;
  voiceOf(print: VoicePrint): V;
  compare(a: V, b: V): Difference;
  /** Gives what tells how well a piece fits the voice, as a logarithm of likelihood. */
  listenFor(voice: V): (piece: VoicePrint) => number;
  /** The same of a voice without one of its pieces, for that piece. */
  fitWithout(voice: V, piece: VoicePrint): number;
}

/** The print of two stretches together. */
export function together(a: VoicePrint, b: VoicePrint): VoicePrint {
  const sum = a.slice();
  addTo(sum, b);
  return sum;
}

/** Adds a stretch to a print. */
export function addTo(sum: VoicePrint, print: VoicePrint): void {
  for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + (print[i] ?? 0);
}

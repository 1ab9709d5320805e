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

/** How prints of one kind are compared. */
export interface VoiceMetric<V extends Voice = Voice> {
  /** Length of the stretches that prints are taken of, in seconds: long enough to say something, short enough for one person. */
  readonly pieceSeconds: number;
  /** Neighbouring pieces of one stretch of speech that begin as one voice. */
  readonly piecesAtFirst: number;
  voiceOf(print: VoicePrint): V;
  /** What is lost by taking two voices for one. The pair that loses least is joined first. */
  cost(a: V, b: V): number;
  /** How different two voices are, over the most that stretches of one person differ: above 1 speaks for two people. */
  apart(a: V, b: V): number;
  /** Gives what tells how well a piece fits the voice, as a logarithm of likelihood. */
  listenFor(voice: V): (piece: VoicePrint) => number;
}

/** The print of two stretches together. */
export function together(a: VoicePrint, b: VoicePrint): VoicePrint {
  return a.map((value, i) => value + (b[i] ?? 0));
}

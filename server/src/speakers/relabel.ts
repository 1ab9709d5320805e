/** Who speaks in each piece, once the voices are known: the likeliest course of changes between them (Viterbi, 1967). */
import type { KnownVoice } from "./ears.ts";
import type { PieceSpan } from "./pieces.ts";

/** Logarithms of how unlikely another voice is. */
export const CHANGES = {
  /** Within speech: people wait for each other to pause, mostly. */
  withoutPause: 4,
  /** After a pause every third stretch is somebody else's. */
  afterPause: 1,
} as const;

/** @returns the index of a voice for each piece */
export function relabel(pieces: readonly PieceSpan[], voices: readonly KnownVoice[]): number[] {
  const count = voices.length;
  const scores = new Float64Array(count);
  /** Whose the piece before was, for each piece and voice. */
  const origins = new Uint8Array(pieces.length * count);
  for (const [i, { follows }] of pieces.entries()) {
    const best = indexOfMost(scores);
    const changed = (scores[best] ?? 0) - (follows ? CHANGES.withoutPause : CHANGES.afterPause);
    for (const [voice, { fits }] of voices.entries()) {
      const stays = (scores[voice] ?? 0) >= changed;
      origins[i * count + voice] = stays ? voice : best;
      scores[voice] = (stays ? (scores[voice] ?? 0) : changed) + (fits[i] ?? 0);
    }
  }
  return backtrack(origins, pieces.length, indexOfMost(scores));
}

function backtrack(origins: Uint8Array, pieces: number, last: number): number[] {
  const count = origins.length / pieces;
  const labels: number[] = [];
  let voice = last;
  for (let i = pieces - 1; i >= 0; i -= 1) {
    labels.push(voice);
    voice = origins[i * count + voice] ?? 0;
  }
  return labels.reverse();
}

function indexOfMost(values: Float64Array): number {
  let most = 0;
  for (let i = 1; i < values.length; i += 1) if ((values[i] ?? 0) > (values[most] ?? 0)) most = i;
  return most;
}

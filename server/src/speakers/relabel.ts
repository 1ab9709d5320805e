/** Who speaks in each piece, once the voices are known: the likeliest course of changes between them (Viterbi, 1967). */
import { setImmediate as breathe } from "node:timers/promises";
import type { PieceSpan } from "./pieces.ts";
import type { Voice, VoiceMetric, VoicePrint } from "./voice-metric.ts";

/** A piece of speech and how it sounds. */
export interface Piece extends PieceSpan {
  print: VoicePrint;
}

/** Logarithms of how unlikely another voice is. */
const CHANGES = {
  /** Within speech: people wait for each other to pause, mostly. */
  withoutPause: 4,
  /** After a pause every third stretch is somebody else's. */
  afterPause: 1,
} as const;

/** How many pieces are listened to before others get their turn: with twenty voices, some 10 ms. */
const PIECES_AT_ONCE = 1_000;

/** @returns the index of a voice for each piece */
export async function relabel<V extends Voice>(
  pieces: readonly Piece[],
  voices: readonly V[],
  metric: VoiceMetric<V>,
): Promise<number[]> {
  const listeners = voices.map((voice) => metric.listenFor(voice));
  let scores = voices.map(() => 0);
  const origins: Uint8Array[] = [];
  for (const [i, { print, follows }] of pieces.entries()) {
    if (i % PIECES_AT_ONCE === 0) await breathe();
    const best = indexOfMost(scores);
    const changed = (scores[best] ?? 0) - (follows ? CHANGES.withoutPause : CHANGES.afterPause);
    origins.push(Uint8Array.from(scores, (score, voice) => (score >= changed ? voice : best)));
    scores = listeners.map((listen, voice) => Math.max(scores[voice] ?? 0, changed) + listen(print));
  }
  return backtrack(origins, indexOfMost(scores));
}

function backtrack(origins: readonly Uint8Array[], last: number): number[] {
  const labels: number[] = [];
  let voice = last;
  for (const from of origins.toReversed()) {
    labels.push(voice);
    voice = from[voice] ?? 0;
  }
  return labels.reverse();
}

function indexOfMost(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > (values[best] ?? -Infinity) ? i : best), 0);
}

/**
 * How sure it is that voices are different people's, and not one person's moods, rooms or vowels. Two things must hold:
 * the voices differ by more than one person does; and a second of speech sounds like the voice that the second before it
 * sounded like, since people talk in stretches while vowels change at once.
 */
import { setImmediate as breathe } from "node:timers/promises";
import type { Piece } from "./relabel.ts";
import type { Voice, VoiceMetric, VoicePrint } from "./voice-metric.ts";

/** Two voices, by their indices. */
export interface Pair {
  first: number;
  second: number;
  /** 0 to 1. */
  certainty: number;
}

/** So many neighbours are counted as agreeing by chance: a few that agree prove nothing. */
const NEIGHBOURS_BY_CHANCE = 4;

const PIECES_AT_ONCE = 500;

/**
 * The two voices that are told apart with the least certainty; null where there are no two.
 *
 * @param labels the voice of each piece
 */
export async function mostDoubtful<V extends Voice>(
  pieces: readonly Piece[],
  labels: readonly number[],
  voices: readonly V[],
  metric: VoiceMetric<V>,
): Promise<Pair | null> {
  const fits = voices.length > 1 ? await fitsOf(pieces, labels, voices, metric) : [];
  let doubt: Pair | null = null;
  for (const [second, b] of voices.entries())
    for (const [first, a] of voices.slice(0, second).entries()) {
      const { apart } = metric.compare(a, b);
      const held = holding(pieces, labels, fits, first, second);
      const certainty = (held * apart) / (1 + apart);
      if (doubt === null || certainty < doubt.certainty) doubt = { first, second, certainty };
    }
  return doubt;
}

/** How each piece fits each voice, its own voice without it: nothing is proved by what was made to fit. */
async function fitsOf<V extends Voice>(
  pieces: readonly Piece[],
  labels: readonly number[],
  voices: readonly V[],
  metric: VoiceMetric<V>,
): Promise<Float64Array[]> {
  const listeners = voices.map((voice) => metric.listenFor(voice));
  const fits: Float64Array[] = [];
  for (const [i, { print }] of pieces.entries()) {
    if (i % PIECES_AT_ONCE === 0) await breathe();
    const fit = Float64Array.from(listeners, (listen) => listen(print));
    const own = labels[i] ?? 0;
    const voice = voices[own];
    if (voice !== undefined) fit[own] = metric.listenFor(metric.voiceOf(without(voice.print, print)))(print);
    fits.push(fit);
  }
  return fits;
}

function without(voice: VoicePrint, piece: VoicePrint): VoicePrint {
  return voice.map((value, i) => value - (piece[i] ?? 0));
}

/**
 * How far neighbouring pieces of two voices sound like the same one, each heard by itself: 0 where that is as chance has
 * it, 1 where they always do. Cohen's kappa (1960).
 */
function holding(
  pieces: readonly Piece[],
  labels: readonly number[],
  fits: readonly Float64Array[],
  first: number,
  second: number,
): number {
  const counts = { first: 0, second: 0 };
  let neighbours = 0;
  let agreed = 0;
  let before: boolean | null = null;
  pieces.forEach(({ follows }, i) => {
    const isOurs = labels[i] === first || labels[i] === second;
    const isFirst = (fits[i]?.[first] ?? 0) >= (fits[i]?.[second] ?? 0);
    if (isOurs) counts[isFirst ? "first" : "second"] += 1;
    if (isOurs && follows && before !== null) {
      neighbours += 1;
      agreed += before === isFirst ? 1 : 0;
    }
    before = isOurs ? isFirst : null;
  });
  const share = counts.first / (counts.first + counts.second);
  const chance = share ** 2 + (1 - share) ** 2;
  const agreement = (agreed + chance * NEIGHBOURS_BY_CHANCE) / (neighbours + NEIGHBOURS_BY_CHANCE);
  return chance < 1 ? Math.max(0, (agreement - chance) / (1 - chance)) : 0;
}

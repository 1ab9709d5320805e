/**
 * How sure it is that voices are different people's, and not one person's moods, rooms or vowels. Two things must hold:
 * the voices differ by more than one person does; and a second of speech sounds like the voice that the second before it
 * sounded like, since people talk in stretches while vowels change at once.
 */
import type { Ears, KnownVoice } from "./ears.ts";
import type { Voice } from "./voice-metric.ts";

/** Two voices, by their indices. */
export interface Pair {
  first: number;
  second: number;
  /** 0 to 1. */
  certainty: number;
}

/** So many neighbours are counted as agreeing by chance: a few that agree prove nothing. */
const NEIGHBOURS_BY_CHANCE = 4;

/** Tells how surely voices are two people's. What was found of two voices is kept as long as both are the same. */
export class Doubts<V extends Voice> {
  readonly #ears: Ears<V>;
  readonly #found = new WeakMap<KnownVoice<V>, WeakMap<KnownVoice<V>, number>>();

  constructor(ears: Ears<V>) {
    this.#ears = ears;
  }

  /**
   * The two voices that are told apart with the least certainty; null where there are no two.
   *
   * @param labels the voice of each piece
   */
  most(labels: readonly number[], voices: readonly KnownVoice<V>[]): Pair | null {
    let doubt: Pair | null = null;
    for (const [second, b] of voices.entries())
      for (const [first, a] of voices.slice(0, second).entries()) {
        const certainty = this.#certainty(labels, { index: first, known: a }, { index: second, known: b });
        if (doubt === null || certainty < doubt.certainty) doubt = { first, second, certainty };
      }
    return doubt;
  }

  #certainty(labels: readonly number[], a: Labelled<V>, b: Labelled<V>): number {
    const found = this.#found.get(a.known) ?? new WeakMap<KnownVoice<V>, number>();
    this.#found.set(a.known, found);
    const known = found.get(b.known);
    if (known !== undefined) return known;
    const { apart } = this.#ears.metric.compare(a.known.voice, b.known.voice);
    const certainty = (this.#holding(labels, a, b) * apart) / (1 + apart);
    found.set(b.known, certainty);
    return certainty;
  }

  /**
   * How far neighbouring pieces of two voices sound like the same one, each heard by itself: 0 where that is as chance has
   * it, 1 where they always do. Cohen's kappa (1960).
   */
  #holding(labels: readonly number[], a: Labelled<V>, b: Labelled<V>): number {
    const counts = { first: 0, second: 0 };
    let neighbours = 0;
    let agreed = 0;
    let before: boolean | null = null;
    for (const [i, { follows }] of this.#ears.pieces.entries()) {
      const label = labels[i];
      if (label !== a.index && label !== b.index) {
        before = null;
        continue;
      }
      const isFirst = this.#fit(a, i, label) >= this.#fit(b, i, label);
      counts[isFirst ? "first" : "second"] += 1;
      if (follows && before !== null) {
        neighbours += 1;
        agreed += before === isFirst ? 1 : 0;
      }
      before = isFirst;
    }
    const share = counts.first / (counts.first + counts.second);
    const chance = share ** 2 + (1 - share) ** 2;
    const agreement = (agreed + chance * NEIGHBOURS_BY_CHANCE) / (neighbours + NEIGHBOURS_BY_CHANCE);
    return chance < 1 ? Math.max(0, (agreement - chance) / (1 - chance)) : 0;
  }

  #fit({ known, index }: Labelled<V>, piece: number, label: number): number {
    return label === index ? this.#ears.fitAlone(known, piece) : (known.fits[piece] ?? 0);
  }
}

/** A voice and the label of its pieces. */
interface Labelled<V extends Voice> {
  known: KnownVoice<V>;
  index: number;
}

/** Words for which there is no sound: laid along the clip they are squeezed together, and what is heard there is something else. */
import type { AlignedWord } from "../../speech/recogniser.ts";
import { meanFit } from "../word-times.ts";

/** Fewer words than this may fit badly because one of them is a name that is not said as it is spelt. */
const WORDS = 4;

/** So much of its time a run of words needs at its shortest, to count: words that were said have room. */
const SQUEEZE_MIN = 0.6;

/** Neighbouring words of a text, by their places in it. */
export interface WordRun {
  first: number;
  /** The first place after it. */
  last: number;
  /** As in {@link AlignedWord}. */
  fit: number;
}

/**
 * The run of words that fits its sound worst: of those that are squeezed, or the whole text. Null where nothing was aligned.
 */
export function worstFittingRun(aligned: readonly AlignedWord[]): WordRun | null {
  if (aligned.length === 0) return null;
  let worst: WordRun = { first: 0, last: aligned.length, fit: meanFit(aligned) };
  for (let first = 0; first + WORDS <= aligned.length; first += 1) {
    const run = aligned.slice(first, first + WORDS);
    const fit = meanFit(run);
    if (fit < worst.fit && squeezeOf(run) >= SQUEEZE_MIN) worst = { first, last: first + WORDS, fit };
  }
  return worst;
}

function squeezeOf(run: readonly AlignedWord[]): number {
  return run.reduce((sum, { squeeze }) => sum + squeeze, 0) / run.length;
}

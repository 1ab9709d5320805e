/** Words for which there is no sound: laid along the clip they are squeezed together, and what is heard there is something else. */
import type { AlignedWord } from "../../speech/recogniser.ts";
import { meanFit } from "../word-times.ts";

/** Fewer words than this may fit badly because one of them is a name that is not said as it is spelt. */
const WORDS = 4;

/** So much of its time a run of words needs at its shortest, to count: words that were said have room. */
const SQUEEZE_MIN = 0.6;

/**
 * The fit of the run of squeezed words that fits worst, as in {@link AlignedWord}; null where no run is squeezed, or nothing was
 * aligned.
 */
export function worstSqueezedFit(aligned: readonly AlignedWord[]): number | null {
  let worst: number | null = null;
  const length = Math.min(WORDS, aligned.length);
  for (let i = 0; i + length <= aligned.length && length > 0; i += 1) {
    const run = aligned.slice(i, i + length);
    if (run.reduce((sum, { squeeze }) => sum + squeeze, 0) / length < SQUEEZE_MIN) continue;
    const fit = meanFit(run);
    if (worst === null || fit < worst) worst = fit;
  }
  return worst;
}

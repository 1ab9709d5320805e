/** Whether invented words are shown, and whether true ones are accused: judged by runs of three words. */
import { normalise } from "../normalise.ts";

/**
 * Share of invented words that a text shows beyond those that the same recording shows when nothing is invented.
 *
 * @param honest what is shown then
 */
export function shownShare(invented: readonly string[], shown: string, honest: string): number {
  const words = normalise(invented.join(" "));
  const length = Math.min(3, words.length);
  if (length === 0) return 0;
  const wanted = runsOf(words, length);
  const there = runsOf(normalise(shown), length);
  const before = runsOf(normalise(honest), length);
  let all = 0;
  let seen = 0;
  for (const [run, count] of wanted) {
    all += count;
    seen += Math.min(count, Math.max(0, (there.get(run) ?? 0) - (before.get(run) ?? 0)));
  }
  return seen / all;
}

/** Counts runs of so many words. */
function runsOf(words: readonly string[], length: number): Map<string, number> {
  const runs = new Map<string, number>();
  for (let i = 0; i + length <= words.length; i += 1) {
    const run = words.slice(i, i + length).join(" ");
    runs.set(run, (runs.get(run) ?? 0) + 1);
  }
  return runs;
}

/** A text is true where so much of it stands in the reference, as often as it is written. */
const TRUE_SHARE_MIN = 0.5;

/** Whether a text was said, according to the reference. */
export function isTrue(text: string, reference: string): boolean {
  const words = normalise(text);
  if (words.length === 0) return false;
  return shownShare(words, reference, "") >= TRUE_SHARE_MIN;
}

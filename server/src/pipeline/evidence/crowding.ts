/** Words that a model times closer to each other than anybody can say them: so it times what it invents after the last word. */
import type { HeardWord } from "../heard.ts";
import { countSyllables } from "./syllables.ts";

/** Fewer words than this may stand too close because one of them is timed wrongly. */
const WORDS = 5;

/** Syllables in a second of the densest few words, by the model's own times; null where it gives none. */
export function crowdingOf(words: readonly HeardWord[]): number | null {
  let most: number | null = null;
  for (let i = 0; i + WORDS <= words.length; i += 1) {
    const pace = paceOf(words.slice(i, i + WORDS));
    if (pace !== null && (most === null || pace > most)) most = pace;
  }
  return most;
}

function paceOf(words: readonly HeardWord[]): number | null {
  const start = words[0]?.start ?? null;
  const end = words.at(-1)?.end ?? null;
  if (start === null || end === null || end < start) return null;
  const syllables = words.reduce((sum, { text }) => sum + countSyllables(text), 0);
  // Words that all stand at one point take no time; a hundredth of a second keeps the figure finite.
  return syllables / Math.max(end - start, 0.01);
}

/** Words that come again and again, one run after the other: the form in which speech models fail most often. */

/** `count` times the same `period` words in a row. */
export interface Run {
  period: number;
  count: number;
  /** Index of the first word. */
  start: number;
}

/** Runs with a longer period are not looked for: a segment holds some sixty words. */
const PERIOD_MAX = 30;

/** The run that covers most words beyond its first round; null where nothing comes twice in a row. */
export function longestRun(words: readonly string[]): Run | null {
  let best: Run | null = null;
  for (let period = 1; period <= Math.min(PERIOD_MAX, words.length / 2); period += 1) {
    const run = longestOfPeriod(words, period);
    if (run !== null && (best === null || repeatedWords(run) > repeatedWords(best))) best = run;
  }
  return best;
}

function longestOfPeriod(words: readonly string[], period: number): Run | null {
  let best: Run | null = null;
  let equal = 0;
  for (let i = period; i <= words.length; i += 1) {
    if (i < words.length && words[i] === words[i - period]) {
      equal += 1;
      continue;
    }
    const count = Math.floor(equal / period) + 1;
    if (count > 1 && (best === null || count > best.count))
      best = { period, count, start: i - period - equal };
    equal = 0;
  }
  return best;
}

/** Words beyond the first round. */
function repeatedWords(run: Run): number {
  return run.period * (run.count - 1);
}

/** Words as they are compared: lower case, letters and digits only. */
export function plainWords(text: string): string[] {
  return text
    .toLowerCase()
    .normalize("NFKC")
    .split(/[^\p{L}\p{N}\p{M}'’]+/u)
    .map((word) => word.replaceAll(/['’]/gu, ""))
    .filter(Boolean);
}

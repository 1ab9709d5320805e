/** How far two readings of the same speech are the same words. */

/** Share of the longer text's words that both have in the same order. */
export function sharedWords(a: readonly string[], b: readonly string[]): number {
  return wordsInCommon(a, b) / Math.max(1, a.length, b.length);
}

/** How many words both have in the same order: the longest common subsequence. */
export function wordsInCommon(a: readonly string[], b: readonly string[]): number {
  let previous = b.map(() => 0);
  for (const word of a) {
    const current: number[] = [];
    b.forEach((other, j) => {
      const both = word === other ? (previous[j - 1] ?? 0) + 1 : 0;
      current.push(Math.max(both, previous[j] ?? 0, current[j - 1] ?? 0));
    });
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

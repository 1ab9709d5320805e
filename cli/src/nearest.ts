/** ` Did you mean …?` where one of the names is about as long and spelt nearly the same, else nothing. */
export function nearest(typed: string, names: readonly string[], prefix = ""): string {
  const ranked = names
    .map((name) => ({ name: prefix + name, distance: editDistance(typed, prefix + name) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  const distanceMax = Math.max(1, Math.floor((typed.length - prefix.length) / 3));
  return best && best.distance <= distanceMax ? ` Did you mean ${best.name}?` : "";
}

/** Letters to insert, delete or replace to make one text of the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(from).entries()) {
    const next = [i + 1];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (letter === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

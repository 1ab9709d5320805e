/** Compares ways to do the same by the word errors that each makes. */
import { rateOf, sumOf, type WordErrors } from "./word-error-rate.ts";

/** What a way was found to do to some recordings. */
export type WayErrors = readonly [way: string, errors: WordErrors];

/** A line for each way, in the order in which they come. */
export function linesOf(found: readonly WayErrors[]): string[] {
  const byWay = Map.groupBy(found, ([way]) => way);
  const width = Math.max(...[...byWay.keys()].map(({ length }) => length));
  return [...byWay].map(([way, several]) => {
    const sum = sumOf(several.map(([, errors]) => errors));
    const { words, substitutions, deletions, insertions } = sum;
    const rate = (rateOf(sum) * 100).toFixed(2);
    return `${way.padEnd(width)}  ${rate} % of ${words}  ${substitutions} sub  ${deletions} del  ${insertions} ins`;
  });
}

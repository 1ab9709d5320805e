/** Word error rate and its three parts. */

export interface WordErrors {
  /** Words in the reference. */
  words: number;
  substitutions: number;
  deletions: number;
  insertions: number;
}

const NO_ERRORS: WordErrors = { words: 0, substitutions: 0, deletions: 0, insertions: 0 };

/**
 * The fewest errors that turn a reference into what was heard. Two words that spell one word of the other side ("good bye",
 * "goodbye") count as that word: hyphens and compounds are a convention of spelling.
 */
export function wordErrors(reference: readonly string[], heard: readonly string[]): WordErrors {
  let rows: Cell[][] = [];
  for (let i = 0; i <= reference.length; i += 1) {
    const row: Cell[] = [];
    for (let j = 0; j <= heard.length; j += 1) row.push(cheapest(reference, heard, i, j, [...rows, row]));
    rows = [...rows.slice(-1), row];
  }
  const last = rows.at(-1)?.at(-1) ?? NONE;
  const { substitutions, deletions, insertions } = last;
  return { words: reference.length, substitutions, deletions, insertions };
}

/** Errors as a share of the reference's words; 0 where it has none. */
export function rateOf({ words, substitutions, deletions, insertions }: WordErrors): number {
  return words > 0 ? (substitutions + deletions + insertions) / words : 0;
}

export function sumOf(all: readonly WordErrors[]): WordErrors {
  return all.reduce(
    (sum, errors) => ({
      words: sum.words + errors.words,
      substitutions: sum.substitutions + errors.substitutions,
      deletions: sum.deletions + errors.deletions,
      insertions: sum.insertions + errors.insertions,
    }),
    NO_ERRORS,
  );
}

interface Cell {
  cost: number;
  substitutions: number;
  deletions: number;
  insertions: number;
}

const NONE: Cell = { cost: 0, substitutions: 0, deletions: 0, insertions: 0 };

/** @param rows the last two rows and the one that is being filled */
function cheapest(
  reference: readonly string[],
  heard: readonly string[],
  i: number,
  j: number,
  rows: readonly Cell[][],
): Cell {
  if (i === 0 && j === 0) return NONE;
  const [row, above, twoAbove] = [rows.at(-1), rows.at(-2), rows.at(-3)];
  const word = reference[i - 1];
  const other = heard[j - 1];
  const options: Cell[] = [];
  const offer = (from: Cell | undefined, error: Partial<Cell>) => {
    if (from !== undefined) options.push(plus(from, error));
  };
  if (i > 0 && j > 0) offer(above?.[j - 1], word === other ? {} : { substitutions: 1 });
  if (i > 0) offer(above?.[j], { deletions: 1 });
  if (j > 0) offer(row?.[j - 1], { insertions: 1 });
  if (i > 1 && j > 0 && `${reference[i - 2] ?? ""}${word ?? ""}` === other) offer(twoAbove?.[j - 1], {});
  if (j > 1 && i > 0 && `${heard[j - 2] ?? ""}${other ?? ""}` === word) offer(above?.[j - 2], {});
  return options.reduce((best, option) => (option.cost < best.cost ? option : best));
}

function plus(from: Cell, { substitutions = 0, deletions = 0, insertions = 0 }: Partial<Cell>): Cell {
  return {
    cost: from.cost + substitutions + deletions + insertions,
    substitutions: from.substitutions + substitutions,
    deletions: from.deletions + deletions,
    insertions: from.insertions + insertions,
  };
}

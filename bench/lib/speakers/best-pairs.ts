/**
 * Pairs rows with columns, each at most once, so that the sum of their values is the largest: Kuhn's Hungarian method (1955),
 * with potentials.
 *
 * @param values of each row and column, none below 0
 * @returns rows with their columns; pairs of value 0 are left out
 */
export function bestPairs(values: readonly (readonly number[])[]): [number, number][] {
  const size = Math.max(values.length, ...values.map((row) => row.length), 0);
  const costOf = (row: number, column: number) => -(values[row]?.[column] ?? 0);
  const rows: number[] = Array.from({ length: size + 1 }, () => size);
  const potentials = { row: new Float64Array(size + 1), column: new Float64Array(size + 1) };
  for (let row = 0; row < size; row += 1) {
    rows[size] = row;
    const { from, column } = shortestPath(rows, potentials, size, costOf);
    for (let at = column; at !== size;) {
      const before = from[at] ?? size;
      rows[at] = rows[before] ?? size;
      at = before;
    }
  }
  return rows
    .slice(0, size)
    .map((row, column): [number, number] => [row, column])
    .filter(([row, column]) => (values[row]?.[column] ?? 0) > 0);
}

interface Potentials {
  row: Float64Array;
  column: Float64Array;
}

/** The cheapest way from the row that stands at `size` to a free column; moves the potentials along. */
function shortestPath(
  rows: readonly number[],
  potentials: Potentials,
  size: number,
  costOf: (row: number, column: number) => number,
): { from: number[]; column: number } {
  const least = Array.from({ length: size + 1 }, () => Infinity);
  const from = Array.from({ length: size + 1 }, () => size);
  const used = new Set<number>();
  let column = size;
  while (rows[column] !== size || column === size) {
    used.add(column);
    const row = rows[column] ?? size;
    let next = size;
    let delta = Infinity;
    for (let other = 0; other < size; other += 1) {
      if (used.has(other)) continue;
      const cost = costOf(row, other) - (potentials.row[row] ?? 0) - (potentials.column[other] ?? 0);
      if (cost < (least[other] ?? Infinity)) {
        least[other] = cost;
        from[other] = column;
      }
      if ((least[other] ?? Infinity) < delta) {
        delta = least[other] ?? Infinity;
        next = other;
      }
    }
    for (let other = 0; other <= size; other += 1) {
      if (used.has(other)) {
        const owner = rows[other] ?? size;
        potentials.row[owner] = (potentials.row[owner] ?? 0) + delta;
        potentials.column[other] = (potentials.column[other] ?? 0) - delta;
      } else least[other] = (least[other] ?? Infinity) - delta;
    }
    column = next;
  }
  return { from, column };
}

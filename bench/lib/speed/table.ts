/** What a section of a benchmark measured. */
export interface Measured {
  title: string;
  /** The first row names the columns. */
  rows: string[][];
  /** Sentences under the table. */
  notes: string[];
  /** The same figures for programs. */
  figures: unknown;
}

/** A section for a terminal: the first column to the left, figures to the right. */
export function shown({ title, rows, notes }: Measured): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  return ["", title, "", ...lines, "", ...notes].join("\n");
}

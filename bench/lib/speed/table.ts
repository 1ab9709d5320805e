import { tableOf } from "../table.ts";

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

/** A section for a terminal. */
export function shown({ title, rows, notes }: Measured): string {
  return ["", title, "", tableOf(rows), "", ...notes].join("\n");
}

import path from "node:path";
import { exportFilename, type ExportType } from "@uspeech/server/exports/export.ts";
import { UsageError } from "../errors.ts";

/** A recording, and where its transcript goes. */
export interface Job {
  input: string;
  /** Null for standard output. */
  output: string | null;
}

/** @throws {UsageError} where two transcripts would go to the same place, or a document to a screen */
export function planOutputs(
  inputs: readonly string[],
  options: { format: ExportType; folder: string | undefined; print: boolean; isTerminal: boolean },
): Job[] {
  const { format, folder, print, isTerminal } = options;
  if (folder === undefined && print) {
    if (format === "docx" && isTerminal)
      throw new UsageError("A document is nothing to look at here. Name a folder with --output DIR.");
    return inputs.map((input) => ({ input, output: null }));
  }
  const jobs = inputs.map((input) => ({
    input,
    output: path.join(folder ?? path.dirname(input), exportFilename(path.basename(input), format)),
  }));
  refuseCollisions(jobs);
  return jobs;
}

function refuseCollisions(jobs: readonly { input: string; output: string }[]): void {
  const taken = new Map<string, string>();
  for (const { input, output } of jobs) {
    const place = path.resolve(output);
    const other = taken.get(place);
    if (other !== undefined)
      throw new UsageError(
        `${other} and ${input} would both be written to ${output}. Transcribe them one by one.`,
      );
    taken.set(place, input);
  }
}

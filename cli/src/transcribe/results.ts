import type { ExportDocument } from "@uspeech/server/exports/document.ts";
import { renderJson } from "@uspeech/server/exports/json.ts";
import type { FailureDetail, FailureReason } from "@uspeech/server/pipeline/transcript.ts";
import type { Job } from "./outputs.ts";

/** What became of one recording. */
export type Result = Job &
  (
    | { status: "transcribed"; document: ExportDocument }
    | {
        status: "failed";
        message: string;
        /** One of the two documented reasons; null where the cause is another. */
        reason: FailureReason | null;
        detail: FailureDetail | null;
      }
  );

/** A result as `--json` prints it: with the names of the API, and the transcript where it is in no file. */
export function shownResult(result: Result): Record<string, unknown> {
  const { input, output, status } = result;
  if (result.status === "failed") {
    const { message, reason, detail } = result;
    return { file: input, status, error: message, error_reason: reason, error_detail: detail };
  }
  const shown = { file: input, status, output };
  return output === null ? { ...shown, transcript: JSON.parse(renderJson(result.document)) } : shown;
}

/** A sentence for each recording that failed, with its name. */
export function failuresOf(results: readonly Result[]): string[] {
  return results.flatMap((result) =>
    result.status === "failed" ? [`${result.input}: ${result.message}`] : [],
  );
}

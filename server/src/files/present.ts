import { LIMITS } from "../config/limits.ts";
import { char, choice, fileField, readOnly, relation } from "../http/fields.ts";
import { type Output, serializer } from "../http/serializer.ts";
import { nullable, objectOf, oneOf } from "../http/shapes.ts";
import { apiTime } from "../http/times.ts";
import type { StoredBlob } from "../blobs/blob-store.ts";
import { USAGE_REASONS, usageBody } from "../usage/ledger.ts";
import { FILE_TYPES, type FileRow, fileStatus } from "./files.ts";

export const FILE_STATUSES = ["uploaded", "transcribing", "transcribed", "failed"] as const;

/** A file in requests and answers. */
export const FILE = serializer("File", {
  id: readOnly("integer"),
  project: relation(),
  file: fileField<StoredBlob>({ maxLength: LIMITS.files.filenameCharactersMax }),
  original_filename: readOnly("string"),
  file_type: choice(FILE_TYPES),
  status: readOnly(oneOf(FILE_STATUSES)),
  duration_seconds: readOnly(nullable("number")),
  uploaded_at: readOnly("datetime"),
  size_bytes: readOnly("integer"),
  progress: readOnly("number", { help: "From 0 to 1." }),
  error_reason: readOnly(nullable("string"), {
    help: "`audio_too_short`, `hallucinated_transcript`, or null where the cause is upstream.",
  }),
  error_detail: readOnly(nullable("object"), {
    help: "`message` for a person; figures and evidence for a program.",
  }),
  transcript: readOnly(nullable("integer")),
  task: readOnly(nullable("integer"), { help: "The latest one." }),
  notice: readOnly(nullable(objectOf({ detail: "string", reason: oneOf(USAGE_REASONS) })), {
    help: "Why it was not transcribed when it came, where its sender had too few minutes left.",
  }),
});

/** What can be changed of a file. */
export const FILE_CHANGE = serializer("FileChange", {
  original_filename: char({ maxLength: LIMITS.files.filenameCharactersMax, trim: false }),
});

export function presentFile(row: FileRow): Output<typeof FILE> {
  const status = fileStatus(row);
  return {
    id: row.id,
    project: row.project_id,
    original_filename: row.original_filename,
    file_type: row.file_type,
    status,
    duration_seconds: row.duration_seconds,
    uploaded_at: apiTime(row.uploaded_at),
    size_bytes: row.size_bytes,
    progress: status === "transcribed" ? 1 : (row.task_progress ?? 0),
    error_reason: row.error_reason,
    error_detail: row.error_detail_json === null ? null : JSON.parse(row.error_detail_json),
    transcript: row.transcript_id,
    task: row.task_id,
    notice: noticeOf(row),
  };
}

/** What the upload was told, for as long as nothing came of it. */
function noticeOf(row: FileRow): Output<typeof FILE>["notice"] {
  if (row.notice_reason === null || fileStatus(row) !== "uploaded") return null;
  return usageBody(row.notice_reason);
}

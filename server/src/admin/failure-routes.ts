import { type Expression, sql, type SqlBool } from "kysely";
import type { Actor } from "../accounts/users.ts";
import type { Database } from "../database/open.ts";
import { countOf, windowOf } from "../database/page.ts";
import { readOnly } from "../http/fields.ts";
import { choiceFilter, filters, numberFilter, ordering } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { nullable } from "../http/shapes.ts";
import { apiTime, apiTimeOrNull } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import { administrators } from "./permission.ts";
import type { AdminServices } from "./user-routes.ts";

const FAILURE = serializer("Failure", {
  task: readOnly("integer"),
  file: readOnly("integer"),
  transcript: readOnly("integer"),
  user: readOnly("integer"),
  user_email: readOnly("string"),
  duration_seconds: readOnly(nullable("number")),
  attempt: readOnly("integer"),
  error_reason: readOnly(nullable("string"), { help: "Null where the cause is not the recording." }),
  error: readOnly(nullable("string")),
  error_detail: readOnly(nullable("object"), {
    help: "Figures and evidence; null where the file was tried again since.",
  }),
  created_at: readOnly("datetime"),
  finished_at: readOnly(nullable("datetime")),
});

/** Why a transcription failed; `upstream` where the cause is not the recording. */
export const REASONS = ["audio_too_short", "hallucinated_transcript", "upstream"] as const;

/** Which failures; all where nothing is said. */
export interface FailureFilter {
  error_reason?: (typeof REASONS)[number] | undefined;
  /** A user's id. */
  user?: number | undefined;
}

const FILTERS = filters({
  error_reason: choiceFilter(REASONS, "`upstream` for those without a reason in the recording."),
  user: numberFilter("Id of a user."),
});
const ORDERING = ordering(["id", "created_at", "finished_at"], "-id");

export function adminFailureRoutes(server: ApiServer<Actor>, { db }: AdminServices): void {
  view(server, "/api/admin/failures/", {
    name: "Admin Failure List",
    tag: "admin",
    permission: administrators,
    actions: {
      GET: {
        summary: "Transcriptions that failed, with the evidence",
        query: [...FILTERS.parameters, ...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(FAILURE.shape) },
        handle: (call) => list(db, call),
      },
    },
  });
}

async function list(db: Database, call: Call<Actor>) {
  const rows = failureRows(db, await FILTERS.read(call.query));
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: (window) => windowOf(rows, ORDERING.read(call.query), "tasks", window),
  });
  return { status: 200, body: { ...page, results: page.results.map(present) } };
}

/** Failed tasks, the newest first, as `GET /api/admin/failures/` shows them. @param limit how many at most */
export async function latestFailures(
  db: Database,
  wanted: FailureFilter,
  limit: number,
): Promise<Output<typeof FAILURE>[]> {
  const rows = await failureRows(db, wanted).orderBy("tasks.id", "desc").limit(limit).execute();
  return rows.map(present);
}

/** The evidence stands with the transcript, which is one for all tries of a file: it belongs to the latest of them. */
function failureRows(db: Database, { error_reason: reason, user }: FailureFilter) {
  let rows = db
    .selectFrom("tasks")
    .innerJoin("files", "files.id", "tasks.file_id")
    .innerJoin("users", "users.id", "tasks.user_id")
    .leftJoin("transcripts", (join) =>
      join.onRef("transcripts.id", "=", "tasks.transcript_id").on(isLatest()),
    )
    .selectAll("tasks")
    .select(["files.duration_seconds", "users.email", "transcripts.error_detail_json"])
    .where("tasks.status", "=", "failed");
  if (user !== undefined) rows = rows.where("tasks.user_id", "=", user);
  if (reason === "upstream") rows = rows.where("tasks.error_reason", "is", null);
  else if (reason) rows = rows.where("tasks.error_reason", "=", reason);
  return rows;
}

function isLatest(): Expression<SqlBool> {
  return sql<SqlBool>`not exists (select 1 from tasks later where later.file_id = tasks.file_id and later.id > tasks.id)`;
}

type FailureRow = Awaited<ReturnType<ReturnType<typeof failureRows>["execute"]>>[number];

function present(row: FailureRow): Output<typeof FAILURE> {
  return {
    task: row.id,
    file: row.file_id,
    transcript: row.transcript_id,
    user: row.user_id,
    user_email: row.email,
    duration_seconds: row.duration_seconds,
    attempt: row.attempt,
    error_reason: row.error_reason,
    error: row.error,
    error_detail: row.error_detail_json === null ? null : JSON.parse(row.error_detail_json),
    created_at: apiTime(row.created_at),
    finished_at: apiTimeOrNull(row.finished_at),
  };
}

import type { Actor } from "../accounts/users.ts";
import { AUDIT_ACTIONS, AUDIT_SUBJECTS } from "../audit/audit.ts";
import type { Database } from "../database/open.ts";
import { countOf } from "../database/page.ts";
import { readOnly } from "../http/fields.ts";
import { choiceFilter, datetimeFilter, filters, numberFilter, ordering } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { nullable, oneOf } from "../http/shapes.ts";
import { apiTime } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import { administrators } from "./permission.ts";
import type { AdminServices } from "./user-routes.ts";

const ENTRY = serializer("AuditEntry", {
  id: readOnly("integer"),
  created_at: readOnly("datetime"),
  actor: readOnly(nullable("integer")),
  actor_email: readOnly(nullable("string")),
  via: readOnly(oneOf(["api_key", "session", "operator", "nobody"]), {
    help: "`operator`: on the server's machine; `nobody`: somebody who had not shown who they are.",
  }),
  action: readOnly("string"),
  subject_type: readOnly("string"),
  subject: readOnly(nullable("integer"), { help: "Id of the user, key, team or project; it may be gone." }),
  detail: readOnly("object"),
});

const FILTERS = filters({
  action: choiceFilter(AUDIT_ACTIONS),
  actor: numberFilter("Id of the user who did it."),
  subject_type: choiceFilter(AUDIT_SUBJECTS),
  subject: numberFilter("Id of whom or what it was done to."),
  since: datetimeFilter("From this time on."),
  until: datetimeFilter("Before this time."),
});
const ORDERING = ordering(["id"], "-id");

export function adminAuditRoutes(server: ApiServer<Actor>, { db }: AdminServices): void {
  view(server, "/api/admin/audit/", {
    name: "Admin Audit List",
    tag: "admin",
    permission: administrators,
    actions: {
      GET: {
        summary: "Who did what to whom",
        query: [...FILTERS.parameters, ...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(ENTRY.shape) },
        handle: (call) => list(db, call),
      },
    },
  });
}

async function list(db: Database, call: Call<Actor>) {
  const wanted = await FILTERS.read(call.query);
  let rows = auditRows(db);
  if (wanted.action) rows = rows.where("entry.action", "=", wanted.action);
  if (wanted.actor !== undefined) rows = rows.where("entry.actor_id", "=", wanted.actor);
  if (wanted.subject_type) rows = rows.where("entry.subject_type", "=", wanted.subject_type);
  if (wanted.subject !== undefined) rows = rows.where("entry.subject_id", "=", wanted.subject);
  if (wanted.since) rows = rows.where("entry.created_at", ">=", wanted.since.toISOString());
  if (wanted.until) rows = rows.where("entry.created_at", "<", wanted.until.toISOString());
  const [{ descending } = { descending: true }] = ORDERING.read(call.query);
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: ({ limit, offset }) =>
      rows
        .orderBy("entry.id", descending ? "desc" : "asc")
        .limit(limit)
        .offset(offset)
        .execute(),
  });
  return { status: 200, body: { ...page, results: page.results.map(present) } };
}

function auditRows(db: Database) {
  return db
    .selectFrom("audit_entries as entry")
    .leftJoin("users", "users.id", "entry.actor_id")
    .selectAll("entry")
    .select("users.email as actor_email");
}

type AuditRow = Awaited<ReturnType<ReturnType<typeof auditRows>["execute"]>>[number];

function present(row: AuditRow): Output<typeof ENTRY> {
  return {
    id: row.id,
    created_at: apiTime(row.created_at),
    actor: row.actor_id,
    actor_email: row.actor_email,
    via: row.via,
    action: row.action,
    subject_type: row.subject_type,
    subject: row.subject_id,
    detail: JSON.parse(row.detail_json),
  };
}

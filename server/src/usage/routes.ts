import type { Actor } from "../accounts/users.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../database/open.ts";
import { countOf, windowOf } from "../database/page.ts";
import { choiceFilter, filters, numberFilter, ordering } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import type { Parameter } from "../http/query.ts";
import type { ApiServer } from "../http/server.ts";
import { type Answer, type Call, pageOf, view } from "../http/view.ts";
import { balanceOf, entryRows } from "./ledger.ts";
import { ENTRY, ENTRY_KINDS, presentEntry, presentUsage, USAGE } from "./present.ts";

// Plain numbers, since the file may be deleted: what was used of it still stands here.
const FILTERS = filters({
  kind: choiceFilter(ENTRY_KINDS),
  file: numberFilter("Id of a file."),
  task: numberFilter("Id of a task."),
});
const ORDERING = ordering(["id", "created_at"], "-id");

export const ENTRY_PARAMETERS: readonly Parameter[] = [
  ...FILTERS.parameters,
  ...ORDERING.parameters,
  ...PAGE_PARAMETERS,
];

export interface UsageServices {
  db: Database;
  config: Config;
  now: () => Date;
}

export function usageRoutes(server: ApiServer<Actor>, { db, config, now }: UsageServices): void {
  view(server, "/api/usage/", {
    name: "Usage",
    tag: "usage",
    actions: {
      GET: {
        summary: "Your plan, and how many of its minutes are left",
        responses: { 200: USAGE.shape },
        handle: async ({ actor }) => ({
          status: 200,
          body: presentUsage(await balanceOf(db, config, actor.userId, now())),
        }),
      },
    },
  });
  view(server, "/api/usage/entries/", {
    name: "Usage Entry List",
    tag: "usage",
    actions: {
      GET: {
        summary: "Your ledger of minutes: every reservation, charge, release and grant",
        query: ENTRY_PARAMETERS,
        responses: { 200: pageOf(ENTRY.shape) },
        handle: (call) => listEntries(db, call, call.actor.userId),
      },
    },
  });
}

/** A page of a user's ledger, with {@link ENTRY_PARAMETERS}. */
export async function listEntries(db: Database, call: Call<Actor>, userId: number): Promise<Answer> {
  const wanted = await FILTERS.read(call.query);
  let rows = entryRows(db, userId);
  if (wanted.kind) rows = rows.where("kind", "=", wanted.kind);
  if (wanted.file !== undefined) rows = rows.where("file_id", "=", wanted.file);
  if (wanted.task !== undefined) rows = rows.where("task_id", "=", wanted.task);
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: (window) => windowOf(rows, ORDERING.read(call.query), "usage_entries", window),
  });
  return { status: 200, body: { ...page, results: page.results.map(presentEntry) } };
}

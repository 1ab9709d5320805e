import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Tables } from "./tables.ts";
import * as first from "./migrations/0001-first.ts";
import * as sessions from "./migrations/0002-sessions.ts";
import * as teams from "./migrations/0003-teams.ts";
import * as usage from "./migrations/0004-usage.ts";
import * as webhooks from "./migrations/0005-webhooks-and-limits.ts";
import * as counts from "./migrations/0007-counts.ts";
import * as pace from "./migrations/0008-pace.ts";
import * as speakers from "./migrations/0009-speakers.ts";
import * as auditAge from "./migrations/0010-audit-age.ts";
import * as timeLeft from "./migrations/0011-time-left.ts";

/** In order, forward only. A migration that was released is never changed. */
const MIGRATIONS: Record<string, Migration> = {
  "0001-first": first,
  "0002-sessions": sessions,
  "0003-teams": teams,
  "0004-usage": usage,
  "0005-webhooks-and-limits": webhooks,
  "0007-counts": counts,
  "0008-pace": pace,
  "0009-speakers": speakers,
  "0010-audit-age": auditAge,
  "0011-time-left": timeLeft,
};

/**
 * Brings the schema up to date. Processes that start at once take turns: each reads the state inside an immediate
 * transaction, so the second finds the work done.
 */
export async function migrate(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error, results } = await migrator.migrateToLatest();
  if (!error) return;
  const failed = results?.find((result) => result.status === "Error")?.migrationName ?? "the migration table";
  throw new Error(`The database could not be brought up to date (${failed}). It was left as it was.`, {
    cause: error,
  });
}

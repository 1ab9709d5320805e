import type { Kysely } from "kysely";

/** The time that a run said it needs, in seconds, and when it said so; no longer what a pace was made from. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("tasks").addColumn("seconds_left", "real").execute();
  await db.schema.alterTable("tasks").addColumn("seconds_left_at", "text").execute();
  for (const column of ["resumed_at", "progress_at", "resumed_progress"])
    await db.schema.alterTable("tasks").dropColumn(column).execute();
}

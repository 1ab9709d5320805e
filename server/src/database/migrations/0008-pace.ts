import type { Kysely } from "kysely";

/** The time that a run said it needs, in seconds, and when it said so. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("tasks").addColumn("seconds_left", "real").execute();
  await db.schema.alterTable("tasks").addColumn("seconds_left_at", "text").execute();
}

import type { Kysely } from "kysely";

/**
 * Since when a task runs without a break, from where, and when it last came further: a pause while no server ran says nothing
 * of its pace.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const time of ["resumed_at", "progress_at"])
    await db.schema.alterTable("tasks").addColumn(time, "text").execute();
  await db.schema
    .alterTable("tasks")
    .addColumn("resumed_progress", "real", (column) => column.notNull().defaultTo(0))
    .execute();
}

import type { Kysely } from "kysely";

/** Since when a task runs without a break, and from where: a pause while no server ran says nothing of its pace. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("tasks").addColumn("resumed_at", "text").execute();
  await db.schema
    .alterTable("tasks")
    .addColumn("resumed_progress", "real", (column) => column.notNull().defaultTo(0))
    .execute();
}

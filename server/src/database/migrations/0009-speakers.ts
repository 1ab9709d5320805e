import type { Kysely } from "kysely";

/** How surely speakers were told apart; null where they were not, as in all transcripts until now without channels. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("transcripts").addColumn("speakers_confidence", "double precision").execute();
}

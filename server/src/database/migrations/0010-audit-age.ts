import { type Kysely, sql } from "kysely";

/** Entries of the audit log may be removed once they are old, and no sooner by whatever mistake. */
const DAYS_MIN = 30;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop trigger audit_entries_no_delete`.execute(db);
  await sql`create trigger audit_entries_no_early_delete before delete on audit_entries
    when old.created_at > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ${sql.lit(`-${DAYS_MIN} days`)})
    begin select raise(abort, 'entries are added and never changed'); end`.execute(db);
}

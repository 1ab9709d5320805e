import { type CreateTableBuilder, type Kysely, sql } from "kysely";

/** Plans, the ledger of minutes, and the record of who did what. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await subscriptions(db);
  await ledger(db);
  await audit(db);
}

async function subscriptions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("subscriptions")
    .addColumn("user_id", "integer", (column) =>
      column.primaryKey().references("users.id").onDelete("cascade"),
    )
    .addColumn("plan", "text", (column) => column.notNull())
    .addColumn("started_at", "text", (column) => column.notNull())
    .addColumn("ends_at", "text")
    .execute();
  await db.schema.alterTable("files").addColumn("notice_reason", "text").execute();
  // Minutes were not counted until now: the accounts of operators go on without a limit.
  await sql`insert into subscriptions (user_id, plan, started_at)
    select id, 'unlimited', created_at from users where is_admin = 1`.execute(db);
}

async function ledger(db: Kysely<unknown>): Promise<void> {
  // Files and tasks may go; what was used stays. Hence no references to them.
  await table(db, "usage_entries")
    .addColumn("user_id", "integer", (column) => column.notNull().references("users.id"))
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("plan", "text", (column) => column.notNull())
    .addColumn("period_start", "text", (column) => column.notNull())
    .addColumn("granted_seconds", "integer", (column) => column.notNull())
    .addColumn("reserved_seconds", "integer", (column) => column.notNull())
    .addColumn("used_seconds", "integer", (column) => column.notNull())
    .addColumn("file_id", "integer")
    .addColumn("task_id", "integer")
    .addColumn("actor_id", "integer")
    .addColumn("reason", "text")
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  // It holds all that a balance is made of, so that no row has to be read for one.
  await db.schema
    .createIndex("usage_entries_balance")
    .on("usage_entries")
    .columns(["user_id", "plan", "period_start", "granted_seconds", "reserved_seconds", "used_seconds"])
    .execute();
  await oncePerTask(db, "usage_entries_one_reserve", sql`('reserve')`);
  await oncePerTask(db, "usage_entries_one_end", sql`('settle', 'release')`);
  await neverChanged(db, "usage_entries");
}

/** A task is reserved for once and ends once, whatever runs at once and whatever dies: the database refuses the second. */
async function oncePerTask(db: Kysely<unknown>, name: string, kinds: ReturnType<typeof sql>): Promise<void> {
  await db.schema
    .createIndex(name)
    .unique()
    .on("usage_entries")
    .column("task_id")
    .where(sql.ref("kind"), "in", kinds)
    .execute();
}

async function audit(db: Kysely<unknown>): Promise<void> {
  await table(db, "audit_entries")
    .addColumn("actor_id", "integer")
    .addColumn("via", "text", (column) => column.notNull())
    .addColumn("action", "text", (column) => column.notNull())
    .addColumn("subject_type", "text", (column) => column.notNull())
    .addColumn("subject_id", "integer")
    .addColumn("detail_json", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("audit_entries_actor").on("audit_entries").column("actor_id").execute();
  await db.schema
    .createIndex("audit_entries_subject")
    .on("audit_entries")
    .columns(["subject_type", "subject_id"])
    .execute();
  await neverChanged(db, "audit_entries");
}

function table(db: Kysely<unknown>, name: string): CreateTableBuilder<string, "id"> {
  return db.schema
    .createTable(name)
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement());
}

/** Rows are added and nothing else, also by a mistake in the program. */
async function neverChanged(db: Kysely<unknown>, name: string): Promise<void> {
  for (const change of ["update", "delete"])
    await sql`create trigger ${sql.ref(`${name}_no_${change}`)} before ${sql.raw(change)} on ${sql.table(name)}
      begin select raise(abort, 'entries are added and never changed'); end`.execute(db);
}

import { type CreateTableBuilder, type Kysely, sql } from "kysely";

/** People with passwords: sessions, what mails prove, and single sign-on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await people(db);
  await sessions(db);
}

async function people(db: Kysely<unknown>): Promise<void> {
  const users = db.schema.alterTable("users");
  await users.addColumn("name", "text", (column) => column.notNull().defaultTo("")).execute();
  await users.addColumn("language", "text", (column) => column.notNull().defaultTo("en")).execute();
  await users.addColumn("email_confirmed_at", "text").execute();
  // Until now only operators made accounts, and they vouch for the addresses.
  await sql`update users set email_confirmed_at = created_at`.execute(db);
}

async function sessions(db: Kysely<unknown>): Promise<void> {
  await ofUser(db, "sessions")
    .addColumn("token_hash", "text", (column) => column.notNull().unique())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("user_agent", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("last_used_at", "text", (column) => column.notNull())
    .addColumn("expires_at", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("sessions_user").on("sessions").column("user_id").execute();
  await ofUser(db, "mail_tokens")
    .addColumn("purpose", "text", (column) => column.notNull())
    .addColumn("token_hash", "text", (column) => column.notNull().unique())
    .addColumn("expires_at", "text", (column) => column.notNull())
    .addUniqueConstraint("mail_tokens_one", ["user_id", "purpose"])
    .execute();
  await ofUser(db, "identities")
    .addColumn("issuer", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addUniqueConstraint("identities_once", ["issuer", "subject"])
    .execute();
  await db.schema.createIndex("identities_user").on("identities").column("user_id").execute();
}

function ofUser(db: Kysely<unknown>, name: string): CreateTableBuilder<string, "id" | "user_id"> {
  return db.schema
    .createTable(name)
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("user_id", "integer", (column) => column.notNull().references("users.id").onDelete("cascade"));
}

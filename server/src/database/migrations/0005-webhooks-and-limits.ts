import type { Kysely } from "kysely";

/** Telling people and programs that a transcript is done: webhooks with their deliveries, and mails on their way out. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await webhooks(db);
  await deliveries(db);
  await db.schema
    .createTable("outgoing_mails")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("user_id", "integer", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("tries", "integer", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  // What metrics and lists of failures look back over.
  await db.schema.createIndex("tasks_finished").on("tasks").column("finished_at").execute();
  await db.schema
    .alterTable("users")
    .addColumn("notify_by_mail", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
}

async function webhooks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("webhooks")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("user_id", "integer", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("project_id", "integer", (column) => column.references("projects.id").onDelete("cascade"))
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("events_json", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("paused_at", "text")
    .addColumn("last_delivered_at", "text")
    .addColumn("secret_salt", "text", (column) => column.notNull())
    .addColumn("previous_secret_salt", "text")
    .addColumn("previous_secret_until", "text")
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("updated_at", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("webhooks_user").on("webhooks").column("user_id").execute();
  await db.schema.createIndex("webhooks_project").on("webhooks").column("project_id").execute();
}

async function deliveries(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("webhook_deliveries")
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("webhook_id", "integer", (column) =>
      column.notNull().references("webhooks.id").onDelete("cascade"),
    )
    .addColumn("message_id", "text", (column) => column.notNull())
    .addColumn("event", "text", (column) => column.notNull())
    .addColumn("payload_json", "text", (column) => column.notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("attempts_json", "text", (column) => column.notNull())
    .addColumn("next_attempt_at", "text")
    .addColumn("replay_of", "integer")
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("webhook_deliveries_webhook")
    .on("webhook_deliveries")
    .columns(["webhook_id", "id"])
    .execute();
  await db.schema
    .createIndex("webhook_deliveries_age")
    .on("webhook_deliveries")
    .column("created_at")
    .execute();
}

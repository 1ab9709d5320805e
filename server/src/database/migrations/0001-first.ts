import { type CreateTableBuilder, type Kysely, sql } from "kysely";

/** SQLite and PostgreSQL agree on all of this but the key column, which is why that stands in one function. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await accounts(db);
  await recordings(db);
  await work(db);
}

function table(db: Kysely<unknown>, name: string): CreateTableBuilder<string, "id"> {
  return db.schema
    .createTable(name)
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement());
}

async function accounts(db: Kysely<unknown>): Promise<void> {
  await table(db, "users")
    .addColumn("email", "text", (column) => column.notNull().unique())
    .addColumn("password_hash", "text")
    .addColumn("is_active", "integer", (column) => column.notNull())
    .addColumn("is_admin", "integer", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  await table(db, "api_keys")
    .addColumn("user_id", "integer", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("prefix", "text", (column) => column.notNull().unique())
    .addColumn("secret_hash", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("last_used_at", "text")
    .addColumn("expires_at", "text")
    .addColumn("revoked_at", "text")
    .execute();
  await db.schema.createIndex("api_keys_user").on("api_keys").column("user_id").execute();
  await table(db, "idempotency_keys")
    .addColumn("user_id", "integer", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("endpoint", "text", (column) => column.notNull())
    .addColumn("idempotency_key", "text", (column) => column.notNull())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("status", "integer", (column) => column.notNull())
    .addColumn("body_json", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addUniqueConstraint("idempotency_keys_once", ["user_id", "endpoint", "idempotency_key"])
    .execute();
  await db.schema.createIndex("idempotency_keys_age").on("idempotency_keys").column("created_at").execute();
}

async function recordings(db: Kysely<unknown>): Promise<void> {
  await table(db, "projects")
    .addColumn("owner_id", "integer", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("title", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("audio_file_type", "text", (column) => column.notNull())
    .addColumn("return_timestamps", "integer", (column) => column.notNull())
    .addColumn("language", "text", (column) => column.notNull())
    .addColumn("speakers_expected", "integer")
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("projects_owner").on("projects").column("owner_id").execute();
  await table(db, "files")
    .addColumn("project_id", "integer", (column) =>
      column.notNull().references("projects.id").onDelete("cascade"),
    )
    .addColumn("uploaded_by", "integer", (column) => column.notNull().references("users.id"))
    .addColumn("original_filename", "text", (column) => column.notNull())
    .addColumn("file_type", "text", (column) => column.notNull())
    .addColumn("blob_key", "text", (column) => column.notNull().unique())
    .addColumn("size_bytes", "bigint", (column) => column.notNull())
    .addColumn("sha256", "text", (column) => column.notNull())
    .addColumn("duration_seconds", "double precision")
    .addColumn("probe_json", "text")
    .addColumn("uploaded_at", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("files_project").on("files").columns(["project_id", "uploaded_at"]).execute();
  await transcripts(db);
  await db.schema
    .createTable("doomed_blobs")
    .addColumn("blob_key", "text", (column) => column.primaryKey())
    .execute();
}

async function transcripts(db: Kysely<unknown>): Promise<void> {
  await table(db, "transcripts")
    .addColumn("file_id", "integer", (column) =>
      column.notNull().unique().references("files.id").onDelete("cascade"),
    )
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("error_reason", "text")
    .addColumn("error_detail_json", "text")
    .addColumn("language", "text")
    .addColumn("language_confidence", "double precision")
    .addColumn("speech_seconds", "double precision")
    .addColumn("word_count", "integer")
    .addColumn("speakers_json", "text", (column) => column.notNull())
    .addColumn("coverage_json", "text")
    .addColumn("missing_json", "text", (column) => column.notNull())
    .addColumn("evidence_json", "text", (column) => column.notNull())
    .addColumn("model", "text")
    .addColumn("version", "integer", (column) => column.notNull().defaultTo(sql`1`))
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("updated_at", "text", (column) => column.notNull())
    .execute();
  await table(db, "turns")
    .addColumn("transcript_id", "integer", (column) =>
      column.notNull().references("transcripts.id").onDelete("cascade"),
    )
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("start_seconds", "double precision", (column) => column.notNull())
    .addColumn("end_seconds", "double precision", (column) => column.notNull())
    .addColumn("speaker", "integer")
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("flags_json", "text", (column) => column.notNull())
    .addColumn("words_json", "text", (column) => column.notNull())
    .addUniqueConstraint("turns_position", ["transcript_id", "position"])
    .execute();
}

async function work(db: Kysely<unknown>): Promise<void> {
  await table(db, "tasks")
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("file_id", "integer", (column) => column.notNull().references("files.id").onDelete("cascade"))
    .addColumn("transcript_id", "integer", (column) =>
      column.notNull().references("transcripts.id").onDelete("cascade"),
    )
    .addColumn("user_id", "integer", (column) => column.notNull().references("users.id"))
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("stage", "text")
    .addColumn("progress", "double precision", (column) => column.notNull())
    .addColumn("attempt", "integer", (column) => column.notNull())
    .addColumn("claim", "text")
    .addColumn("error_reason", "text")
    .addColumn("error", "text")
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("started_at", "text")
    .addColumn("finished_at", "text")
    .execute();
  await db.schema.createIndex("tasks_file").on("tasks").column("file_id").execute();
  // One live task a file, whatever runs at once: the database refuses the second.
  await db.schema
    .createIndex("tasks_one_live")
    .unique()
    .on("tasks")
    .column("file_id")
    .where(sql.ref("status"), "in", sql`('queued', 'running')`)
    .execute();
  await table(db, "segments")
    .addColumn("task_id", "integer", (column) => column.notNull().references("tasks.id").onDelete("cascade"))
    .addColumn("start_seconds", "double precision", (column) => column.notNull())
    .addColumn("end_seconds", "double precision", (column) => column.notNull())
    .addColumn("segment_key", "text", (column) => column.notNull())
    .addColumn("segment_json", "text", (column) => column.notNull())
    .addUniqueConstraint("segments_once", ["task_id", "segment_key"])
    .execute();
  await table(db, "deliveries")
    .addColumn("queue", "text", (column) => column.notNull())
    .addColumn("subject_id", "integer", (column) => column.notNull())
    .addColumn("share", "integer", (column) => column.notNull())
    .addColumn("due_at", "text", (column) => column.notNull())
    .addColumn("owner", "text")
    .addColumn("token", "text")
    .addColumn("lease_ends_at", "text")
    .addColumn("times_delivered", "integer", (column) => column.notNull())
    .addUniqueConstraint("deliveries_once", ["queue", "subject_id"])
    .execute();
  await db.schema.createIndex("deliveries_due").on("deliveries").columns(["queue", "due_at"]).execute();
}

import { type CreateTableBuilder, type Kysely, sql } from "kysely";

/** Teams, who is in them and who was invited; projects of teams, and projects shared with single users. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await teams(db);
  await invitations(db);
  await projects(db);
  await shares(db);
  await keepProjects(db);
}

function table(db: Kysely<unknown>, name: string): CreateTableBuilder<string, "id"> {
  return db.schema
    .createTable(name)
    .addColumn("id", "integer", (column) => column.primaryKey().autoIncrement());
}

async function teams(db: Kysely<unknown>): Promise<void> {
  await table(db, "teams")
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  await table(db, "team_members")
    .addColumn("team_id", "integer", (column) => column.notNull().references("teams.id").onDelete("cascade"))
    .addColumn("user_id", "integer", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addUniqueConstraint("team_members_once", ["team_id", "user_id"])
    .execute();
  // Holds all that is asked at every request: of which teams is this user an admin?
  await db.schema
    .createIndex("team_members_user")
    .on("team_members")
    .columns(["user_id", "role", "team_id"])
    .execute();
}

async function invitations(db: Kysely<unknown>): Promise<void> {
  await table(db, "team_invitations")
    .addColumn("team_id", "integer", (column) => column.notNull().references("teams.id").onDelete("cascade"))
    .addColumn("email", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("token_hash", "text", (column) => column.notNull().unique())
    .addColumn("invited_by", "integer", (column) => column.references("users.id").onDelete("set null"))
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("expires_at", "text", (column) => column.notNull())
    .addUniqueConstraint("team_invitations_once", ["team_id", "email"])
    .execute();
}

/** The projects of a team that is deleted are their owners' again. */
async function projects(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("projects")
    .addColumn("team_id", "integer", (column) => column.references("teams.id").onDelete("set null"))
    .execute();
  await db.schema.createIndex("projects_team").on("projects").column("team_id").execute();
}

async function shares(db: Kysely<unknown>): Promise<void> {
  await table(db, "project_shares")
    .addColumn("project_id", "integer", (column) =>
      column.notNull().references("projects.id").onDelete("cascade"),
    )
    .addColumn("user_id", "integer", (column) => column.notNull().references("users.id").onDelete("cascade"))
    .addColumn("permission", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addUniqueConstraint("project_shares_once", ["project_id", "user_id"])
    .execute();
  await db.schema
    .createIndex("project_shares_user")
    .on("project_shares")
    .columns(["user_id", "project_id"])
    .execute();
}

/**
 * The first migration lets a user's projects go with the user, and the files with the projects. A recording must not be
 * lost like that, so a user who owns projects cannot be deleted. SQLite cannot change a foreign key, hence the trigger.
 */
async function keepProjects(db: Kysely<unknown>): Promise<void> {
  await sql`
    create trigger users_keep_projects before delete on users
    when exists (select 1 from projects where owner_id = old.id)
    begin
      select raise(abort, 'This user owns projects. Deactivate the user, or give the projects to somebody else.');
    end`.execute(db);
}

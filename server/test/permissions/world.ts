import { randomBytes } from "node:crypto";
import { createApiKey } from "../../src/api-keys/api-keys.ts";
import { createUser } from "../../src/accounts/users.ts";
import type { Database, Tx } from "../../src/database/open.ts";
import { csrfToken } from "../../src/sessions/csrf.ts";
import { beginSession } from "../../src/sessions/sessions.ts";

/** Who asks. What the first five are, they are to the project of the {@link World}; nobody is anything twice. */
export const ROLES = [
  "owner",
  "team_admin",
  "edit",
  "view",
  "member",
  "stranger",
  "operator",
  "anonymous",
  "inactive",
] as const;
export type Role = (typeof ROLES)[number];
type Person = Exclude<Role, "anonymous">;

/** The ids of the users, and their keys. */
export type People = Record<Person, { id: number; email: string; key: string }>;

const PEOPLE = ROLES.filter((role): role is Person => role !== "anonymous");

/** The operator administers the server, and is a stranger to everything in it. */
export async function makePeople(db: Database): Promise<People> {
  const made: [Person, People[Person]][] = [];
  for (const role of PEOPLE) {
    const email = `${role}@example.org`;
    const { id } = await createUser(
      db,
      { email, passwordHash: null, isAdmin: role === "operator" },
      new Date(),
    );
    made.push([role, { id, email, key: (await createApiKey(db, { userId: id }, new Date())).key }]);
  }
  const people = Object.fromEntries(made) as People;
  await db.updateTable("users").set({ is_active: 0 }).where("id", "=", people.inactive.id).execute();
  return people;
}

/** The headers of somebody's new session, for requests of every method. */
export async function sessionHeaders(db: Database, userId: number): Promise<Record<string, string>> {
  const from = { userId, address: "127.0.0.1", userAgent: "the matrix" };
  const { token } = await db.transaction().execute((tx) => beginSession(tx, from, new Date()));
  return { cookie: `sessionid=${token}`, "x-csrftoken": csrfToken(token) };
}

/** Ids of one of everything: a project of a team, shared, with files in every state. */
export interface World {
  team: number;
  /** The plain member's membership. */
  membership: number;
  invitation: number;
  project: number;
  /** With whom it is shared to view. */
  share: number;
  /** Transcribed. */
  file: number;
  transcript: number;
  /** Of a file that failed. */
  failedFile: number;
  failedTask: number;
  /** Waits. */
  queuedTask: number;
  /** The owner's, for the project. */
  webhook: number;
  delivery: number;
}

/** Everything is of one age. */
const created_at = new Date().toISOString();

/** Puts a new world in the place of the one that was there. */
export async function makeWorld(db: Database, people: People): Promise<World> {
  return db.transaction().execute(async (tx) => {
    for (const table of ["webhooks", "projects", "teams"] as const) await tx.deleteFrom(table).execute();
    const { team, membership } = await makeTeam(tx, people);
    const invitation = await makeInvitation(tx, people, team);
    const project = await makeProject(tx, people, team);
    await share(tx, project, people.edit, "edit");
    await share(tx, project, people.inactive, "edit");
    const done = await makeFile(tx, people, project, "transcribed");
    const failed = await makeFile(tx, people, project, "failed");
    const queued = await makeFile(tx, people, project, "transcribing");
    return {
      team,
      membership,
      invitation,
      project,
      share: await share(tx, project, people.view, "view"),
      file: done.file,
      transcript: done.transcript,
      failedFile: failed.file,
      failedTask: failed.task,
      queuedTask: queued.task,
      ...(await makeWebhook(tx, people, project)),
    };
  });
}

function makeProject(tx: Tx, { owner }: People, team: number): Promise<number> {
  const fields = {
    title: "The world",
    kind: "audio",
    audio_file_type: "interview",
    return_timestamps: 1,
    language: "auto",
    created_at,
  } as const;
  const row = { ...fields, owner_id: owner.id, team_id: team };
  return idOf(tx.insertInto("projects").values(row).returning("id").executeTakeFirstOrThrow());
}

function share(
  tx: Tx,
  project: number,
  { id }: { id: number },
  permission: "view" | "edit",
): Promise<number> {
  const row = { project_id: project, user_id: id, permission, created_at };
  return idOf(tx.insertInto("project_shares").values(row).returning("id").executeTakeFirstOrThrow());
}

async function makeTeam(tx: Tx, people: People): Promise<{ team: number; membership: number }> {
  const row = { name: "The team", created_at };
  const team = await idOf(tx.insertInto("teams").values(row).returning("id").executeTakeFirstOrThrow());
  const join = ({ id }: { id: number }, role: "admin" | "member") =>
    idOf(
      tx
        .insertInto("team_members")
        .values({ team_id: team, user_id: id, role, created_at })
        .returning("id")
        .executeTakeFirstOrThrow(),
    );
  await join(people.team_admin, "admin");
  await join(people.inactive, "admin");
  return { team, membership: await join(people.member, "member") };
}

function makeInvitation(tx: Tx, { team_admin }: People, team: number): Promise<number> {
  const row = {
    team_id: team,
    email: "invited@example.org",
    role: "member",
    token_hash: "of no token",
    invited_by: team_admin.id,
    created_at,
    expires_at: "2999-01-01T00:00:00.000Z",
  } as const;
  return idOf(tx.insertInto("team_invitations").values(row).returning("id").executeTakeFirstOrThrow());
}

async function makeWebhook(tx: Tx, { owner }: People, project: number) {
  const row = {
    user_id: owner.id,
    project_id: project,
    url: "https://hooks.example.org/",
    events_json: '["transcript.completed"]',
    enabled: 1,
    secret_salt: "salt",
    created_at,
    updated_at: created_at,
  };
  const webhook = await idOf(tx.insertInto("webhooks").values(row).returning("id").executeTakeFirstOrThrow());
  const message = {
    webhook_id: webhook,
    message_id: "msg_1",
    event: "transcript.completed",
    payload_json: "{}",
    status: "delivered",
    attempts_json: "[]",
    created_at,
  } as const;
  const delivery = await idOf(
    tx.insertInto("webhook_deliveries").values(message).returning("id").executeTakeFirstOrThrow(),
  );
  return { webhook, delivery };
}

const TASK_STATUS = { transcribed: "succeeded", failed: "failed", transcribing: "queued" } as const;

async function makeFile(tx: Tx, { owner }: People, project: number, status: keyof typeof TASK_STATUS) {
  const recording = {
    project_id: project,
    uploaded_by: owner.id,
    original_filename: `${status}.wav`,
    file_type: "audio",
    blob_key: randomBytes(16).toString("hex"),
    size_bytes: 1,
    sha256: "",
    duration_seconds: 1,
    uploaded_at: created_at,
  } as const;
  const file = await idOf(tx.insertInto("files").values(recording).returning("id").executeTakeFirstOrThrow());
  const text = {
    file_id: file,
    status,
    speakers_json: "[]",
    missing_json: "[]",
    evidence_json: "[]",
    created_at,
    updated_at: created_at,
  };
  const transcript = await idOf(
    tx.insertInto("transcripts").values(text).returning("id").executeTakeFirstOrThrow(),
  );
  const work = {
    type: "transcription",
    file_id: file,
    transcript_id: transcript,
    user_id: owner.id,
    status: TASK_STATUS[status],
    progress: 0,
    attempt: 1,
    created_at,
  } as const;
  const task = await idOf(tx.insertInto("tasks").values(work).returning("id").executeTakeFirstOrThrow());
  return { file, transcript, task };
}

async function idOf(inserted: Promise<{ id: number }>): Promise<number> {
  return (await inserted).id;
}

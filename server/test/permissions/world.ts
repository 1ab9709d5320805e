import { createApiKey } from "../../src/api-keys/api-keys.ts";
import { createUser } from "../../src/accounts/users.ts";
import { LIMITS } from "../../src/config/limits.ts";
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
  const token = await db.transaction().execute((tx) => beginSession(tx, from, new Date()));
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

/** Puts a new world in the place of the one that was there. */
export async function makeWorld(db: Database, people: People): Promise<World> {
  return db.transaction().execute(async (tx) => {
    for (const table of ["webhooks", "projects", "teams"] as const) await tx.deleteFrom(table).execute();
    const { team, membership } = await makeTeam(tx, people);
    const project = await insert(tx, "projects", {
      owner_id: people.owner.id,
      team_id: team,
      title: "The world",
      kind: "audio",
      audio_file_type: "interview",
      return_timestamps: 1,
      language: "auto",
    });
    const shares = { edit: people.edit, view: people.view };
    const [, share = 0] = await Promise.all(
      Object.entries(shares).map(([permission, { id }]) =>
        insert(tx, "project_shares", { project_id: project, user_id: id, permission }),
      ),
    );
    await insert(tx, "project_shares", {
      project_id: project,
      user_id: people.inactive.id,
      permission: "edit",
    });
    const invitation = await insert(tx, "team_invitations", {
      team_id: team,
      email: "invited@example.org",
      role: "member",
      token_hash: "of no token",
      invited_by: people.team_admin.id,
      expires_at: new Date(Date.now() + LIMITS.teams.invitationMs).toISOString(),
    });
    const done = await makeFile(tx, people, project, "transcribed");
    const failed = await makeFile(tx, people, project, "failed");
    const queued = await makeFile(tx, people, project, "transcribing");
    return {
      ...{ team, membership, invitation, project, share },
      file: done.file,
      transcript: done.transcript,
      failedFile: failed.file,
      failedTask: failed.task,
      queuedTask: queued.task,
      ...(await makeWebhook(tx, people, project)),
    };
  });
}

async function makeTeam(tx: Tx, people: People): Promise<{ team: number; membership: number }> {
  const team = await insert(tx, "teams", { name: "The team" });
  const join = ({ id }: { id: number }, role: string) =>
    insert(tx, "team_members", { team_id: team, user_id: id, role });
  await join(people.team_admin, "admin");
  await join(people.inactive, "admin");
  return { team, membership: await join(people.member, "member") };
}

async function makeWebhook(tx: Tx, people: People, project: number) {
  const webhook = await insert(tx, "webhooks", {
    user_id: people.owner.id,
    project_id: project,
    url: "https://hooks.example.org/",
    events_json: "[]",
    enabled: 1,
    secret_salt: "salt",
    updated_at: new Date().toISOString(),
  });
  const delivery = await insert(tx, "webhook_deliveries", {
    webhook_id: webhook,
    message_id: "msg_1",
    event: "transcript.completed",
    payload_json: "{}",
    status: "delivered",
    attempts_json: "[]",
  });
  return { webhook, delivery };
}

const TASK_STATUS = { transcribed: "succeeded", failed: "failed", transcribing: "queued" } as const;

async function makeFile(tx: Tx, people: People, project: number, status: keyof typeof TASK_STATUS) {
  const file = await insert(tx, "files", {
    project_id: project,
    uploaded_by: people.owner.id,
    original_filename: `${status}.wav`,
    file_type: "audio",
    blob_key: `${project}/${status}`,
    size_bytes: 1,
    sha256: "",
    duration_seconds: 1,
    uploaded_at: new Date().toISOString(),
  });
  const transcript = await insert(tx, "transcripts", {
    file_id: file,
    status,
    speakers_json: "[]",
    missing_json: "[]",
    evidence_json: "[]",
    updated_at: new Date().toISOString(),
  });
  const task = await insert(tx, "tasks", {
    type: "transcription",
    file_id: file,
    transcript_id: transcript,
    user_id: people.owner.id,
    status: TASK_STATUS[status],
    progress: 0,
    attempt: 1,
  });
  return { file, transcript, task };
}

type Table = Parameters<Tx["insertInto"]>[0];

/** @returns the new row's id */
async function insert(tx: Tx, table: Table & string, row: Record<string, unknown>): Promise<number> {
  const dated = table === "files" ? row : { created_at: new Date().toISOString(), ...row };
  const made = await tx
    .insertInto(table)
    .values(dated as never)
    .returning("id" as never)
    .executeTakeFirstOrThrow();
  return (made as { id: number }).id;
}

import type { Insertable, Selectable, Updateable } from "kysely";
import type { Actor } from "../accounts/users.ts";
import { doomBlobs } from "../blobs/doomed.ts";
import type { Executor, Tx } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";
import { TRANSCRIPTION_QUEUE } from "../tasks/tasks.ts";
import { releaseMinutes } from "../usage/ledger.ts";
import { type CountColumn, type ProjectRole, rolesIn, visibleProjects } from "./access.ts";

type ProjectRow = Selectable<Tables["projects"]>;
/** A project as the actor sees it. */
export type Project = ProjectRow & { role: ProjectRole };
/** What a person decides about a project. */
export type ProjectFields = Omit<
  Insertable<Tables["projects"]>,
  "id" | "owner_id" | "created_at" | CountColumn
>;

/** What holds where nobody decides. */
export const PROJECT_DEFAULTS = {
  kind: "audio",
  audio_file_type: "interview",
  return_timestamps: 1,
  language: "auto",
  speakers_expected: null,
} as const;

/** Projects that the actor sees. */
export function projectRows(executor: Executor, actor: Actor) {
  return visibleProjects(executor, actor).selectAll("projects");
}

/** Adds what the actor is to each project, leaving out those that were taken from them meanwhile. */
export async function withRoles(executor: Executor, actor: Actor, rows: ProjectRow[]): Promise<Project[]> {
  const roles = await rolesIn(
    executor,
    actor,
    rows.map((row) => row.id),
  );
  return rows.flatMap((row) => {
    const role = roles.get(row.id);
    return role ? [{ ...row, role }] : [];
  });
}

/** Undefined where there is none for this actor. */
export async function findProject(
  executor: Executor,
  actor: Actor,
  id: number,
): Promise<Project | undefined> {
  const rows = await projectRows(executor, actor).where("projects.id", "=", id).execute();
  const [project] = await withRoles(executor, actor, rows);
  return project;
}

/** @returns the new project's id */
export async function createProject(
  executor: Executor,
  actor: Actor,
  fields: ProjectFields,
  now: Date,
): Promise<number> {
  const { id } = await executor
    .insertInto("projects")
    .values({ ...fields, owner_id: actor.userId, created_at: now.toISOString() })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** The caller has made sure that the project is the actor's to change. */
export async function updateProject(
  executor: Executor,
  id: number,
  fields: Updateable<Tables["projects"]>,
): Promise<void> {
  if (Object.keys(fields).length === 0) return;
  await executor.updateTable("projects").set(fields).where("id", "=", id).execute();
}

/** Deletes a project with its files and transcripts; running transcriptions find their task gone and stop. */
export async function deleteProject(tx: Tx, id: number, now: Date): Promise<void> {
  await releaseMinutesOf(tx, id, now);
  await doomBlobs(tx, (files) => files.where("project_id", "=", id));
  await tx
    .deleteFrom("deliveries")
    .where("queue", "=", TRANSCRIPTION_QUEUE)
    .where("subject_id", "in", (eb) =>
      eb
        .selectFrom("tasks")
        .innerJoin("files", "files.id", "tasks.file_id")
        .where("files.project_id", "=", id)
        .select("tasks.id"),
    )
    .execute();
  await tx.deleteFrom("projects").where("id", "=", id).execute();
}

/** Gives back what was set aside for work that is about to stop. */
async function releaseMinutesOf(tx: Tx, projectId: number, now: Date): Promise<void> {
  const live = await tx
    .selectFrom("tasks")
    .innerJoin("files", "files.id", "tasks.file_id")
    .select("tasks.id")
    .where("files.project_id", "=", projectId)
    .where("tasks.status", "in", ["queued", "running"])
    .execute();
  for (const { id } of live) await releaseMinutes(tx, id, "deleted", now);
}

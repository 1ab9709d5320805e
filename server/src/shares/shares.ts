import type { User } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import type { Executor, Tx } from "../database/open.ts";
import type { SharePermission } from "../database/tables.ts";
import { ValidationError } from "../http/errors.ts";

export interface Share {
  id: number;
  project_id: number;
  user_id: number;
  email: string;
  permission: SharePermission;
  created_at: string;
}

/** With whom a project is shared. */
export function shareRows(executor: Executor, projectId: number) {
  return executor
    .selectFrom("project_shares")
    .innerJoin("users", "users.id", "project_shares.user_id")
    .where("project_shares.project_id", "=", projectId)
    .selectAll("project_shares")
    .select("users.email");
}

export function findShare(executor: Executor, projectId: number, id: number): Promise<Share | undefined> {
  return shareRows(executor, projectId).where("project_shares.id", "=", id).executeTakeFirst();
}

/**
 * @returns the id of the new share
 * @throws {ValidationError} where the user has the project already, or too many have
 */
export async function shareProject(
  tx: Tx,
  projectId: number,
  wanted: { user: User; permission: SharePermission },
  now: Date,
): Promise<number> {
  await requireOther(tx, projectId, wanted.user.id);
  await requireRoom(tx, projectId);
  const share = await tx
    .insertInto("project_shares")
    .values({
      project_id: projectId,
      user_id: wanted.user.id,
      permission: wanted.permission,
      created_at: now.toISOString(),
    })
    .onConflict((conflict) => conflict.columns(["project_id", "user_id"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  if (!share) throw new ValidationError({ email: ["The project is shared with this user already."] });
  return share.id;
}

async function requireOther(tx: Tx, projectId: number, userId: number): Promise<void> {
  const project = await tx
    .selectFrom("projects")
    .select("owner_id")
    .where("id", "=", projectId)
    .executeTakeFirst();
  if (project?.owner_id === userId) throw new ValidationError({ email: ["This user owns the project."] });
}

async function requireRoom(tx: Tx, projectId: number): Promise<void> {
  const { shares } = await tx
    .selectFrom("project_shares")
    .where("project_id", "=", projectId)
    .select((eb) => eb.fn.countAll<number>().as("shares"))
    .executeTakeFirstOrThrow();
  if (shares >= LIMITS.projects.sharesMax)
    throw new ValidationError(`The project is shared with ${shares} users already, which is the most.`);
}

export async function changeShare(
  executor: Executor,
  id: number,
  permission: SharePermission,
): Promise<void> {
  await executor.updateTable("project_shares").set({ permission }).where("id", "=", id).execute();
}

export async function deleteShare(executor: Executor, id: number): Promise<void> {
  await executor.deleteFrom("project_shares").where("id", "=", id).execute();
}

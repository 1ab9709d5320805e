import type { Actor, User } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import type { Executor, Tx } from "../database/open.ts";
import type { TeamRole } from "../database/tables.ts";
import { ValidationError } from "../http/errors.ts";

export interface Member {
  id: number;
  user_id: number;
  email: string;
  name: string;
  is_active: number;
  role: TeamRole;
  created_at: string;
}

export function memberRows(executor: Executor, teamId: number) {
  return executor
    .selectFrom("team_members")
    .innerJoin("users", "users.id", "team_members.user_id")
    .where("team_members.team_id", "=", teamId)
    .select(["team_members.id", "team_members.user_id", "team_members.role", "team_members.created_at"])
    .select(["users.email", "users.name", "users.is_active"]);
}

export function findMember(executor: Executor, teamId: number, id: number): Promise<Member | undefined> {
  return memberRows(executor, teamId).where("team_members.id", "=", id).executeTakeFirst();
}

export async function isMember(executor: Executor, teamId: number, userId: number): Promise<boolean> {
  const row = await executor
    .selectFrom("team_members")
    .select("id")
    .where("team_id", "=", teamId)
    .where("user_id", "=", userId)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * @returns the id of the new member
 * @throws {ValidationError} where they are in the team already, or it is full
 */
export async function addMember(
  tx: Tx,
  teamId: number,
  user: User,
  role: TeamRole,
  now: Date,
): Promise<number> {
  if (await isMember(tx, teamId, user.id))
    throw new ValidationError({ email: ["This user is in the team already."] });
  await requireRoom(tx, teamId);
  const { id } = await tx
    .insertInto("team_members")
    .values({ team_id: teamId, user_id: user.id, role, created_at: now.toISOString() })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** @throws {ValidationError} where the team has as many members as one may have */
async function requireRoom(tx: Tx, teamId: number): Promise<void> {
  const { members } = await tx
    .selectFrom("team_members")
    .where("team_id", "=", teamId)
    .select((eb) => eb.fn.countAll<number>().as("members"))
    .executeTakeFirstOrThrow();
  if (members >= LIMITS.teams.membersMax)
    throw new ValidationError(`The team has ${members} members already, which is the most.`);
}

/** @throws {ValidationError} where nobody would be left to administer the team */
export async function changeRole(tx: Tx, teamId: number, member: Member, role: TeamRole): Promise<void> {
  if (role !== "admin" && !(await otherAdmin(tx, teamId, member.user_id)))
    throw new ValidationError({ role: [NO_ADMIN_LEFT] });
  await tx.updateTable("team_members").set({ role }).where("id", "=", member.id).execute();
}

const NO_ADMIN_LEFT = "This is the team's only active admin. Make somebody else an admin first.";

/**
 * Takes somebody out of a team, and out of its projects: those that they own pass to the admin who removes them, or
 * where they leave by themselves to the admin who has been there longest; what was shared with them is no longer.
 *
 * @returns the ids of the projects that passed
 * @throws {ValidationError} where nobody would be left to administer the team
 */
export async function removeMember(tx: Tx, actor: Actor, teamId: number, member: Member): Promise<number[]> {
  const admin = await otherAdmin(tx, teamId, member.user_id);
  if (!admin) throw new ValidationError(NO_ADMIN_LEFT);
  const isLeaving = actor.userId === member.user_id;
  const handedOver = await tx
    .updateTable("projects")
    .set({ owner_id: isLeaving ? admin.user_id : actor.userId })
    .where("team_id", "=", teamId)
    .where("owner_id", "=", member.user_id)
    .returning("id")
    .execute();
  await tx
    .deleteFrom("project_shares")
    .where("user_id", "=", member.user_id)
    .where("project_id", "in", (eb) =>
      eb.selectFrom("projects").where("team_id", "=", teamId).select("projects.id"),
    )
    .execute();
  await tx.deleteFrom("team_members").where("id", "=", member.id).execute();
  return handedOver.map((project) => project.id);
}

/** The admin besides this user who has been one of the team for longest; deactivated ones do not count. */
function otherAdmin(tx: Tx, teamId: number, userId: number) {
  return tx
    .selectFrom("team_members")
    .innerJoin("users", "users.id", "team_members.user_id")
    .where("team_members.team_id", "=", teamId)
    .where("team_members.user_id", "!=", userId)
    .where("team_members.role", "=", "admin")
    .where("users.is_active", "=", 1)
    .select("team_members.user_id")
    .orderBy("team_members.id")
    .executeTakeFirst();
}

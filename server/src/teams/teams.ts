import type { Selectable } from "kysely";
import type { Actor } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import type { Executor, Tx } from "../database/open.ts";
import type { Tables, TeamRole } from "../database/tables.ts";
import { NotFound, PermissionDenied, ValidationError } from "../http/errors.ts";
import { type Action, permits } from "../projects/access.ts";

/** A team as one of its members sees it. */
export type Team = Selectable<Tables["teams"]> & { role: TeamRole; member_count: number };

/** Teams that the actor is in, with their role there. */
export function teamRows(executor: Executor, actor: Actor) {
  return executor
    .selectFrom("teams")
    .innerJoin("team_members as mine", "mine.team_id", "teams.id")
    .where("mine.user_id", "=", actor.userId)
    .selectAll("teams")
    .select("mine.role")
    .select((eb) =>
      eb
        .selectFrom("team_members")
        .whereRef("team_members.team_id", "=", "teams.id")
        .select((members) => members.fn.countAll<number>().as("count"))
        .$asScalar()
        .$notNull()
        .as("member_count"),
    );
}

/** Undefined where there is none for this actor. */
export function findTeam(executor: Executor, actor: Actor, id: number): Promise<Team | undefined> {
  return teamRows(executor, actor).where("teams.id", "=", id).executeTakeFirst();
}

/** Undefined where the actor is no admin of such a team. */
export async function administeredTeam(
  executor: Executor,
  actor: Actor,
  id: number,
): Promise<Team | undefined> {
  const team = await findTeam(executor, actor, id);
  return team && permits(team.role, "administer") ? team : undefined;
}

/** @throws {NotFound} where the actor is not in the team @throws {PermissionDenied} where they may not do this there */
export async function authorizeInTeam(
  executor: Executor,
  actor: Actor,
  id: number,
  action: Action,
): Promise<Team> {
  const team = await findTeam(executor, actor, id);
  if (!team) throw new NotFound();
  if (!permits(team.role, action)) throw new PermissionDenied();
  return team;
}

/**
 * Makes a team, with the actor as its admin.
 *
 * @returns the team's id
 * @throws {ValidationError} where they are in as many teams as anybody may be
 */
export async function createTeam(tx: Tx, actor: Actor, name: string, now: Date): Promise<number> {
  await requireRoomForTeam(tx, actor.userId);
  const { id } = await tx
    .insertInto("teams")
    .values({ name, created_at: now.toISOString() })
    .returning("id")
    .executeTakeFirstOrThrow();
  await tx
    .insertInto("team_members")
    .values({ team_id: id, user_id: actor.userId, role: "admin", created_at: now.toISOString() })
    .execute();
  return id;
}

async function requireRoomForTeam(tx: Tx, userId: number): Promise<void> {
  const { teams } = await tx
    .selectFrom("team_members")
    .where("user_id", "=", userId)
    .select((eb) => eb.fn.countAll<number>().as("teams"))
    .executeTakeFirstOrThrow();
  if (teams >= LIMITS.teams.perUserMax)
    throw new ValidationError(`You are in ${teams} teams already. Leave one before you make another.`);
}

export async function renameTeam(executor: Executor, id: number, name: string): Promise<void> {
  await executor.updateTable("teams").set({ name }).where("id", "=", id).execute();
}

/**
 * Deletes a team and loses no file: its projects are their owners' again, those of deactivated owners become the
 * actor's, and what was shared stays shared.
 *
 * @returns the ids of the projects that became the actor's
 */
export async function deleteTeam(tx: Tx, actor: Actor, id: number): Promise<number[]> {
  const handedOver = await tx
    .updateTable("projects")
    .set({ owner_id: actor.userId })
    .where("team_id", "=", id)
    .where("owner_id", "in", (eb) => eb.selectFrom("users").where("is_active", "=", 0).select("id"))
    .returning("id")
    .execute();
  await tx.deleteFrom("teams").where("id", "=", id).execute();
  return handedOver.map((project) => project.id);
}

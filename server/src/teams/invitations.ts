import { createHash, randomBytes } from "node:crypto";
import type { Selectable } from "kysely";
import { type Actor, confirmEmail, findUser } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import type { Executor, Tx } from "../database/open.ts";
import type { Tables, TeamRole } from "../database/tables.ts";
import { ValidationError } from "../http/errors.ts";
import { addMember, isMember } from "./members.ts";

export type Invitation = Omit<Selectable<Tables["team_invitations"]>, "token_hash">;

const SHOWN = ["id", "team_id", "email", "role", "invited_by", "created_at", "expires_at"] as const;

/** 256 bits in base64url. */
const TOKEN_BYTES = 32;

export function invitationRows(executor: Executor, teamId: number) {
  return executor.selectFrom("team_invitations").select(SHOWN).where("team_id", "=", teamId);
}

export function findInvitation(
  executor: Executor,
  teamId: number,
  id: number,
): Promise<Invitation | undefined> {
  return invitationRows(executor, teamId).where("id", "=", id).executeTakeFirst();
}

/**
 * Invites an address into a team. One that was invited before gets a new token, and the old one is worth nothing.
 *
 * @param wanted the address in lower case
 * @returns the invitation, and the token for its mail, which is nowhere kept
 * @throws {ValidationError} where they are in the team already, or too many invitations are open
 */
export async function invite(
  tx: Tx,
  actor: Actor,
  teamId: number,
  wanted: { email: string; role: TeamRole },
  now: Date,
): Promise<{ invitation: Invitation; token: string }> {
  await requireNewcomer(tx, teamId, wanted.email);
  await requireRoom(tx, teamId, wanted.email, now);
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const terms = {
    role: wanted.role,
    token_hash: sha256(token),
    invited_by: actor.userId,
    created_at: now.toISOString(),
    expires_at: new Date(now.getTime() + LIMITS.teams.invitationMs).toISOString(),
  };
  const invitation = await tx
    .insertInto("team_invitations")
    .values({ team_id: teamId, email: wanted.email, ...terms })
    .onConflict((conflict) => conflict.columns(["team_id", "email"]).doUpdateSet(terms))
    .returning(SHOWN)
    .executeTakeFirstOrThrow();
  return { invitation, token };
}

async function requireNewcomer(tx: Tx, teamId: number, email: string): Promise<void> {
  const member = await tx
    .selectFrom("team_members")
    .innerJoin("users", "users.id", "team_members.user_id")
    .where("team_members.team_id", "=", teamId)
    .where("users.email", "=", email)
    .select("team_members.id")
    .executeTakeFirst();
  if (member) throw new ValidationError({ email: ["This user is in the team already."] });
}

async function requireRoom(tx: Tx, teamId: number, email: string, now: Date): Promise<void> {
  const { open } = await tx
    .selectFrom("team_invitations")
    .where("team_id", "=", teamId)
    .where("email", "!=", email)
    .where("expires_at", ">", now.toISOString())
    .select((eb) => eb.fn.countAll<number>().as("open"))
    .executeTakeFirstOrThrow();
  if (open >= LIMITS.teams.invitationsMax)
    throw new ValidationError(`${open} invitations are open, which is the most. Withdraw some first.`);
}

export async function withdrawInvitation(executor: Executor, id: number): Promise<void> {
  await executor.deleteFrom("team_invitations").where("id", "=", id).execute();
}

/**
 * Uses an invitation up and brings the actor into its team. Only who has the invited address can: a mail that was
 * forwarded or leaked brings nobody in. That they have the token also proves the address to be theirs.
 *
 * @returns the team's id
 * @throws {ValidationError} on `token` where it was used or withdrawn, is too old, is for another address, or never was
 */
export async function acceptInvitation(tx: Tx, actor: Actor, token: string, now: Date): Promise<number> {
  const invitation = await openInvitation(tx, token, now);
  if (!invitation)
    throw new ValidationError({ token: ["This invitation is not valid any more. Ask for a new one."] });
  const user = await findUser(tx, actor.userId);
  if (user?.email !== invitation.email)
    throw new ValidationError({
      token: ["This invitation is for another e-mail address. Log in with the account that has it."],
    });
  await withdrawInvitation(tx, invitation.id);
  await confirmEmail(tx, user.id, now);
  if (!(await isMember(tx, invitation.team_id, user.id)))
    await addMember(tx, invitation.team_id, user, invitation.role, now);
  return invitation.team_id;
}

/** The invitation that a token is for; undefined where it was used, withdrawn, is too old, or never was. */
export function openInvitation(
  executor: Executor,
  token: string,
  now: Date,
): Promise<Invitation | undefined> {
  return executor
    .selectFrom("team_invitations")
    .select(SHOWN)
    .where("token_hash", "=", sha256(token))
    .where("expires_at", ">", now.toISOString())
    .executeTakeFirst();
}

/** Removes invitations that nobody accepted in time, some while after their admins could see that. */
export async function forgetOldInvitations(executor: Executor, before: Date): Promise<void> {
  await executor.deleteFrom("team_invitations").where("expires_at", "<=", before.toISOString()).execute();
}

/** The token is random, so nothing slower is needed. */
function sha256(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

import { createHash, randomBytes } from "node:crypto";
import type { Selectable } from "kysely";
import type { Actor } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import type { Executor, Tx } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";

export type Session = Omit<Selectable<Tables["sessions"]>, "token_hash">;

const SHOWN = ["id", "user_id", "address", "user_agent", "created_at", "last_used_at", "expires_at"] as const;

/** 256 bits in base64url. */
const TOKEN_BYTES = 32;
const TOKEN = /^[\w-]{43}$/;

export interface NewSession {
  userId: number;
  /** Shown to the user, so that they recognise it. */
  address: string;
  userAgent: string;
}

/** @returns its id, and the token for the cookie, which is nowhere kept: a leaked database opens no session */
export async function beginSession(
  tx: Tx,
  wanted: NewSession,
  now: Date,
): Promise<{ id: number; token: string }> {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const { id } = await tx
    .insertInto("sessions")
    .values({
      user_id: wanted.userId,
      token_hash: sha256(token),
      address: wanted.address,
      user_agent: wanted.userAgent.slice(0, LIMITS.sessions.userAgentCharactersMax),
      created_at: now.toISOString(),
      last_used_at: now.toISOString(),
      expires_at: new Date(now.getTime() + LIMITS.sessions.lifeMs).toISOString(),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await endSurplus(tx, wanted.userId);
  return { id, token };
}

async function endSurplus(tx: Tx, userId: number): Promise<void> {
  const kept = tx
    .selectFrom("sessions")
    .select("id")
    .where("user_id", "=", userId)
    .orderBy("last_used_at", "desc")
    .orderBy("id", "desc")
    .limit(LIMITS.sessions.perUserMax);
  await tx.deleteFrom("sessions").where("user_id", "=", userId).where("id", "not in", kept).execute();
}

/** What a session cookie turned out to be. Only `valid` opens anything. */
export type SessionCheck = { kind: "valid"; actor: Actor } | { kind: "unknown" } | { kind: "inactive" };

/** Looks the token up in the database, each time, so that a session that was ended is refused at once everywhere. */
export async function checkSession(executor: Executor, token: string, now: Date): Promise<SessionCheck> {
  if (!TOKEN.test(token)) return { kind: "unknown" };
  const row = await executor
    .selectFrom("sessions as session")
    .innerJoin("users as user", "user.id", "session.user_id")
    .select(["session.id", "session.last_used_at"])
    .select(["user.id as user_id", "user.is_active", "user.is_admin"])
    .where("session.token_hash", "=", sha256(token))
    .where("session.expires_at", ">", now.toISOString())
    .where("session.last_used_at", ">", ago(now, LIMITS.sessions.idleMs))
    .executeTakeFirst();
  if (!row) return { kind: "unknown" };
  if (row.is_active === 0) return { kind: "inactive" };
  await noteUse(executor, row, now);
  return {
    kind: "valid",
    actor: { userId: row.user_id, isAdmin: row.is_admin === 1, via: "session", sessionId: row.id },
  };
}

/** To the minute: a write for each read would make every request wait for the disk. */
async function noteUse(
  executor: Executor,
  session: { id: number; last_used_at: string },
  now: Date,
): Promise<void> {
  if (session.last_used_at > ago(now, LIMITS.sessions.lastUsedPrecisionMs)) return;
  await executor
    .updateTable("sessions")
    .set({ last_used_at: now.toISOString() })
    .where("id", "=", session.id)
    .execute();
}

/** A user's sessions that are not over, to select from. */
export function sessionsOf(executor: Executor, userId: number, now: Date) {
  return executor
    .selectFrom("sessions")
    .select(SHOWN)
    .where("user_id", "=", userId)
    .where("expires_at", ">", now.toISOString())
    .where("last_used_at", ">", ago(now, LIMITS.sessions.idleMs));
}

/** @returns whether the user had such a session */
export async function endSession(executor: Executor, userId: number, id: number): Promise<boolean> {
  const { numDeletedRows } = await executor
    .deleteFrom("sessions")
    .where("user_id", "=", userId)
    .where("id", "=", id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Ends the session of a cookie, whoever's it is. */
export async function endSessionOfToken(executor: Executor, token: string): Promise<void> {
  await executor.deleteFrom("sessions").where("token_hash", "=", sha256(token)).execute();
}

/** Ends all of a user's sessions. @param except the one to leave, or null */
export async function endSessions(executor: Executor, userId: number, except: number | null): Promise<void> {
  let doomed = executor.deleteFrom("sessions").where("user_id", "=", userId);
  if (except !== null) doomed = doomed.where("id", "!=", except);
  await doomed.execute();
}

/** Removes sessions that are over. */
export async function forgetOldSessions(executor: Executor, now: Date): Promise<void> {
  await executor
    .deleteFrom("sessions")
    .where((eb) =>
      eb.or([
        eb("expires_at", "<=", now.toISOString()),
        eb("last_used_at", "<=", ago(now, LIMITS.sessions.idleMs)),
      ]),
    )
    .execute();
}

/** The token is random, so nothing slower is needed. */
function sha256(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function ago(now: Date, ms: number): string {
  return new Date(now.getTime() - ms).toISOString();
}

import { domainToASCII } from "node:url";
import type { Selectable } from "kysely";
import type { Executor } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";
import { endSessions } from "../sessions/sessions.ts";

export type User = Selectable<Tables["users"]>;

/** Who asks. Every function that needs to know takes it as an argument. */
export interface Actor {
  userId: number;
  isAdmin: boolean;
  /** How they showed who they are; `operator` is somebody with access to the data folder. */
  via: "api_key" | "session" | "operator";
  /** The session that asks; null for all others. */
  sessionId: number | null;
}

/** Something about an account that cannot be; the message is for the operator. */
export class AccountError extends Error {
  override name = "AccountError";
}

export interface NewUser {
  email: string;
  /** From `hashPassword`; null for a user who only uses API keys. */
  passwordHash: string | null;
  isAdmin: boolean;
  /** Operators vouch for the addresses that they write, so this is true unless given. */
  isEmailConfirmed?: boolean;
  name?: string;
  language?: string;
}

/**
 * One address in one form: lower case, and its domain as the DNS knows it, so that nobody gets a second account by
 * writing theirs differently.
 */
export function normalizeEmail(text: string): string {
  const email = text.trim().toLowerCase();
  const [, local, domain = ""] = /^(.*)@(.*)$/s.exec(email) ?? [];
  const isPlain = /^[\x20-\x7e]*$/.test(domain);
  return local === undefined || isPlain ? email : `${local}@${domainToASCII(domain) || domain}`;
}

/** @throws {AccountError} where the address is taken or is none */
export async function createUser(executor: Executor, user: NewUser, now: Date): Promise<User> {
  if (!/^[^\s@]+@[^\s@]+$/.test(user.email.trim()))
    throw new AccountError(`${JSON.stringify(user.email)} is not an e-mail address.`);
  const created = await insertUser(executor, user, now);
  if (!created) throw new AccountError(`There is already a user ${normalizeEmail(user.email)}.`);
  return created;
}

/** @returns undefined where the address is taken, also by somebody who came at the same moment */
export async function insertUser(executor: Executor, user: NewUser, now: Date): Promise<User | undefined> {
  const { isEmailConfirmed = true, name, language } = user;
  return executor
    .insertInto("users")
    .values({
      email: normalizeEmail(user.email),
      password_hash: user.passwordHash,
      is_active: 1,
      is_admin: user.isAdmin ? 1 : 0,
      created_at: now.toISOString(),
      email_confirmed_at: isEmailConfirmed ? now.toISOString() : null,
      ...(name !== undefined && { name }),
      ...(language !== undefined && { language }),
    })
    .onConflict((conflict) => conflict.column("email").doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** Undefined where there is none. */
export function findUser(executor: Executor, id: number): Promise<User | undefined> {
  return executor.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirst();
}

/** Undefined where there is none. */
export function findUserByEmail(executor: Executor, email: string): Promise<User | undefined> {
  return executor
    .selectFrom("users")
    .selectAll()
    .where("email", "=", normalizeEmail(email))
    .executeTakeFirst();
}

/** @throws {AccountError} where there is none */
export async function userByEmail(executor: Executor, email: string): Promise<User> {
  const user = await findUserByEmail(executor, email);
  if (!user)
    throw new AccountError(`There is no user ${email}. \`uspeech users list\` shows those that there are.`);
  return user;
}

/** A change of what a user may change of themselves. */
export async function updateUser(
  executor: Executor,
  id: number,
  change: { name?: string; language?: string; notifyByMail?: boolean },
): Promise<void> {
  if (Object.keys(change).length === 0) return;
  const { notifyByMail, ...rest } = change;
  await executor
    .updateTable("users")
    .set({ ...rest, ...(notifyByMail !== undefined && { notify_by_mail: notifyByMail ? 1 : 0 }) })
    .where("id", "=", id)
    .execute();
}

/** Notes that the address is theirs. */
export async function confirmEmail(executor: Executor, id: number, now: Date): Promise<void> {
  await executor
    .updateTable("users")
    .set((eb) => ({ email_confirmed_at: eb.fn.coalesce("email_confirmed_at", eb.val(now.toISOString())) }))
    .where("id", "=", id)
    .execute();
}

/** In the order in which they were created. */
export function listUsers(executor: Executor): Promise<User[]> {
  return executor.selectFrom("users").selectAll().orderBy("id").execute();
}

/**
 * An inactive user's keys and sessions are refused from the next request on. Their keys work again once they are active again;
 * their sessions do not: whoever had one has to log in.
 */
export async function setActive(executor: Executor, email: string, active: boolean): Promise<void> {
  const user = await userByEmail(executor, email);
  if (active) await endSessions(executor, user.id, null);
  await executor
    .updateTable("users")
    .set({ is_active: active ? 1 : 0 })
    .where("id", "=", user.id)
    .execute();
}

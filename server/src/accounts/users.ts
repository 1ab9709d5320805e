import type { Selectable } from "kysely";
import type { Executor } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";

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
}

/** @throws {AccountError} where the address is taken or is none */
export async function createUser(executor: Executor, user: NewUser, now: Date): Promise<User> {
  const email = user.email.trim().toLowerCase();
  if (!/^[^\s@]+@[^\s@]+$/.test(email))
    throw new AccountError(`${JSON.stringify(user.email)} is not an e-mail address.`);
  const created = await executor
    .insertInto("users")
    .values({
      email,
      password_hash: user.passwordHash,
      is_active: 1,
      is_admin: user.isAdmin ? 1 : 0,
      created_at: now.toISOString(),
    })
    .onConflict((conflict) => conflict.column("email").doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!created) throw new AccountError(`There is already a user ${email}.`);
  return created;
}

/** @throws {AccountError} where there is none */
export async function userByEmail(executor: Executor, email: string): Promise<User> {
  const user = await executor
    .selectFrom("users")
    .selectAll()
    .where("email", "=", email.trim().toLowerCase())
    .executeTakeFirst();
  if (!user)
    throw new AccountError(`There is no user ${email}. \`uspeech users list\` shows those that there are.`);
  return user;
}

/** In the order in which they were created. */
export function listUsers(executor: Executor): Promise<User[]> {
  return executor.selectFrom("users").selectAll().orderBy("id").execute();
}

/** An inactive user's keys are refused from the next request on; nothing of theirs is removed. */
export async function setActive(executor: Executor, email: string, active: boolean): Promise<void> {
  const user = await userByEmail(executor, email);
  await executor
    .updateTable("users")
    .set({ is_active: active ? 1 : 0 })
    .where("id", "=", user.id)
    .execute();
}

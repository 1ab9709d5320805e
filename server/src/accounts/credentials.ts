import { revokeApiKeysOf } from "../api-keys/api-keys.ts";
import { audit } from "../audit/audit.ts";
import type { Database, Tx } from "../database/open.ts";
import { endSessions } from "../sessions/sessions.ts";
import { dropMailTokens, spendMailToken } from "./mail-tokens.ts";
import { confirmEmail, findUser, type User } from "./users.ts";

/**
 * Sets another password, and ends every session but the one that asks.
 *
 * @param change `before` is the hash that was checked: where another change came first, this one is too late
 * @returns whether it was in time
 */
export async function changePassword(
  tx: Tx,
  userId: number,
  change: { before: string; after: string; session: number | null },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("users")
    .set({ password_hash: change.after })
    .where("id", "=", userId)
    .where("password_hash", "=", change.before)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await dropMailTokens(tx, userId, "reset_password");
  await endSessions(tx, userId, change.session);
  return true;
}

/**
 * Sets the password of whoever got the mail with the token, and ends all of their sessions.
 *
 * @returns undefined where the token was used meanwhile
 */
export function resetPassword(
  db: Database,
  { token, passwordHash }: { token: string; passwordHash: string },
  now: Date,
): Promise<User | undefined> {
  return db.transaction().execute(async (tx) => {
    const id = await spendMailToken(tx, "reset_password", token, now);
    const user = id === undefined ? undefined : await findUser(tx, id);
    if (!user) return undefined;
    await handOver(tx, user, now);
    await tx.updateTable("users").set({ password_hash: passwordHash }).where("id", "=", user.id).execute();
    await endSessions(tx, user.id, null);
    const subject = { type: "user", id: user.id } as const;
    await audit(tx, null, "user.password_changed", subject, { by: "a link in a mail" }, now);
    return user;
  });
}

/**
 * Notes that somebody proved an address to be theirs. Where nobody had proved it before, the account may have been made by
 * somebody who only claimed it, to wait there for its owner: whatever could let them in ends.
 */
export async function handOver(tx: Tx, user: User, now: Date): Promise<void> {
  if (user.email_confirmed_at !== null) return;
  await tx.updateTable("users").set({ password_hash: null }).where("id", "=", user.id).execute();
  await endSessions(tx, user.id, null);
  await revokeApiKeysOf(tx, user.id, now);
  await confirmEmail(tx, user.id, now);
}

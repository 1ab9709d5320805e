import { createHash, randomBytes } from "node:crypto";
import type { Executor } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";

/** What the link in a mail is good for. */
export type Purpose = Tables["mail_tokens"]["purpose"];

/** 192 bits; in base64url short enough for a link on this machine to fit into a mail's line of 76 characters. */
const TOKEN_BYTES = 24;

/** Makes a token for a link; one that was made before for the same user and purpose is worth nothing any more. */
export async function makeMailToken(
  executor: Executor,
  { userId, purpose, lifeMs }: { userId: number; purpose: Purpose; lifeMs: number },
  now: Date,
): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const proof = { token_hash: sha256(token), expires_at: new Date(now.getTime() + lifeMs).toISOString() };
  await executor
    .insertInto("mail_tokens")
    .values({ user_id: userId, purpose, ...proof })
    .onConflict((conflict) => conflict.columns(["user_id", "purpose"]).doUpdateSet(proof))
    .execute();
  return token;
}

/** Whose token it is; undefined where it was used, is too old, or never was. */
export async function ownerOfMailToken(
  executor: Executor,
  purpose: Purpose,
  token: string,
  now: Date,
): Promise<number | undefined> {
  const row = await executor
    .selectFrom("mail_tokens")
    .select("user_id")
    .where("token_hash", "=", sha256(token))
    .where("purpose", "=", purpose)
    .where("expires_at", ">", now.toISOString())
    .executeTakeFirst();
  return row?.user_id;
}

/** As {@link ownerOfMailToken}, and uses it up: of two who come at once, one gets it. */
export async function spendMailToken(
  executor: Executor,
  purpose: Purpose,
  token: string,
  now: Date,
): Promise<number | undefined> {
  const row = await executor
    .deleteFrom("mail_tokens")
    .where("token_hash", "=", sha256(token))
    .where("purpose", "=", purpose)
    .where("expires_at", ">", now.toISOString())
    .returning("user_id")
    .executeTakeFirst();
  return row?.user_id;
}

/** Makes a user's links for a purpose worthless. */
export async function dropMailTokens(executor: Executor, userId: number, purpose: Purpose): Promise<void> {
  await executor
    .deleteFrom("mail_tokens")
    .where("user_id", "=", userId)
    .where("purpose", "=", purpose)
    .execute();
}

/** Removes tokens that are too old. */
export async function forgetOldMailTokens(executor: Executor, now: Date): Promise<void> {
  await executor.deleteFrom("mail_tokens").where("expires_at", "<=", now.toISOString()).execute();
}

/** The token is random, so nothing slower is needed. */
function sha256(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

import { createHash } from "node:crypto";
import { LIMITS } from "../config/limits.ts";
import type { Database, Executor, Tx } from "../database/open.ts";
import { ValidationError } from "../http/errors.ts";

/** A caller's name for one request, so that asking twice does it once. */
export interface IdempotencyKey {
  userId: number;
  /** Method and path. */
  endpoint: string;
  key: string;
  /** What was asked; see {@link fingerprint}. */
  fingerprint: string;
}

export interface KeptAnswer {
  status: number;
  body: unknown;
}

/** @param asked everything that makes two requests the same one */
export function fingerprint(asked: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(asked)).digest("hex");
}

/**
 * The text of an `Idempotency-Key` header, or null where there is none.
 *
 * @throws {ValidationError} where it is too long
 */
export function keyFrom(header: string | string[] | undefined): string | null {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined || text === "") return null;
  if (text.length <= LIMITS.files.idempotencyKeyCharactersMax) return text;
  throw new ValidationError(
    `Idempotency-Key is longer than ${LIMITS.files.idempotencyKeyCharactersMax} characters.`,
  );
}

/**
 * The answer that the key got before, or null. It is kept in the transaction that does the work, so a crash between the work
 * and the answer leaves either both or neither, and the second of two requests at once finds the first one's answer.
 *
 * @throws {ValidationError} where the key was used for something else
 */
export async function keptAnswer(
  executor: Executor,
  asked: IdempotencyKey,
  now: Date,
): Promise<KeptAnswer | null> {
  const row = await executor
    .selectFrom("idempotency_keys")
    .selectAll()
    .where("user_id", "=", asked.userId)
    .where("endpoint", "=", asked.endpoint)
    .where("idempotency_key", "=", asked.key)
    .where("created_at", ">", keptSince(now))
    .executeTakeFirst();
  if (!row) return null;
  if (row.fingerprint !== asked.fingerprint)
    throw new ValidationError(
      "This Idempotency-Key was used for a different request. Use a new key for a new request.",
    );
  return { status: row.status, body: JSON.parse(row.body_json) };
}

export async function keepAnswer(
  tx: Tx,
  asked: IdempotencyKey,
  answer: KeptAnswer,
  now: Date,
): Promise<void> {
  const row = {
    fingerprint: asked.fingerprint,
    status: answer.status,
    body_json: JSON.stringify(answer.body),
    created_at: now.toISOString(),
  };
  await tx
    .insertInto("idempotency_keys")
    .values({ ...row, user_id: asked.userId, endpoint: asked.endpoint, idempotency_key: asked.key })
    // What stands there is older than a day, or `keptAnswer` would have found it.
    .onConflict((conflict) => conflict.columns(["user_id", "endpoint", "idempotency_key"]).doUpdateSet(row))
    .execute();
}

/** Forgets answers older than a day. */
export async function forgetOldAnswers(db: Database, now: Date): Promise<void> {
  await db.deleteFrom("idempotency_keys").where("created_at", "<=", keptSince(now)).execute();
}

function keptSince(now: Date): string {
  return new Date(now.getTime() - LIMITS.files.idempotencyKeptMs).toISOString();
}

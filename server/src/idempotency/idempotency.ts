import { createHash } from "node:crypto";
import { LIMITS } from "../config/limits.ts";
import type { Database, Executor, Tx } from "../database/open.ts";
import type { Actor } from "../accounts/users.ts";
import { ValidationError } from "../http/errors.ts";
import type { Answer, Call } from "../http/view.ts";

/** For the documentation of the routes that know it. */
export const ONCE = {
  description: "With an `Idempotency-Key` header, asking again gives the first answer and makes nothing new.",
};

/** Every route that knows it: method and path, with names in the place of ids. */
const ENDPOINTS = [
  "POST /api/files/",
  "POST /api/files/{id}/transcribe/",
  "POST /api/tasks/{id}/retry/",
  "POST /v1/audio/transcriptions",
] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** A caller's name for one request, so that asking twice does it once. */
export interface IdempotencyKey {
  userId: number;
  endpoint: Endpoint;
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
    .where("endpoint", "in", ENDPOINTS)
    .where("idempotency_key", "=", asked.key)
    .where("created_at", ">", keptSince(now))
    .executeTakeFirst();
  if (!row) return null;
  if (row.endpoint !== asked.endpoint || row.fingerprint !== asked.fingerprint)
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

/** An answer that was given before, given again. */
export function replay({ status, body }: KeptAnswer): Answer {
  return { status, body, headers: { "idempotency-replayed": "true" } };
}

/**
 * Does the work of a request in one transaction with the keeping of its answer, or gives the answer that its `Idempotency-Key`
 * got before. The second of two at once waits for the first one's transaction. Work that fails keeps nothing.
 *
 * @param asked what the request is about, beyond its endpoint
 * @returns the answer, and whether the work was done now: what follows a commit is to be done only then
 * @throws {ValidationError} where the key was used for something else
 */
export async function once(
  { db, now }: { db: Database; now: () => Date },
  call: Call<Actor>,
  endpoint: Endpoint,
  asked: readonly unknown[],
  work: (tx: Tx) => Promise<KeptAnswer>,
): Promise<{ answer: Answer; isNew: boolean }> {
  const text = keyFrom(call.request.headers["idempotency-key"]);
  const { userId } = call.actor;
  const key = text === null ? null : { userId, endpoint, key: text, fingerprint: fingerprint(asked) };
  return db.transaction().execute(async (tx) => {
    const earlier = key && (await keptAnswer(tx, key, now()));
    if (earlier) return { answer: replay(earlier), isNew: false };
    const answer = await work(tx);
    if (key) await keepAnswer(tx, key, answer, now());
    return { answer, isNew: true };
  });
}

/** Forgets answers older than a day. */
export async function forgetOldAnswers(db: Database, now: Date): Promise<void> {
  await db.deleteFrom("idempotency_keys").where("created_at", "<=", keptSince(now)).execute();
}

function keptSince(now: Date): string {
  return new Date(now.getTime() - LIMITS.files.idempotencyKeptMs).toISOString();
}

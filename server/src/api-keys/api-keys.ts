import { hash, randomInt, timingSafeEqual } from "node:crypto";
import type { Selectable } from "kysely";
import type { Actor } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import { compiledOnce } from "../database/compiled.ts";
import type { Executor } from "../database/open.ts";
import { countOf } from "../database/page.ts";
import type { Tables } from "../database/tables.ts";

export type ApiKey = Omit<Selectable<Tables["api_keys"]>, "secret_hash">;

const SHOWN = [
  "id",
  "user_id",
  "name",
  "prefix",
  "created_at",
  "last_used_at",
  "expires_at",
  "revoked_at",
] as const;

/** No such key, or nothing that can be done with it; the message is for the operator. */
export class ApiKeyError extends Error {
  override name = "ApiKeyError";
}

export interface NewApiKey {
  userId: number;
  /** A name is made where none is given. */
  name?: string | undefined;
  expiresAt?: Date | undefined;
  /** `<prefix>.<secret>` as the operator chose it; random where not given. */
  key?: string | undefined;
}

/** @returns the row, and the key itself, which is nowhere kept and never seen again */
export async function createApiKey(
  executor: Executor,
  wanted: NewApiKey,
  now: Date,
): Promise<{ row: ApiKey; key: string }> {
  const key =
    wanted.key ??
    `${randomText(LIMITS.apiKeys.prefixCharacters)}.${randomText(LIMITS.apiKeys.secretCharacters)}`;
  const [prefix, secret] = split(key);
  const row = await executor
    .insertInto("api_keys")
    .values({
      user_id: wanted.userId,
      name: wanted.name ?? `Key ${prefix}`,
      prefix,
      secret_hash: sha256(secret),
      created_at: now.toISOString(),
      expires_at: wanted.expiresAt?.toISOString() ?? null,
    })
    .onConflict((conflict) => conflict.column("prefix").doNothing())
    .returning(SHOWN)
    .executeTakeFirst();
  if (!row) throw new ApiKeyError(`There is already a key with the prefix ${prefix}. Choose another.`);
  return { row, key };
}

/** Newest first. */
export function apiKeysOf(executor: Executor, userId: number): Promise<ApiKey[]> {
  return ownApiKeys(executor, userId).orderBy("id", "desc").execute();
}

/** A user's keys, revoked ones too, to select from. */
export function ownApiKeys(executor: Executor, userId: number) {
  return executor.selectFrom("api_keys").select(SHOWN).where("user_id", "=", userId);
}

/** How many of a user's keys are not revoked. */
export async function liveApiKeyCount(executor: Executor, userId: number): Promise<number> {
  return countOf(ownApiKeys(executor, userId).where("revoked_at", "is", null));
}

/** As {@link revokeApiKey}, for a key of the user's own. @returns whether there is such a key */
export async function revokeOwnApiKey(
  executor: Executor,
  userId: number,
  id: number,
  now: Date,
): Promise<boolean> {
  const { numUpdatedRows } = await executor
    .updateTable("api_keys")
    .set((eb) => ({ revoked_at: eb.fn.coalesce("revoked_at", eb.val(now.toISOString())) }))
    .where("user_id", "=", userId)
    .where("id", "=", id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Refuses the key from the next request on, in every process.
 *
 * @returns the key's id
 * @throws {ApiKeyError} where there is no such key
 */
export async function revokeApiKey(executor: Executor, prefix: string, now: Date): Promise<number> {
  const revoked = await executor
    .updateTable("api_keys")
    .set((eb) => ({ revoked_at: eb.fn.coalesce("revoked_at", eb.val(now.toISOString())) }))
    .where("prefix", "=", prefix)
    .returning("id")
    .executeTakeFirst();
  if (!revoked) throw new ApiKeyError(`There is no key with the prefix ${prefix}.`);
  return revoked.id;
}

/** As {@link revokeApiKey}, for all keys of a user. */
export async function revokeApiKeysOf(executor: Executor, userId: number, now: Date): Promise<void> {
  await executor
    .updateTable("api_keys")
    .set({ revoked_at: now.toISOString() })
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null)
    .execute();
}

/** What a key that was presented turned out to be. Only `valid` opens anything. */
export type KeyCheck =
  | { kind: "valid"; actor: Actor }
  | { kind: "unknown" | "revoked" | "expired" | "inactive" };

/**
 * Looks a presented key up in the database, each time, so that a revocation holds at once everywhere. A wrong prefix and a
 * wrong secret cost the same: one query, one hash, one comparison in constant time.
 */
export async function checkApiKey(executor: Executor, presented: string, now: Date): Promise<KeyCheck> {
  const [prefix, secret] = split(presented);
  const [row] = await keysWithUser(executor, prefix);
  const expected = Buffer.from(row?.secret_hash ?? sha256("no such key"), "hex");
  const matches = timingSafeEqual(expected, Buffer.from(sha256(secret), "hex"));
  if (!row || !matches) return { kind: "unknown" };
  if (row.revoked_at !== null) return { kind: "revoked" };
  if (row.expires_at !== null && row.expires_at <= now.toISOString()) return { kind: "expired" };
  if (row.is_active === 0) return { kind: "inactive" };
  await noteUse(executor, row.id, row.last_used_at, now);
  const actor: Actor = {
    userId: row.user_id,
    isAdmin: row.is_admin === 1,
    via: "api_key",
    sessionId: null,
  };
  return { kind: "valid", actor };
}

const keysWithUser = compiledOnce((executor, prefix: string) =>
  executor
    .selectFrom("api_keys as key")
    .innerJoin("users as user", "user.id", "key.user_id")
    .select(["key.id", "key.secret_hash", "key.revoked_at", "key.expires_at", "key.last_used_at"])
    .select(["user.id as user_id", "user.is_active", "user.is_admin"])
    .where("key.prefix", "=", prefix),
);

/** To the minute: a write for each read would make every request wait for the disk. */
async function noteUse(executor: Executor, id: number, lastUsedAt: string | null, now: Date): Promise<void> {
  const recent = new Date(now.getTime() - LIMITS.apiKeys.lastUsedPrecisionMs).toISOString();
  if (lastUsedAt !== null && lastUsedAt > recent) return;
  await executor
    .updateTable("api_keys")
    .set({ last_used_at: now.toISOString() })
    .where("id", "=", id)
    .execute();
}

function split(key: string): [prefix: string, secret: string] {
  const dot = key.indexOf(".");
  return dot < 0 ? ["", key] : [key.slice(0, dot), key.slice(dot + 1)];
}

function sha256(text: string): string {
  return hash("sha256", text);
}

const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

function randomText(characters: number): string {
  return Array.from({ length: characters }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}

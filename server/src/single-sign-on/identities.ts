import { handOver } from "../accounts/credentials.ts";
import { findUser, findUserByEmail, insertUser, type User } from "../accounts/users.ts";
import { audit } from "../audit/audit.ts";
import { LIMITS } from "../config/limits.ts";
import type { Tx } from "../database/open.ts";
import { AuthenticationFailed, PermissionDenied } from "../http/errors.ts";
import { isEmail } from "../http/text-formats.ts";
import type { Identity } from "./provider.ts";

export interface SignOnRules {
  /** What people know the provider as. */
  provider: string;
  registration: "open" | "closed";
}

/**
 * Whose account somebody gets who signed on: the one that they got before, else the one with their address, else a new one.
 *
 * @throws {PermissionDenied} where there is none for them {@link AuthenticationFailed} where it is inactive
 */
export async function userOfIdentity(
  tx: Tx,
  identity: Identity,
  rules: SignOnRules,
  now: Date,
): Promise<User> {
  const user = (await knownUser(tx, identity)) ?? (await newcomer(tx, identity, rules, now));
  if (user.is_active === 0) throw new AuthenticationFailed("User inactive or deleted.");
  return user;
}

async function knownUser(tx: Tx, { issuer, subject }: Identity): Promise<User | undefined> {
  const known = await tx
    .selectFrom("identities")
    .select("user_id")
    .where("issuer", "=", issuer)
    .where("subject", "=", subject)
    .executeTakeFirst();
  return known && findUser(tx, known.user_id);
}

/** Only an address that the provider verified says anything about who they are here. */
async function newcomer(tx: Tx, identity: Identity, rules: SignOnRules, now: Date): Promise<User> {
  const { email } = identity;
  if (email === null || !isEmail(email) || email.length > LIMITS.accounts.emailCharactersMax)
    throw new PermissionDenied(`${rules.provider} did not say what your e-mail address is.`);
  if (!identity.isEmailVerified)
    throw new PermissionDenied(
      `${rules.provider} has not verified your e-mail address. Have it verified there, and begin again.`,
    );
  const user = (await adopted(tx, email, now)) ?? (await created(tx, { ...identity, email }, rules, now));
  await tx
    .insertInto("identities")
    .values({
      user_id: user.id,
      issuer: identity.issuer,
      subject: identity.subject,
      created_at: now.toISOString(),
    })
    .execute();
  return user;
}

async function adopted(tx: Tx, email: string, now: Date): Promise<User | undefined> {
  const user = await findUserByEmail(tx, email);
  if (user) await handOver(tx, user, now);
  return user;
}

async function created(
  tx: Tx,
  { email, name }: Identity & { email: string },
  rules: SignOnRules,
  now: Date,
): Promise<User> {
  if (rules.registration === "closed")
    throw new PermissionDenied("Registration is closed. Ask an administrator for an account.");
  const user = await insertUser(
    tx,
    {
      email,
      passwordHash: null,
      isAdmin: false,
      // Cut at a character, never within one.
      name: Array.from(name ?? "")
        .slice(0, LIMITS.accounts.nameCharactersMax)
        .join(""),
    },
    now,
  );
  if (!user) throw new Error("An address was free and taken within one transaction.");
  const actor = { userId: user.id, via: "session" } as const;
  const subject = { type: "user", id: user.id } as const;
  await audit(tx, actor, "user.registered", subject, { email: user.email, by: rules.provider }, now);
  return user;
}

import { expect, test } from "vitest";
import { temporaryDatabase, TestClock } from "../../test/database.ts";
import { forgetOldMailTokens, makeMailToken } from "../accounts/mail-tokens.ts";
import { createUser } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import { csrfToken } from "./csrf.ts";
import { beginSession, checkSession, forgetOldSessions, type NewSession } from "./sessions.ts";

async function start() {
  const db = await temporaryDatabase();
  const clock = new TestClock();
  const user = { email: "ada@example.org", passwordHash: null, isAdmin: false };
  const { id: userId } = await createUser(db, user, clock.now());
  const begin = (wanted: Partial<NewSession> = {}) =>
    db
      .transaction()
      .execute((tx) =>
        beginSession(tx, { userId, address: "::1", userAgent: "test", ...wanted }, clock.now()),
      );
  return { db, clock, userId, begin };
}

test("what is over is swept away, and nothing else", async () => {
  const { db, clock, userId, begin } = await start();
  const old = await begin();
  clock.advance(LIMITS.sessions.idleMs - 60_000);
  const used = await begin();
  await makeMailToken(db, { userId, purpose: "reset_password", lifeMs: 60_000 }, clock.now());
  await makeMailToken(db, { userId, purpose: "confirm_email", lifeMs: 60_001 }, clock.now());
  clock.advance(60_000);
  await forgetOldSessions(db, clock.now());
  await forgetOldMailTokens(db, clock.now());
  expect(await db.selectFrom("sessions").select("id").execute()).toEqual([{ id: used.id }]);
  expect(await db.selectFrom("mail_tokens").select("purpose").execute()).toEqual([
    { purpose: "confirm_email" },
  ]);
  expect(await checkSession(db, old.token, clock.now())).toEqual({ kind: "unknown" });
  expect(await checkSession(db, used.token, clock.now())).toMatchObject({ kind: "valid" });
});

test("a session's use is noted to the minute, so that reads need not write", async () => {
  const { db, clock, begin } = await start();
  const { token } = await begin();
  const lastUsed = async () => {
    await checkSession(db, token, clock.now());
    return (await db.selectFrom("sessions").select("last_used_at").executeTakeFirstOrThrow()).last_used_at;
  };
  const begun = clock.now().toISOString();
  clock.advance(LIMITS.sessions.lastUsedPrecisionMs - 1);
  expect(await lastUsed()).toBe(begun);
  clock.advance(1);
  expect(await lastUsed()).toBe(clock.now().toISOString());
});

test("what a browser says of itself is cut to what is kept", async () => {
  const { db, begin } = await start();
  await begin({ userAgent: "x".repeat(10_000) });
  const { user_agent } = await db.selectFrom("sessions").select("user_agent").executeTakeFirstOrThrow();
  expect(user_agent).toHaveLength(LIMITS.sessions.userAgentCharactersMax);
});

test("each session has a CSRF token of its own, in the form of Django's", async () => {
  const { begin } = await start();
  const [one, two] = [await begin(), await begin()];
  expect(csrfToken(one.token)).toMatch(/^[a-zA-Z0-9]{32}$/);
  expect(csrfToken(one.token)).toBe(csrfToken(one.token));
  expect(csrfToken(one.token)).not.toBe(csrfToken(two.token));
});

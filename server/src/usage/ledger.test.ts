import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryDatabase, TestClock } from "../../test/database.ts";
import { createUser } from "../accounts/users.ts";
import type { Database } from "../database/open.ts";
import {
  balanceOf,
  grantMinutes,
  refusalOf,
  releaseMinutes,
  reserveMinutes,
  settleMinutes,
  usageBody,
} from "./ledger.ts";
import { setPlan } from "./plans.ts";

const PLANS = { trialMinutes: 10, plans: { basic: 5 } };
const clock = new TestClock();

async function someone(db: Database): Promise<number> {
  const { id } = await createUser(
    db,
    { email: `${crypto.randomUUID()}@example.org`, passwordHash: null, isAdmin: false },
    clock.now(),
  );
  return id;
}

function reserve(db: Database, userId: number, id: number, seconds: number): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    if (await refusalOf(tx, PLANS, userId, seconds, clock.now())) return false;
    await reserveMinutes(tx, PLANS, { id, fileId: id, userId, seconds }, clock.now());
    return true;
  });
}

test("whatever happens in whatever order, what is used and reserved is what the tasks say and within the limit", async () => {
  const db = await temporaryDatabase();
  let tasks = 0;
  const step = fc.record({
    seconds: fc.double({ min: 0, max: 400, noNaN: true }),
    speech: fc.double({ min: 0, max: 500, noNaN: true }),
    end: fc.constantFrom("settle", "release", "settle twice", "release and settle", "none"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const user = await someone(db);
      const expected = { used: 0, reserved: 0 };
      for (const { seconds, speech, end } of steps) {
        const task = ++tasks;
        const whole = Math.ceil(seconds - 1e-6);
        const fits = expected.used + expected.reserved + whole <= 600;
        expect(await reserve(db, user, task, seconds)).toBe(fits);
        if (!fits) continue;
        await db.transaction().execute(async (tx) => {
          if (end.startsWith("release")) await releaseMinutes(tx, task, "failed", clock.now());
          if (end.includes("settle")) await settleMinutes(tx, task, speech, clock.now());
          if (end === "settle twice") await settleMinutes(tx, task, speech + 50, clock.now());
        });
        if (end === "none") expected.reserved += whole;
        if (end.startsWith("settle")) expected.used += Math.min(whole, Math.ceil(speech - 1e-6));
      }
      expect(await balanceOf(db, PLANS, user, clock.now())).toMatchObject({
        usedSeconds: expected.used,
        reservedSeconds: expected.reserved,
        remainingSeconds: 600 - expected.used - expected.reserved,
      });
    }),
    { numRuns: 40 },
  );
});

test("the database refuses a second reservation of a task", async () => {
  const db = await temporaryDatabase();
  const user = await someone(db);
  await reserve(db, user, 1, 5);
  await expect(reserve(db, user, 1, 5)).rejects.toThrow("UNIQUE");
  expect((await balanceOf(db, PLANS, user, clock.now())).reservedSeconds).toBe(5);
});

test("a task that ends in the next month is settled in the month of its reservation", async () => {
  const db = await temporaryDatabase();
  const user = await someone(db);
  const start = clock.now();
  await db.transaction().execute((tx) => setPlan(tx, user, { plan: "basic", endsAt: null }, start));
  expect(await reserve(db, user, 1, 300)).toBe(true);
  const later = new Date("2026-06-20T00:00:00.000Z");
  await db.transaction().execute((tx) => settleMinutes(tx, 1, 100, later));
  expect(await balanceOf(db, PLANS, user, later)).toMatchObject({ usedSeconds: 0, remainingSeconds: 300 });
  expect(await balanceOf(db, PLANS, user, start)).toMatchObject({ usedSeconds: 100, reservedSeconds: 0 });
});

test("who goes from trial to a plan and back finds the trial as they left it", async () => {
  const db = await temporaryDatabase();
  const user = await someone(db);
  const change = (plan: string) =>
    db.transaction().execute((tx) => setPlan(tx, user, { plan, endsAt: null }, clock.now()));
  await reserve(db, user, 1, 200);
  await change("basic");
  expect(await balanceOf(db, PLANS, user, clock.now())).toMatchObject({ remainingSeconds: 300 });
  await change("trial");
  expect(await balanceOf(db, PLANS, user, clock.now())).toMatchObject({ remainingSeconds: 400 });
});

test("a plan that is no longer configured is not active, and a grant cannot lift that", async () => {
  const db = await temporaryDatabase();
  const user = await someone(db);
  const refusal = await db.transaction().execute(async (tx) => {
    await setPlan(tx, user, { plan: "gone", endsAt: null }, clock.now());
    await grantMinutes(tx, PLANS, { userId: user, minutes: 9, reason: "A gift", actorId: null }, clock.now());
    return refusalOf(tx, PLANS, user, 1, clock.now());
  });
  expect(refusal).toBe("subscription_inactive");
  expect(usageBody("free_trial_exceeded").detail).toBe("Free trial limit exceeded.");
});

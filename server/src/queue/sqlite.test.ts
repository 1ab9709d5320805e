import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { expect, test } from "vitest";
import { TestClock, temporaryDatabase } from "../../test/database.ts";
import { LIMITS } from "../config/limits.ts";
import type { Delivery } from "./queue.ts";
import { SqliteQueue } from "./sqlite.ts";

async function setUp() {
  const db = await temporaryDatabase();
  const clock = new TestClock();
  const queue = new SqliteQueue(db, clock.now);
  const add = (subject: number, share: number) =>
    db.transaction().execute((tx) => queue.add(tx, "work", subject, share));
  const take = async (): Promise<Delivery> => {
    const delivery = await queue.take("work");
    if (!delivery) throw new Error("nothing was delivered");
    return delivery;
  };
  return { db, clock, queue, add, take };
}

test("what is queued in a transaction that rolls back is not queued", async () => {
  const { db, queue } = await setUp();
  const failed = db.transaction().execute(async (tx) => {
    await queue.add(tx, "work", 1, 1);
    throw new Error("no");
  });
  await expect(failed).rejects.toThrow("no");
  expect(await queue.take("work")).toBeNull();
});

test("a delivery is with one taker at a time, oldest first, and gone once settled", async () => {
  const { db, clock, queue, add, take } = await setUp();
  await add(1, 1);
  await add(2, 1);
  const first = await take();
  expect(first).toMatchObject({ subjectId: 1, timesDelivered: 1 });
  expect((await take()).subjectId).toBe(2);
  expect(await queue.take("work")).toBeNull();
  expect(await queue.settle(db, first)).toBe(true);
  clock.advance(LIMITS.queue.leaseMs);
  expect((await take()).subjectId).toBe(2);
});

test("the share with the least in work comes first, whatever it queued later", async () => {
  const { add, take } = await setUp();
  for (const subject of [1, 2, 3]) await add(subject, 1);
  await add(4, 2);
  expect([(await take()).subjectId, (await take()).subjectId, (await take()).subjectId]).toEqual([1, 4, 2]);
});

test("a share that has enough in work is passed over where that is asked for", async () => {
  const { db, queue, add, take } = await setUp();
  for (const subject of [1, 2]) await add(subject, 1);
  const first = await take();
  expect(await queue.take("work", 0)).toBeNull();
  await add(3, 2);
  expect(await queue.take("work", 0)).toMatchObject({ subjectId: 3 });
  await queue.settle(db, first);
  expect(await queue.take("work", 0)).toMatchObject({ subjectId: 2 });
});

test("a lease that is not renewed is lost to the next taker, and the loser can neither renew nor settle", async () => {
  const { db, clock, queue, add, take } = await setUp();
  await add(1, 1);
  const lost = await take();
  clock.advance(LIMITS.queue.leaseMs - 1);
  expect(await queue.renew(lost)).toBe(true);
  clock.advance(LIMITS.queue.leaseMs - 1);
  expect(await queue.take("work")).toBeNull();
  clock.advance(1);
  const taken = await take();
  expect(taken).toMatchObject({ subjectId: 1, timesDelivered: 2 });
  expect(await queue.renew(lost)).toBe(false);
  expect(await queue.settle(db, lost)).toBe(false);
  expect(await queue.renew(taken)).toBe(true);
});

test("what is put back comes again when it is due", async () => {
  const { db, clock, queue, add, take } = await setUp();
  await add(1, 1);
  await queue.putBack(db, await take(), new Date(clock.now().getTime() + 5_000));
  expect(await queue.take("work")).toBeNull();
  clock.advance(5_000);
  expect((await take()).timesDelivered).toBe(2);
});

test("work of a process that died on this host is free at once, without waiting for its lease", async () => {
  const { db, queue, add, take } = await setUp();
  await add(1, 1);
  await take();
  const dead = spawnSync(process.execPath, ["-e", "console.log(process.pid)"], {
    encoding: "utf8",
  }).stdout.trim();
  await db
    .updateTable("deliveries")
    .set({ owner: `${hostname()} ${dead} 1` })
    .execute();
  expect((await take()).timesDelivered).toBe(2);
  await db.updateTable("deliveries").set({ owner: "another-host 1 1" }).execute();
  expect(await queue.take("work")).toBeNull();
});

test("fifty takers at once get fifty different deliveries", async () => {
  const { queue, add } = await setUp();
  for (let subject = 1; subject <= 50; subject++) await add(subject, subject % 3);
  const taken = await Promise.all(Array.from({ length: 60 }, () => queue.take("work")));
  const subjects = taken.flatMap((delivery) => (delivery ? [delivery.subjectId] : []));
  expect(new Set(subjects).size).toBe(50);
  expect(subjects).toHaveLength(50);
});

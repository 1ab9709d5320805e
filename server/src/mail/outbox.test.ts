import { pino } from "pino";
import { expect, test } from "vitest";
import { TestClock, temporaryDatabase } from "../../test/database.ts";
import { createUser } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import { SqliteQueue } from "../queue/sqlite.ts";
import { MAIL_QUEUE, mailLater, sendMail } from "./outbox.ts";
import type { Mail } from "./transport.ts";

async function setUp(take: (mail: Mail) => Promise<void>) {
  const db = await temporaryDatabase();
  const clock = new TestClock();
  const queue = new SqliteQueue(db, clock.now);
  const { id } = await createUser(
    db,
    { email: "ada@example.org", passwordHash: null, isAdmin: false },
    clock.now(),
  );
  const add = () =>
    db.transaction().execute((tx) => mailLater(tx, queue, id, { subject: "S", text: "T" }, clock.now()));
  const work = async (): Promise<boolean> => {
    const delivery = await queue.take(MAIL_QUEUE);
    const transport = { deliver: take, close: () => undefined };
    if (delivery)
      await sendMail({ db, queue, transport, log: pino({ level: "silent" }), now: clock.now }, delivery);
    return delivery !== null;
  };
  const left = () => db.selectFrom("outgoing_mails").selectAll().execute();
  return { db, clock, add, work, left };
}

test("a mail that nobody takes is tried again for most of a day, then given up", async () => {
  let tries = 0;
  const { clock, add, work, left } = await setUp(async () => {
    tries += 1;
    throw new Error("451 try again");
  });
  await add();
  for (const pauseMs of LIMITS.mail.outboxPausesMs) {
    expect(await work()).toBe(true);
    expect(await work()).toBe(false);
    clock.advance(pauseMs);
  }
  expect(await left()).toHaveLength(1);
  expect(await work()).toBe(true);
  expect(tries).toBe(LIMITS.mail.outboxPausesMs.length + 1);
  expect(await left()).toEqual([]);
  clock.advance(24 * 3_600_000);
  expect(await work()).toBe(false);
});

test("a mail is sent once, to the address that its user has now, and not to those who were deactivated", async () => {
  const sent: Mail[] = [];
  const { db, add, work, left } = await setUp(async (mail) => void sent.push(mail));
  await add();
  await db.updateTable("users").set({ email: "countess@example.org" }).execute();
  await work();
  await db.updateTable("users").set({ is_active: 0 }).execute();
  await add();
  await work();
  expect(sent).toEqual([{ to: "countess@example.org", subject: "S", text: "T" }]);
  expect(await left()).toEqual([]);
});

import { expect, test } from "vitest";
import { temporaryDatabase, TestClock } from "../../test/database.ts";
import { createUser } from "../accounts/users.ts";
import type { Database } from "../database/open.ts";
import type { Delivery } from "../queue/queue.ts";
import { SqliteQueue } from "../queue/sqlite.ts";
import {
  claimTask,
  etaSeconds,
  reportProgress,
  runDown,
  transcribeLater,
  TRANSCRIPTION_QUEUE,
} from "./tasks.ts";

/** A recording whose transcription is queued, and the hands of a worker. */
async function queuedTask() {
  const clock = new TestClock();
  const db = await temporaryDatabase();
  const queue = new SqliteQueue(db, clock.now);
  const fileId = await recording(db, clock.now());
  const config = { trialMinutes: 10, plans: {} };
  const id = await db
    .transaction()
    .execute((tx) => transcribeLater(tx, { queue, config }, { fileId, userId: 1 }, clock.now()));
  return {
    clock,
    async begin(): Promise<Delivery> {
      const delivery = await queue.take(TRANSCRIPTION_QUEUE);
      if (!delivery) throw new Error("Nothing is queued.");
      await db.transaction().execute((tx) => claimTask(tx, delivery, clock.now()));
      return delivery;
    },
    handBack: (delivery: Delivery) => queue.putBack(db, delivery, clock.now()),
    report: (delivery: Delivery, progress: number, secondsLeft: number | null = null) =>
      reportProgress(db, delivery, { stage: "recognising", progress, secondsLeft }, clock.now()),
    read: () => db.selectFrom("tasks").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
    eta: async () =>
      etaSeconds(
        await db.selectFrom("tasks").selectAll().where("id", "=", id).executeTakeFirstOrThrow(),
        clock.now(),
      ),
  };
}

async function recording(db: Database, now: Date): Promise<number> {
  const created_at = now.toISOString();
  const { id: owner_id } = await createUser(
    db,
    { email: "ada@example.org", passwordHash: null, isAdmin: false },
    now,
  );
  const project = { title: "A", kind: "audio", audio_file_type: "interview", return_timestamps: 1 } as const;
  await db
    .insertInto("projects")
    .values({ ...project, owner_id, language: "auto", created_at })
    .execute();
  const { id } = await db
    .insertInto("files")
    .values({
      project_id: 1,
      uploaded_by: owner_id,
      original_filename: "a.wav",
      file_type: "audio",
      blob_key: "a",
      size_bytes: 1,
      sha256: "a",
      duration_seconds: 60,
      probe_json: "{}",
      uploaded_at: created_at,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

test("progress never falls, although a run that takes up where another stopped begins at nothing", async () => {
  const task = await queuedTask();
  const first = await task.begin();
  await task.report(first, 0.4);
  await task.handBack(first);
  const second = await task.begin();
  for (const [reported, shown] of [
    [0, 0.4],
    [0.3, 0.4],
    [0.5, 0.5],
  ] as const) {
    expect(await task.report(second, reported)).toBe(true);
    expect(await task.read()).toMatchObject({ progress: shown, stage: "recognising" });
  }
  expect(await task.report(first, 0.9)).toBe(false);
  expect((await task.read()).progress).toBe(0.5);
});

test("the time left is what the run last said, and runs down until it says more", async () => {
  const task = await queuedTask();
  expect(await task.eta()).toBeNull();
  const delivery = await task.begin();
  await task.report(delivery, 0.01, 900);
  expect(await task.eta()).toBeNull();
  await task.report(delivery, 0.25, 60);
  expect(await task.eta()).toBe(60);
  task.clock.advance(10_000);
  expect(await task.eta()).toBe(50);
  task.clock.advance(600_000);
  expect(await task.eta()).toBe(30);
  await task.report(delivery, 0.5, 40);
  expect(await task.eta()).toBe(40);
  await task.report(delivery, 1, null);
  expect(await task.eta()).toBeNull();
});

test("between two steps the time left runs down, but never to less than half of it", () => {
  expect([0, 10, 30, 600].map((since) => runDown(60, since))).toEqual([60, 50, 30, 30]);
});

test("what an interrupted run said of the time left says nothing of the next", async () => {
  const task = await queuedTask();
  const first = await task.begin();
  await task.report(first, 0.4, 20);
  await task.handBack(first);
  task.clock.advance(3_600_000);
  const second = await task.begin();
  expect(await task.eta()).toBeNull();
  await task.report(second, 0.3, null);
  expect(await task.eta()).toBeNull();
  await task.report(second, 0.5, 25);
  expect(await task.eta()).toBe(25);
});

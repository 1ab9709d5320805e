import { expect, onTestFinished, test } from "vitest";
import { TestClock, temporaryDatabase } from "../../test/database.ts";
import { createLog } from "../observe/log.ts";
import { SqliteQueue } from "./sqlite.ts";
import { QueueWorker } from "./worker.ts";

/** A worker whose work goes on until it is told to end. */
async function busyWorker(bounds: { concurrency: number; newcomers?: number }) {
  const db = await temporaryDatabase();
  const queue = new SqliteQueue(db, new TestClock().now);
  const running = new Map<number, () => void>();
  const worker = new QueueWorker({
    queue,
    name: "work",
    log: createLog("silent"),
    ...bounds,
    async work(delivery) {
      const { promise, resolve } = Promise.withResolvers<void>();
      running.set(delivery.subjectId, resolve);
      await promise;
      running.delete(delivery.subjectId);
      await queue.settle(db, delivery);
    },
  });
  worker.start();
  onTestFinished(() => {
    for (const end of running.values()) end();
    return worker.stop();
  });
  return {
    add: async (subject: number, share: number) => {
      await db.transaction().execute((tx) => queue.add(tx, "work", subject, share));
      worker.wake();
    },
    end: (subject: number) => running.get(subject)?.(),
    running: () => [...running.keys()],
  };
}

test("who has nothing in work is begun with at once, however long the work of others takes", async () => {
  const worker = await busyWorker({ concurrency: 2, newcomers: 1 });
  for (const subject of [1, 2, 3]) await worker.add(subject, 1);
  await expect.poll(worker.running).toEqual([1, 2]);
  await worker.add(4, 2);
  await expect.poll(worker.running).toEqual([1, 2, 4]);
  await worker.add(5, 2);
  await worker.add(6, 3);
  worker.end(4);
  await expect.poll(worker.running).toEqual([1, 2, 5]);
  worker.end(5);
  await expect.poll(worker.running).toEqual([1, 2, 6]);
  worker.end(1);
  await expect.poll(worker.running).toEqual([2, 6]);
  worker.end(6);
  await expect.poll(worker.running).toEqual([2, 3]);
});

test("without room for newcomers they wait for their turn", async () => {
  const worker = await busyWorker({ concurrency: 1 });
  await worker.add(1, 1);
  await worker.add(2, 2);
  await expect.poll(worker.running).toEqual([1]);
  worker.end(1);
  await expect.poll(worker.running).toEqual([2]);
});

import { LIMITS } from "../config/limits.ts";
import type { Database } from "../database/open.ts";
import type { Metrics } from "../observe/metrics.ts";

/**
 * Reads the figures that the database knows, of all processes together. They are gauges over the last hour and not counters,
 * since rows that are deleted would make a counter fall.
 */
export async function measure(db: Database, metrics: Metrics, now: Date): Promise<void> {
  await measureQueues(db, metrics, now);
  await measureTasks(db, metrics, now);
}

async function measureQueues(db: Database, metrics: Metrics, now: Date): Promise<void> {
  const time = now.toISOString();
  const rows = await db
    .selectFrom("deliveries")
    .select((eb) => [
      "queue",
      eb
        .case()
        .when("lease_ends_at", ">", time)
        .then("working")
        .when("due_at", ">", time)
        .then("later")
        .else("waiting")
        .end()
        .as("state"),
      eb.fn.countAll<number>().as("count"),
      eb.fn.min("due_at").as("oldest"),
    ])
    .groupBy(["queue", "state"])
    .execute();
  metrics.queueDeliveries.reset();
  metrics.queueOldestSeconds.reset();
  for (const { queue, state, count, oldest } of rows) {
    metrics.queueDeliveries.set({ queue, state }, count);
    if (state === "waiting") metrics.queueOldestSeconds.set({ queue }, secondsBetween(oldest, time));
  }
}

async function measureTasks(db: Database, metrics: Metrics, now: Date): Promise<void> {
  const since = new Date(now.getTime() - LIMITS.metrics.windowMs).toISOString();
  const ended = await db
    .selectFrom("tasks")
    .innerJoin("files", "files.id", "tasks.file_id")
    .innerJoin("transcripts", "transcripts.id", "tasks.transcript_id")
    .select(["tasks.status", "tasks.error_reason", "tasks.started_at", "tasks.finished_at"])
    .select(["files.duration_seconds", "transcripts.speech_seconds"])
    .where("tasks.finished_at", ">", since)
    .execute();
  metrics.tasksEnded.reset();
  for (const { status, error_reason } of ended)
    metrics.tasksEnded.inc({ status, error_reason: error_reason ?? "" });
  const done = ended.filter(({ status }) => status === "succeeded");
  const audioSeconds = sum(done.map((task) => task.duration_seconds ?? 0));
  const workSeconds = sum(done.map((task) => secondsBetween(task.started_at, task.finished_at)));
  metrics.audioSeconds.set(audioSeconds);
  metrics.speechSeconds.set(sum(done.map((task) => task.speech_seconds ?? 0)));
  if (audioSeconds > 0) metrics.realTimeFactor.set(workSeconds / audioSeconds);
  else metrics.realTimeFactor.reset();
}

function secondsBetween(from: string | null, to: string | null): number {
  return from === null || to === null ? 0 : Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

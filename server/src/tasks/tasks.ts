import type { Selectable } from "kysely";
import type { Actor } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import type { Executor, Tx } from "../database/open.ts";
import type { Tables, TaskStatus } from "../database/tables.ts";
import { inVisibleProject, type Search } from "../projects/access.ts";
import type { Delivery, Queue } from "../queue/queue.ts";
import { refusalOf, releaseMinutes, reserveMinutes, usageError } from "../usage/ledger.ts";
import type { Plans } from "../usage/plans.ts";

export type Task = Selectable<Tables["tasks"]>;

/** Name of the queue that delivers ids of tasks of the type `transcription`. */
export const TRANSCRIPTION_QUEUE = "transcription";

/** A task is not in the state that an action needs; the message is for the caller. */
export class TaskStateError extends Error {
  override name = "TaskStateError";
}

/** Tasks of files that the actor sees. */
export function taskRows(executor: Executor, actor: Actor, search?: Search) {
  return executor
    .selectFrom("tasks")
    .innerJoin("files", "files.id", "tasks.file_id")
    .where(inVisibleProject(executor, actor, search))
    .selectAll("tasks")
    .select("files.project_id");
}

export function findTask(
  executor: Executor,
  actor: Actor,
  id: number,
): Promise<(Task & { project_id: number }) | undefined> {
  return taskRows(executor, actor).where("tasks.id", "=", id).executeTakeFirst();
}

/** How many tasks are delivered before this one, plus one; null unless it waits. */
export async function queuePosition(executor: Executor, task: Task): Promise<number | null> {
  if (task.status !== "queued") return null;
  const { ahead } = await executor
    .selectFrom("tasks")
    .where("status", "=", "queued")
    .where("id", "<", task.id)
    .select((eb) => eb.fn.countAll<number>().as("ahead"))
    .executeTakeFirstOrThrow();
  return ahead + 1;
}

/** Seconds that a running task will take, by what its run last said; null where it is not known yet or any more. */
export function etaSeconds(
  { status, progress, seconds_left, seconds_left_at }: Task,
  now: Date,
): number | null {
  if (status !== "running" || seconds_left === null || seconds_left_at === null) return null;
  if (progress < LIMITS.tasks.etaFromProgress) return null;
  return Math.round(runDown(seconds_left, (now.getTime() - Date.parse(seconds_left_at)) / 1000));
}

/** What remains of the time left after some time without a word of it, in the unit of both: what takes long is not nearly done. */
export function runDown(left: number, since: number): number {
  return Math.max(left - since, left * LIMITS.tasks.etaKept);
}

/** Where a transcription is queued, and what the minutes that it needs are counted by. */
export interface Queueing {
  queue: Queue;
  config: Plans;
}

/**
 * Queues the transcription of a file in the caller's transaction, and sets the minutes of its user aside for it. The file
 * has one transcript for ever; each try that somebody asks for is a task of its own. A file whose transcription already
 * waits or runs gets that task: two clicks are one job.
 *
 * @returns the task's id
 * @throws {UsageError} where the user has too few minutes left; nothing is written then
 */
export async function transcribeLater(
  tx: Tx,
  { queue, config }: Queueing,
  wanted: { fileId: number; userId: number },
  now: Date,
): Promise<number> {
  const live = await liveTask(tx, wanted.fileId);
  if (live) return live.id;
  const seconds = await lengthOf(tx, wanted.fileId);
  const refusal = await refusalOf(tx, config, wanted.userId, seconds, now);
  if (refusal) throw usageError(refusal);
  const transcriptId = await beginTranscript(tx, wanted.fileId, now);
  const { id } = await tx
    .insertInto("tasks")
    .values({
      type: "transcription",
      file_id: wanted.fileId,
      transcript_id: transcriptId,
      user_id: wanted.userId,
      status: "queued",
      progress: 0,
      attempt: 1,
      created_at: now.toISOString(),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await reserveMinutes(tx, config, { id, ...wanted, seconds }, now);
  await queue.add(tx, TRANSCRIPTION_QUEUE, id, wanted.userId);
  return id;
}

/** In seconds. */
async function lengthOf(tx: Tx, fileId: number): Promise<number> {
  const file = await tx
    .selectFrom("files")
    .select("duration_seconds")
    .where("id", "=", fileId)
    .executeTakeFirstOrThrow();
  return file.duration_seconds ?? 0;
}

function liveTask(tx: Tx, fileId: number) {
  return tx
    .selectFrom("tasks")
    .select("id")
    .where("file_id", "=", fileId)
    .where("status", "in", ["queued", "running"])
    .executeTakeFirst();
}

async function beginTranscript(tx: Tx, fileId: number, now: Date): Promise<number> {
  const state = {
    status: "transcribing" as const,
    error_reason: null,
    error_detail_json: null,
    updated_at: now.toISOString(),
  };
  const { id } = await tx
    .insertInto("transcripts")
    .values({
      ...state,
      file_id: fileId,
      speakers_json: "[]",
      missing_json: "[]",
      evidence_json: "[]",
      created_at: now.toISOString(),
    })
    .onConflict((conflict) => conflict.column("file_id").doUpdateSet(state))
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/**
 * A new task for the file of one that ended without a transcript.
 *
 * @returns the new task's id
 * @throws {UsageError} where the user has too few minutes left
 * @throws {TaskStateError} unless the task failed or was cancelled and nothing came after it
 */
export async function retryLater(
  tx: Tx,
  queueing: Queueing,
  task: Task,
  userId: number,
  now: Date,
): Promise<number> {
  if (task.status !== "failed" && task.status !== "cancelled")
    throw new TaskStateError(`Only failed or cancelled tasks can be retried. This one is ${task.status}.`);
  const newer = await tx
    .selectFrom("tasks")
    .select("id")
    .where("file_id", "=", task.file_id)
    .where("id", ">", task.id)
    .executeTakeFirst();
  if (newer) throw new TaskStateError(`This task was retried already, as task ${newer.id}.`);
  return transcribeLater(tx, queueing, { fileId: task.file_id, userId }, now);
}

/**
 * Ends a task that waits or runs. Whoever works on it finds out at its next report and stops; what it then writes does not
 * count.
 *
 * @throws {TaskStateError} where it ended already
 */
export async function cancelTask(tx: Tx, queue: Queue, task: Task, now: Date): Promise<void> {
  const cancelled = await tx
    .updateTable("tasks")
    .set({ status: "cancelled", claim: null, finished_at: now.toISOString() })
    .where("id", "=", task.id)
    .where("status", "in", ["queued", "running"])
    .executeTakeFirst();
  if (cancelled.numUpdatedRows === 0n)
    throw new TaskStateError(`Only queued or running tasks can be cancelled. This one is ${task.status}.`);
  await queue.cancel(tx, TRANSCRIPTION_QUEUE, task.id);
  await releaseMinutes(tx, task.id, "cancelled", now);
  await failTranscript(
    tx,
    task.transcript_id,
    null,
    { message: "The transcription was cancelled. Retry it to start it again." },
    now,
  );
}

/** Stops what works on a file that is about to be deleted, and gives back the minutes set aside for it. */
export async function dropWorkOn(tx: Tx, queue: Queue, fileId: number, now: Date): Promise<void> {
  const live = await liveTask(tx, fileId);
  if (!live) return;
  await queue.cancel(tx, TRANSCRIPTION_QUEUE, live.id);
  await releaseMinutes(tx, live.id, "deleted", now);
}

/**
 * Takes the task that a delivery points at. Undefined where it ended or is gone, and the delivery with it. A task that
 * was running has lost its process: it goes on from its stored segments, in the same try.
 */
export async function claimTask(tx: Tx, delivery: Delivery, now: Date): Promise<Task | undefined> {
  return tx
    .updateTable("tasks")
    .set((eb) => ({
      status: "running" as const,
      claim: delivery.token,
      started_at: eb.fn.coalesce("started_at", eb.val(now.toISOString())),
      seconds_left: null,
    }))
    .where("id", "=", delivery.subjectId)
    .where("status", "in", ["queued", "running"] satisfies TaskStatus[])
    .returningAll()
    .executeTakeFirst();
}

/**
 * Writes how far a task is, and how long the rest takes. Progress never falls: a run that takes up where another stopped begins at
 * nothing, and comes back to where that was in a moment.
 *
 * @returns false when the task is no longer this delivery's: cancelled, deleted, or taken over
 */
export async function reportProgress(
  executor: Executor,
  delivery: Delivery,
  { stage, progress, secondsLeft }: { stage: string; progress: number; secondsLeft: number | null },
  now: Date,
): Promise<boolean> {
  const result = await executor
    .updateTable("tasks")
    .set((eb) => ({
      stage,
      progress: eb.case().when("progress", "<", progress).then(progress).else(eb.ref("progress")).end(),
      seconds_left: secondsLeft,
      seconds_left_at: now.toISOString(),
    }))
    .where("id", "=", delivery.subjectId)
    .where("claim", "=", delivery.token)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** Marks a transcript as failed, with what a person and a program may know of the reason. */
export async function failTranscript(
  tx: Tx,
  transcriptId: number,
  reason: string | null,
  detail: object,
  now: Date,
): Promise<void> {
  await tx
    .updateTable("transcripts")
    .set({
      status: "failed",
      error_reason: reason,
      error_detail_json: JSON.stringify(detail),
      updated_at: now.toISOString(),
    })
    .where("id", "=", transcriptId)
    .execute();
}

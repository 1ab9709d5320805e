import type { Actor } from "../accounts/users.ts";
import type { Config } from "../config/config.ts";
import type { Database, Tx } from "../database/open.ts";
import { countOf, windowOf } from "../database/page.ts";
import type { TaskStatus } from "../database/tables.ts";
import { NotFound, ValidationError } from "../http/errors.ts";
import { readOnly } from "../http/fields.ts";
import { choiceFilter, filters, ordering, relationFilter } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { nullable, oneOf } from "../http/shapes.ts";
import { apiTime, apiTimeOrNull } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import { ONCE, once } from "../idempotency/idempotency.ts";
import type { Changes } from "../observe/changes.ts";
import type { Queue } from "../queue/queue.ts";
import { findFile } from "../files/files.ts";
import { authorize, type Search, searchFor, visibleCount } from "../projects/access.ts";
import {
  cancelTask,
  etaSeconds,
  findTask,
  queuePosition,
  retryLater,
  type Task,
  taskRows,
  TaskStateError,
} from "./tasks.ts";

const TASK_STATUSES = [
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
] as const satisfies TaskStatus[];

export const TASK = serializer("Task", {
  id: readOnly("integer"),
  type: readOnly(oneOf(["transcription"])),
  status: readOnly(oneOf(TASK_STATUSES)),
  file: readOnly("integer"),
  transcript: readOnly("integer"),
  progress: readOnly("number", {
    help: "From 0 to 1: seconds of speech recognised over seconds of speech found.",
  }),
  stage: readOnly(nullable("string")),
  attempt: readOnly("integer"),
  queue_position: readOnly(nullable("integer"), { help: "From 1; null unless queued." }),
  eta_seconds: readOnly(nullable("integer"), { help: "Null unless running for a while." }),
  error_reason: readOnly(nullable("string")),
  error: readOnly(nullable("string")),
  created_at: readOnly("datetime"),
  started_at: readOnly(nullable("datetime")),
  finished_at: readOnly(nullable("datetime")),
});

const FILTERS = filters({ status: choiceFilter(TASK_STATUSES), file: relationFilter() });
const ORDERING = ordering(["id", "created_at", "finished_at"], "-id");

export interface TaskServices {
  db: Database;
  queue: Queue;
  config: Config;
  changes: Changes;
  /** There is new work in the queue. */
  wake: () => void;
  now: () => Date;
}

export function taskRoutes(server: ApiServer<Actor>, services: TaskServices): void {
  view(server, "/api/tasks/", {
    name: "Task List",
    tag: "tasks",
    actions: {
      GET: {
        summary: "List the tasks of files that you can see",
        query: [...FILTERS.parameters, ...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(TASK.shape) },
        handle: (call) => list(services, call),
      },
    },
  });
  view(server, "/api/tasks/:id/", {
    name: "Task Instance",
    tag: "tasks",
    actions: {
      GET: {
        summary: "Read a task",
        responses: { 200: TASK.shape },
        handle: async (call) => ({
          status: 200,
          body: await presentTask(services, await theTask(services, call)),
        }),
      },
    },
  });
  view(server, "/api/tasks/:id/retry/", {
    name: "Task Retry",
    tag: "tasks",
    actions: {
      POST: {
        summary: "Try a failed or cancelled task again, as a new task",
        ...ONCE,
        responses: { 202: TASK.shape },
        handle: (call) => retry(services, call).catch(asRefusal),
      },
    },
  });
  view(server, "/api/tasks/:id/cancel/", {
    name: "Task Cancel",
    tag: "tasks",
    actions: {
      POST: {
        summary: "Cancel a task that waits or runs",
        responses: { 202: TASK.shape },
        handle: (call) => cancel(services, call).catch(asRefusal),
      },
    },
  });
}

/** A task in the wrong state is the caller's mistake. */
function asRefusal(error: unknown): never {
  throw error instanceof TaskStateError ? new ValidationError(error.message) : error;
}

async function theTask({ db }: TaskServices, call: Call<Actor>): Promise<Task> {
  const task = await findTask(db, call.actor, call.id());
  if (!task) throw new NotFound();
  return task;
}

/** @throws {PermissionDenied} where the actor may see it only */
async function theTaskToEdit({ db }: TaskServices, call: Call<Actor>): Promise<Task> {
  const task = await findTask(db, call.actor, call.id());
  if (!task) throw new NotFound();
  await authorize(db, call.actor, task.project_id, "edit");
  return task;
}

/** A task as the API shows it. */
export async function readTask(
  services: { db: Database; now: () => Date },
  actor: Actor,
  id: number,
): Promise<Output<typeof TASK>> {
  const task = await findTask(services.db, actor, id);
  if (!task) throw new NotFound();
  return presentTask(services, task);
}

async function list(services: TaskServices, call: Call<Actor>) {
  const { db } = services;
  const wanted = await FILTERS.read(call.query, { file: (id: number) => findFile(db, call.actor, id) });
  const matching = (search?: Search) => {
    let rows = taskRows(db, call.actor, search);
    if (wanted.status) rows = rows.where("tasks.status", "=", wanted.status);
    if (wanted.file) rows = rows.where("tasks.file_id", "=", wanted.file.id);
    return rows;
  };
  const isWhole = !wanted.status && !wanted.file;
  const page = await paginate(call, {
    count: () => (isWhole ? visibleCount(db, call.actor, "task_count") : countOf(matching())),
    rows: async (window, count) =>
      windowOf(
        matching(isWhole ? await searchFor(db, count, window) : "seek"),
        ORDERING.read(call.query),
        "tasks",
        window,
      ),
  });
  const results = await Promise.all(page.results.map((task) => presentTask(services, task)));
  return { status: 200, body: { ...page, results } };
}

async function retry(services: TaskServices, call: Call<Actor>) {
  const { id: taskId, file_id: fileId } = await theTaskToEdit(services, call);
  const { answer, isNew } = await once(services, call, "POST /api/tasks/{id}/retry/", [taskId], (tx) =>
    beginAgain(tx, services, call),
  );
  if (isNew) services.changes.announce(fileId);
  if (isNew) services.wake();
  return answer;
}

async function beginAgain(tx: Tx, services: TaskServices, call: Call<Actor>) {
  const inside = { ...services, db: tx };
  const task = await theTaskToEdit(inside, call);
  const id = await retryLater(tx, services, task, call.actor.userId, services.now());
  return { status: 202, body: await readTask(inside, call.actor, id) };
}

async function cancel(services: TaskServices, call: Call<Actor>) {
  const { db, queue, now } = services;
  const task = await theTaskToEdit(services, call);
  await db.transaction().execute((tx) => cancelTask(tx, queue, task, now()));
  services.changes.announce(task.file_id);
  return { status: 202, body: await readTask(services, call.actor, task.id) };
}

async function presentTask(
  { db, now }: { db: Database; now: () => Date },
  task: Task,
): Promise<Output<typeof TASK>> {
  return {
    id: task.id,
    type: task.type,
    status: task.status,
    file: task.file_id,
    transcript: task.transcript_id,
    progress: task.progress,
    stage: task.stage,
    attempt: task.attempt,
    queue_position: await queuePosition(db, task),
    eta_seconds: etaSeconds(task, now()),
    error_reason: task.error_reason,
    error: task.error,
    created_at: apiTime(task.created_at),
    started_at: apiTimeOrNull(task.started_at),
    finished_at: apiTimeOrNull(task.finished_at),
  };
}

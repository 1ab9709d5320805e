import type { Actor } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import type { Database } from "../database/open.ts";
import { readOnly } from "../http/fields.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { arrayOf, nullable, oneOf } from "../http/shapes.ts";
import { apiTime, apiTimeOrNull } from "../http/times.ts";
import { view } from "../http/view.ts";
import { TRANSCRIPTION_QUEUE } from "../tasks/tasks.ts";
import { administrators } from "./permission.ts";
import type { AdminServices } from "./user-routes.ts";

const QUEUED_TASK = serializer("QueuedTask", {
  id: readOnly("integer"),
  status: readOnly(oneOf(["queued", "running"])),
  user: readOnly("integer"),
  user_email: readOnly("string"),
  file: readOnly("integer"),
  duration_seconds: readOnly(nullable("number")),
  stage: readOnly(nullable("string")),
  progress: readOnly("number"),
  attempt: readOnly("integer"),
  deliveries: readOnly("integer", { help: "How often it was handed to a process." }),
  created_at: readOnly("datetime"),
  started_at: readOnly(nullable("datetime")),
});

const QUEUE = serializer("Queue", {
  depth: readOnly("integer", { help: "Tasks that wait." }),
  running: readOnly("integer"),
  oldest_queued_at: readOnly(nullable("datetime")),
  oldest_queued_seconds: readOnly(nullable("number"), { help: "How long the oldest of them has waited." }),
  tasks: readOnly(arrayOf(QUEUED_TASK.shape), {
    help: `Those that run, then those that wait, oldest first; ${LIMITS.admin.queueTasksMax} at most.`,
  }),
});

export function adminQueueRoutes(server: ApiServer<Actor>, { db, now }: AdminServices): void {
  view(server, "/api/admin/queue/", {
    name: "Admin Queue",
    tag: "admin",
    permission: administrators,
    actions: {
      GET: {
        summary: "What waits, for how long, and what runs",
        responses: { 200: QUEUE.shape },
        handle: async () => ({ status: 200, body: await queueState(db, now()) }),
      },
    },
  });
}

/** What `GET /api/admin/queue/` answers. */
export async function queueState(db: Database, now: Date): Promise<Output<typeof QUEUE>> {
  const counts = await db
    .selectFrom("tasks")
    .select((eb) => ["status", eb.fn.countAll<number>().as("count"), eb.fn.min("created_at").as("oldest")])
    .where("status", "in", ["queued", "running"])
    .groupBy("status")
    .execute();
  const queued = counts.find(({ status }) => status === "queued");
  const running = counts.find(({ status }) => status === "running");
  return {
    depth: queued?.count ?? 0,
    running: running?.count ?? 0,
    oldest_queued_at: queued ? apiTime(queued.oldest) : null,
    oldest_queued_seconds: queued ? (now.getTime() - Date.parse(queued.oldest)) / 1000 : null,
    tasks: (await liveTasks(db)).map(present),
  };
}

type LiveTask = Awaited<ReturnType<typeof liveTasks>>[number];

function liveTasks(db: Database) {
  return db
    .selectFrom("tasks")
    .innerJoin("files", "files.id", "tasks.file_id")
    .innerJoin("users", "users.id", "tasks.user_id")
    .leftJoin("deliveries", (join) =>
      join.onRef("deliveries.subject_id", "=", "tasks.id").on("deliveries.queue", "=", TRANSCRIPTION_QUEUE),
    )
    .selectAll("tasks")
    .select(["files.duration_seconds", "users.email", "deliveries.times_delivered"])
    .where("tasks.status", "in", ["queued", "running"])
    .orderBy("tasks.status", "desc")
    .orderBy("tasks.id")
    .limit(LIMITS.admin.queueTasksMax)
    .execute();
}

function present(task: LiveTask): Output<typeof QUEUED_TASK> {
  return {
    id: task.id,
    status: task.status === "running" ? "running" : "queued",
    user: task.user_id,
    user_email: task.email,
    file: task.file_id,
    duration_seconds: task.duration_seconds,
    stage: task.stage,
    progress: task.progress,
    attempt: task.attempt,
    deliveries: task.times_delivered ?? 0,
    created_at: apiTime(task.created_at),
    started_at: apiTimeOrNull(task.started_at),
  };
}

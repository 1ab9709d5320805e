import { randomBytes } from "node:crypto";
import type { Tx } from "../database/open.ts";
import type { WebhookEvent } from "../database/tables.ts";
import { apiTime } from "../http/times.ts";
import { rolesIn } from "../projects/access.ts";
import type { Queue } from "../queue/queue.ts";
import { deliverLater } from "./webhooks.ts";

/**
 * Queues a message to every webhook that wants to know how a task ended, in the transaction in which it ends: a message goes
 * out exactly if the end is written.
 */
export async function announceEnd(tx: Tx, queue: Queue, taskId: number, now: Date): Promise<void> {
  const ended = await endedTask(tx, taskId);
  if (!ended) return;
  const event = ended.status === "transcribed" ? "transcript.completed" : "transcript.failed";
  const payloadJson = JSON.stringify(payloadOf(event, ended, now));
  for (const webhook of await listeners(tx, ended, event)) {
    const messageId = `msg_${randomBytes(18).toString("base64url")}`;
    const message = { webhookId: webhook.id, messageId, event, payloadJson, replayOf: null } as const;
    await deliverLater(tx, queue, webhook.user_id, message, now);
  }
}

type Ended = NonNullable<Awaited<ReturnType<typeof endedTask>>>;

function endedTask(tx: Tx, taskId: number) {
  return tx
    .selectFrom("tasks")
    .innerJoin("files", "files.id", "tasks.file_id")
    .innerJoin("projects", "projects.id", "files.project_id")
    .innerJoin("transcripts", "transcripts.id", "tasks.transcript_id")
    .select(["tasks.id as task", "tasks.user_id", "files.id as file", "files.original_filename"])
    .select(["files.duration_seconds", "projects.id as project", "projects.owner_id"])
    .select(["transcripts.id as transcript", "transcripts.status", "transcripts.error_reason"])
    .select(["transcripts.language", "transcripts.word_count"])
    .where("tasks.id", "=", taskId)
    .executeTakeFirst();
}

/** Small, and without a spoken word: whoever wants the text asks for it with their key. */
function payloadOf(event: WebhookEvent, ended: Ended, now: Date) {
  const { user_id: _user, owner_id: _owner, ...data } = ended;
  return { type: event, timestamp: apiTime(now.toISOString()), data };
}

/** Webhooks of the project; and those without one, of whoever owns the project or asked for the transcription. */
async function listeners(tx: Tx, ended: Ended, event: WebhookEvent) {
  const candidates = await tx
    .selectFrom("webhooks")
    .innerJoin("users", "users.id", "webhooks.user_id")
    .select(["webhooks.id", "webhooks.user_id", "webhooks.events_json"])
    .where("webhooks.enabled", "=", 1)
    .where("users.is_active", "=", 1)
    .where((eb) =>
      eb.or([
        eb("webhooks.project_id", "=", ended.project),
        eb("webhooks.project_id", "is", null).and("webhooks.user_id", "in", [ended.owner_id, ended.user_id]),
      ]),
    )
    .orderBy("webhooks.id")
    .execute();
  const wanted = candidates.filter(({ events_json }) => JSON.parse(events_json).includes(event));
  // Whoever lost sight of a project hears nothing of it any more.
  const seeing = await Promise.all(
    wanted.map(({ user_id }) => rolesIn(tx, { userId: user_id }, [ended.project])),
  );
  return wanted.filter((_, i) => (seeing[i]?.size ?? 0) > 0);
}

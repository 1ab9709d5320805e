import type { Selectable } from "kysely";
import { LIMITS } from "../config/limits.ts";
import type { Database, Executor, Tx } from "../database/open.ts";
import type { Tables, WebhookEvent } from "../database/tables.ts";
import type { Queue } from "../queue/queue.ts";
import { newSalt } from "./signature.ts";

export const WEBHOOK_EVENTS = ["transcript.completed", "transcript.failed"] as const satisfies WebhookEvent[];

/** Name of the queue that delivers ids of `webhook_deliveries`. */
export const WEBHOOK_QUEUE = "webhooks";

export type Webhook = Selectable<Tables["webhooks"]>;
export type WebhookDelivery = Selectable<Tables["webhook_deliveries"]>;

/** What a person decides about a webhook. */
export interface WebhookFields {
  url: string;
  projectId: number | null;
  events: WebhookEvent[];
  enabled: boolean;
}

/** More webhooks than one user may have; the message is for them. */
export class TooManyWebhooksError extends Error {
  override name = "TooManyWebhooksError";

  constructor() {
    super(`You have ${LIMITS.webhooks.perUserMax} webhooks, which is the most. Delete one first.`);
  }
}

/** Those of one user: nobody else sees them. */
export function webhooksOf(executor: Executor, userId: number) {
  return executor.selectFrom("webhooks").where("webhooks.user_id", "=", userId);
}

export function findWebhook(executor: Executor, userId: number, id: number): Promise<Webhook | undefined> {
  return webhooksOf(executor, userId).selectAll().where("webhooks.id", "=", id).executeTakeFirst();
}

/** @throws {TooManyWebhooksError} */
export async function createWebhook(
  tx: Tx,
  userId: number,
  fields: WebhookFields,
  now: Date,
): Promise<Webhook> {
  const { count } = await webhooksOf(tx, userId)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  if (count >= LIMITS.webhooks.perUserMax) throw new TooManyWebhooksError();
  return tx
    .insertInto("webhooks")
    .values({
      ...columns(fields),
      url: fields.url,
      events_json: JSON.stringify(fields.events),
      enabled: fields.enabled ? 1 : 0,
      user_id: userId,
      secret_salt: newSalt(),
      created_at: now.toISOString(),
      updated_at: now.toISOString(),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Changes what is given. To enable a webhook ends its pause. */
export async function updateWebhook(
  executor: Executor,
  id: number,
  fields: Partial<WebhookFields>,
  now: Date,
): Promise<Webhook> {
  return executor
    .updateTable("webhooks")
    .set({ ...columns(fields), ...(fields.enabled && { paused_at: null }), updated_at: now.toISOString() })
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

function columns({ url, projectId, events, enabled }: Partial<WebhookFields>) {
  return {
    ...(url !== undefined && { url }),
    ...(projectId !== undefined && { project_id: projectId }),
    ...(events !== undefined && { events_json: JSON.stringify(events) }),
    ...(enabled !== undefined && { enabled: enabled ? 1 : 0 }),
  };
}

/** Gives a webhook a new secret; the old one signs too for `previousSecretMs`, so that receivers can change over. */
export async function rotateSecret(executor: Executor, webhook: Webhook, now: Date): Promise<Webhook> {
  const until = new Date(now.getTime() + LIMITS.webhooks.previousSecretMs);
  return executor
    .updateTable("webhooks")
    .set({
      secret_salt: newSalt(),
      previous_secret_salt: webhook.secret_salt,
      previous_secret_until: until.toISOString(),
      updated_at: now.toISOString(),
    })
    .where("id", "=", webhook.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Deletes a webhook with its deliveries; what is on its way finds its row gone. */
export async function deleteWebhook(tx: Tx, id: number): Promise<void> {
  await tx
    .deleteFrom("deliveries")
    .where("queue", "=", WEBHOOK_QUEUE)
    .where("subject_id", "in", (eb) =>
      eb.selectFrom("webhook_deliveries").select("id").where("webhook_id", "=", id),
    )
    .execute();
  await tx.deleteFrom("webhooks").where("id", "=", id).execute();
}

/** What one message is made of. */
export interface Message {
  webhookId: number;
  messageId: string;
  event: WebhookEvent;
  payloadJson: string;
  replayOf: number | null;
}

/** Writes a message down and queues it, in the caller's transaction. @returns the delivery's id */
export async function deliverLater(
  tx: Tx,
  queue: Queue,
  userId: number,
  message: Message,
  now: Date,
): Promise<number> {
  const { id } = await tx
    .insertInto("webhook_deliveries")
    .values({
      webhook_id: message.webhookId,
      message_id: message.messageId,
      event: message.event,
      payload_json: message.payloadJson,
      replay_of: message.replayOf,
      status: "pending",
      attempts_json: "[]",
      next_attempt_at: now.toISOString(),
      created_at: now.toISOString(),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await queue.add(tx, WEBHOOK_QUEUE, id, userId);
  return id;
}

/** Forgets deliveries that ended, before a time. */
export async function forgetOldDeliveries(db: Database, before: Date): Promise<void> {
  await db
    .deleteFrom("webhook_deliveries")
    .where("created_at", "<", before.toISOString())
    .where("status", "!=", "pending")
    .execute();
}

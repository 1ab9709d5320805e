import { LIMITS } from "../config/limits.ts";
import type { Database, Tx } from "../database/open.ts";
import { mailLater } from "../mail/outbox.ts";
import type { Logger } from "../observe/log.ts";
import { type Delivery, type Queue, StopWork } from "../queue/queue.ts";
import { type AllowAddress, PrivateAddressError } from "./addresses.ts";
import { post, RedirectError } from "./post.ts";
import { signatureHeaders, type WebhookSecrets } from "./signature.ts";
import type { Webhook, WebhookDelivery } from "./webhooks.ts";

export interface DeliverServices {
  db: Database;
  queue: Queue;
  secrets: WebhookSecrets;
  isAllowed: AllowAddress;
  log: Logger;
  now: () => Date;
}

/** One try, as the log of deliveries has it. */
export interface Attempt {
  at: string;
  statusCode: number | null;
  /** What kept the message from arriving; null where an answer came. */
  error: string | null;
  durationMs: number;
  response: string | null;
}

/** A receiver that says so will never take the message (Standard Webhooks, "410 Gone"). */
const GONE = 410;

/** The job behind a delivery: post the message once, write down what came of it, and decide whether to try again. */
export async function deliver(
  services: DeliverServices,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const found = await load(services.db, delivery.subjectId);
  if (!found || found.message.status !== "pending")
    return void (await services.queue.settle(services.db, delivery));
  const attempt = found.isWanted ? await tryOnce(services, found, signal) : notWanted(services.now());
  if (attempt === null) return services.queue.putBack(services.db, delivery, services.now());
  const { message, webhook } = found;
  const outcome = found.isWanted ? judge(message, attempt) : "failed";
  services.log.info(
    { delivery: message.id, webhook: webhook.id, status: attempt.statusCode, outcome },
    "webhook tried",
  );
  await services.db.transaction().execute(async (tx) => {
    // Whoever took the delivery over meanwhile writes what comes of it.
    if (await services.queue.renew(delivery, tx)) await note(tx, services, found, delivery, attempt, outcome);
  });
}

interface Found {
  message: WebhookDelivery;
  webhook: Webhook;
  /** The webhook is enabled, and its owner active. */
  isWanted: boolean;
}

async function load(db: Database, id: number): Promise<Found | null> {
  const message = await db
    .selectFrom("webhook_deliveries")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  if (!message) return null;
  const row = await db
    .selectFrom("webhooks")
    .innerJoin("users", "users.id", "webhooks.user_id")
    .selectAll("webhooks")
    .select("users.is_active")
    .where("webhooks.id", "=", message.webhook_id)
    .executeTakeFirst();
  return row ? { message, webhook: row, isWanted: row.enabled === 1 && row.is_active === 1 } : null;
}

function notWanted(now: Date): Attempt {
  const error = "The webhook is disabled.";
  return { at: now.toISOString(), statusCode: null, error, durationMs: 0, response: null };
}

/** @returns null where this process is told to stop: the try does not count */
async function tryOnce(
  { secrets, isAllowed, now }: DeliverServices,
  { message, webhook }: Found,
  signal: AbortSignal,
): Promise<Attempt | null> {
  const at = now();
  const startedMs = performance.now();
  const done = (rest: Omit<Attempt, "at" | "durationMs">): Attempt => ({
    at: at.toISOString(),
    durationMs: Math.round(performance.now() - startedMs),
    ...rest,
  });
  const signed = signatureHeaders(
    { id: message.message_id, at, body: message.payload_json },
    saltsInForce(webhook, at).map((salt) => secrets.of(salt)),
  );
  try {
    const answer = await post({
      url: webhook.url,
      body: message.payload_json,
      headers: { ...signed, "content-type": "application/json", "user-agent": "Uspeech-Webhooks/1" },
      isAllowed,
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMITS.webhooks.answerMs)]),
    });
    return done({ statusCode: answer.statusCode, error: null, response: answer.response });
  } catch (error) {
    if (signal.reason instanceof StopWork) return null;
    return done({ statusCode: null, error: sentenceFor(error), response: null });
  }
}

function saltsInForce(webhook: Webhook, now: Date): string[] {
  const { secret_salt, previous_secret_salt: previous, previous_secret_until: until } = webhook;
  const isPreviousGood = previous !== null && until !== null && until > now.toISOString();
  return isPreviousGood ? [secret_salt, previous] : [secret_salt];
}

const NETWORK_SENTENCES: Record<string, string> = {
  ENOTFOUND: "The host's name is not known.",
  EAI_AGAIN: "The host's name could not be looked up.",
  ECONNREFUSED: "The host refused the connection.",
  ECONNRESET: "The connection was closed before an answer came.",
  EHOSTUNREACH: "The host could not be reached.",
  ENETUNREACH: "The host could not be reached.",
  ETIMEDOUT: "No connection came about in time.",
};

function sentenceFor(error: unknown): string {
  if (error instanceof PrivateAddressError || error instanceof RedirectError) return error.message;
  if (!(error instanceof Error)) return "The message could not be delivered.";
  if (error.name === "AbortError" || error.name === "TimeoutError")
    return `No answer came within ${LIMITS.webhooks.answerMs / 1000} seconds.`;
  const code = "code" in error ? String(error.code) : "";
  return NETWORK_SENTENCES[code] ?? `The message could not be delivered: ${code || error.message}.`;
}

type Judgement = "delivered" | "retry" | "failed";

function judge(message: WebhookDelivery, { statusCode }: Attempt): Judgement {
  if (statusCode !== null && statusCode >= 200 && statusCode < 300) return "delivered";
  const tries = attemptsOf(message).length + 1;
  return statusCode === GONE || tries > LIMITS.webhooks.retryPausesMs.length ? "failed" : "retry";
}

/** The tries that were made, the oldest first. */
export function attemptsOf(message: Pick<WebhookDelivery, "attempts_json">): Attempt[] {
  return JSON.parse(message.attempts_json) as Attempt[];
}

async function note(
  tx: Tx,
  services: DeliverServices,
  found: Found,
  delivery: Delivery,
  attempt: Attempt,
  outcome: Judgement,
): Promise<void> {
  const { message, webhook } = found;
  const now = services.now();
  const due = outcome === "retry" ? nextTry(message, now) : null;
  await tx
    .updateTable("webhook_deliveries")
    .set({
      status: outcome === "retry" ? "pending" : outcome,
      attempts_json: JSON.stringify([...attemptsOf(message), attempt]),
      next_attempt_at: due?.toISOString() ?? null,
    })
    .where("id", "=", message.id)
    .execute();
  if (due) return services.queue.putBack(tx, delivery, due);
  await services.queue.settle(tx, delivery);
  if (outcome === "delivered") await noteDelivered(tx, webhook.id, now);
  else if (found.isWanted) await pauseIfDead(tx, services, found, attempt, now);
}

/** A tenth of chance on top: receivers that went down under a load do not get all of it back at once. */
function nextTry(message: WebhookDelivery, now: Date): Date {
  const pauses = LIMITS.webhooks.retryPausesMs;
  const pauseMs = pauses[attemptsOf(message).length] ?? pauses[0];
  return new Date(now.getTime() + pauseMs * (1 + Math.random() / 10));
}

async function noteDelivered(tx: Tx, webhookId: number, now: Date): Promise<void> {
  await tx
    .updateTable("webhooks")
    .set({ last_delivered_at: now.toISOString() })
    .where("id", "=", webhookId)
    .execute();
}

/** A webhook that took nothing for the whole day of tries, or says that it is gone, is paused, and its owner told. */
async function pauseIfDead(
  tx: Tx,
  { queue }: DeliverServices,
  { message, webhook }: Found,
  attempt: Attempt,
  now: Date,
): Promise<void> {
  const hasDelivered = webhook.last_delivered_at !== null && webhook.last_delivered_at > message.created_at;
  if (hasDelivered && attempt.statusCode !== GONE) return;
  const paused = await tx
    .updateTable("webhooks")
    .set({ enabled: 0, paused_at: now.toISOString(), updated_at: now.toISOString() })
    .where("id", "=", webhook.id)
    .where("enabled", "=", 1)
    .executeTakeFirst();
  if (paused.numUpdatedRows > 0n)
    await mailLater(tx, queue, webhook.user_id, pauseMail(webhook, attempt), now);
}

function pauseMail(webhook: Webhook, { statusCode, error }: Attempt) {
  return {
    subject: "A webhook was paused",
    text: `Your webhook ${webhook.id} was paused, because ${statusCode === GONE ? "its receiver says that it is gone for good" : "nothing could be delivered to it for a day"}.

Address: ${webhook.url}
The last try: ${error ?? `answered with ${statusCode}`}

Once the receiver works again, enable the webhook (PATCH /api/webhooks/${webhook.id}/ with {"enabled": true}) and replay what was
missed (/api/webhooks/${webhook.id}/deliveries/).
`,
  };
}

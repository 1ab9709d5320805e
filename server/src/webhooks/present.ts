import { readOnly, boolean, multipleChoice, relation, url } from "../http/fields.ts";
import { LIMITS } from "../config/limits.ts";
import type { WebhookDeliveryStatus } from "../database/tables.ts";
import { type Output, serializer } from "../http/serializer.ts";
import { arrayOf, nullable, objectOf, oneOf } from "../http/shapes.ts";
import { apiTime, apiTimeOrNull } from "../http/times.ts";
import { attemptsOf } from "./deliver.ts";
import { type Webhook, type WebhookDelivery, WEBHOOK_EVENTS } from "./webhooks.ts";

export const DELIVERY_STATUSES = [
  "pending",
  "delivered",
  "failed",
] as const satisfies WebhookDeliveryStatus[];

const FIELDS = {
  id: readOnly("integer"),
  url: url({ maxLength: LIMITS.webhooks.urlCharactersMax }),
  project: relation({
    required: false,
    allowNull: true,
    help: "Null for all projects that you own and all transcriptions that you ask for.",
  }),
  events: multipleChoice(WEBHOOK_EVENTS, { required: false, help: "All unless given." }),
  enabled: boolean({ default: true, help: "On unless given. To switch it on ends a pause." }),
  paused_at: readOnly(nullable("datetime"), {
    help: "When deliveries were stopped because they failed for a day.",
  }),
  previous_secret_expires_at: readOnly(nullable("datetime"), {
    help: "Until when the secret before the last rotation signs too.",
  }),
  created_at: readOnly("datetime"),
  updated_at: readOnly("datetime"),
};

export const WEBHOOK = serializer("Webhook", FIELDS);

/** The answers that hold the secret: to whoever makes a webhook, and to whoever rotates its secret. */
export const WEBHOOK_WITH_SECRET = serializer("WebhookWithSecret", {
  ...FIELDS,
  secret: readOnly("string", { help: "Shown this once." }),
});

export function presentWebhook(webhook: Webhook, now: Date): Output<typeof WEBHOOK> {
  const { previous_secret_until: until } = webhook;
  return {
    id: webhook.id,
    url: webhook.url,
    project: webhook.project_id,
    events: JSON.parse(webhook.events_json) as Output<typeof WEBHOOK>["events"],
    enabled: webhook.enabled === 1,
    paused_at: apiTimeOrNull(webhook.paused_at),
    previous_secret_expires_at: apiTimeOrNull(until !== null && until > now.toISOString() ? until : null),
    created_at: apiTime(webhook.created_at),
    updated_at: apiTime(webhook.updated_at),
  };
}

export const WEBHOOK_DELIVERY = serializer("WebhookDelivery", {
  id: readOnly("integer"),
  webhook: readOnly("integer"),
  message_id: readOnly("string", { help: "The header `webhook-id`; a replay keeps it." }),
  event: readOnly(oneOf(WEBHOOK_EVENTS)),
  status: readOnly(oneOf(DELIVERY_STATUSES)),
  payload: readOnly("object"),
  attempts: readOnly(
    arrayOf(
      objectOf({
        at: "datetime",
        status_code: nullable("integer"),
        error: nullable("string"),
        duration_seconds: "number",
        response: nullable("string"),
      }),
    ),
  ),
  next_attempt_at: readOnly(nullable("datetime")),
  replay_of: readOnly(nullable("integer")),
  created_at: readOnly("datetime"),
});

export function presentDelivery(delivery: WebhookDelivery): Output<typeof WEBHOOK_DELIVERY> {
  return {
    id: delivery.id,
    webhook: delivery.webhook_id,
    message_id: delivery.message_id,
    event: delivery.event,
    status: delivery.status,
    payload: JSON.parse(delivery.payload_json) as Record<string, unknown>,
    attempts: attemptsOf(delivery).map(({ at, statusCode, error, durationMs, response }) => ({
      at: apiTime(at),
      status_code: statusCode,
      error,
      duration_seconds: durationMs / 1000,
      response,
    })),
    next_attempt_at: apiTimeOrNull(delivery.next_attempt_at),
    replay_of: delivery.replay_of,
    created_at: apiTime(delivery.created_at),
  };
}

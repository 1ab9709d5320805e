import type { Actor } from "../accounts/users.ts";
import { countOf } from "../database/page.ts";
import { NotFound } from "../http/errors.ts";
import { choiceFilter, filters, ordering } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import type { ApiServer } from "../http/server.ts";
import { type Answer, type Call, pageOf, view } from "../http/view.ts";
import { DELIVERY_STATUSES, presentDelivery, WEBHOOK_DELIVERY } from "./present.ts";
import { theWebhook, type WebhookServices } from "./services.ts";
import { deliverLater, WEBHOOK_EVENTS, type WebhookDelivery } from "./webhooks.ts";

const FILTERS = filters({ status: choiceFilter(DELIVERY_STATUSES), event: choiceFilter(WEBHOOK_EVENTS) });
const ORDERING = ordering(["id", "created_at"], "-id");

export function deliveryRoutes(server: ApiServer<Actor>, services: WebhookServices): void {
  view(server, "/api/webhooks/:id/deliveries/", {
    name: "Webhook Delivery List",
    tag: "webhooks",
    actions: {
      GET: {
        summary: "List what was sent to a webhook in the last 30 days, with every try",
        query: [...FILTERS.parameters, ...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(WEBHOOK_DELIVERY.shape) },
        handle: (call) => list(services, call),
      },
    },
  });
  view(server, "/api/webhooks/:id/deliveries/:delivery/", {
    name: "Webhook Delivery Instance",
    tag: "webhooks",
    actions: {
      GET: {
        summary: "Read a delivery",
        responses: { 200: WEBHOOK_DELIVERY.shape },
        handle: async (call) => ({ status: 200, body: presentDelivery(await theDelivery(services, call)) }),
      },
    },
  });
  view(server, "/api/webhooks/:id/deliveries/:delivery/replay/", {
    name: "Webhook Delivery Replay",
    tag: "webhooks",
    actions: {
      POST: {
        summary: "Send a message again, as a new delivery under the same message id",
        responses: { 202: WEBHOOK_DELIVERY.shape },
        handle: (call) => replay(services, call),
      },
    },
  });
}

async function theDelivery(services: WebhookServices, call: Call<Actor>): Promise<WebhookDelivery> {
  const webhook = await theWebhook(services, call);
  const delivery = await services.db
    .selectFrom("webhook_deliveries")
    .selectAll()
    .where("webhook_id", "=", webhook.id)
    .where("id", "=", call.id("delivery"))
    .executeTakeFirst();
  if (!delivery) throw new NotFound();
  return delivery;
}

async function list(services: WebhookServices, call: Call<Actor>): Promise<Answer> {
  const webhook = await theWebhook(services, call);
  const wanted = await FILTERS.read(call.query);
  let rows = services.db.selectFrom("webhook_deliveries").selectAll().where("webhook_id", "=", webhook.id);
  if (wanted.status) rows = rows.where("status", "=", wanted.status);
  if (wanted.event) rows = rows.where("event", "=", wanted.event);
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: ({ limit, offset }) => {
      let sorted = rows;
      for (const { field, descending } of ORDERING.read(call.query))
        sorted = sorted.orderBy(field, descending ? "desc" : "asc");
      return sorted.orderBy("id").limit(limit).offset(offset).execute();
    },
  });
  return { status: 200, body: { ...page, results: page.results.map(presentDelivery) } };
}

async function replay(services: WebhookServices, call: Call<Actor>): Promise<Answer> {
  const { db, queue, now } = services;
  const old = await theDelivery(services, call);
  const created = await db.transaction().execute(async (tx) => {
    const message = {
      webhookId: old.webhook_id,
      messageId: old.message_id,
      event: old.event,
      payloadJson: old.payload_json,
      replayOf: old.id,
    };
    const id = await deliverLater(tx, queue, call.actor.userId, message, now());
    return tx.selectFrom("webhook_deliveries").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  });
  services.wake();
  return { status: 202, body: presentDelivery(created) };
}

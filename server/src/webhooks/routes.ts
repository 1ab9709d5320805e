import type { Actor } from "../accounts/users.ts";
import { countOf } from "../database/page.ts";
import { ValidationError } from "../http/errors.ts";
import { filters, ordering, relationFilter } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import type { Valid } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { type Answer, type Call, pageOf, view } from "../http/view.ts";
import { findProject } from "../projects/projects.ts";
import { isPlainlyPrivate } from "./addresses.ts";
import { deliveryRoutes } from "./delivery-routes.ts";
import { presentWebhook, WEBHOOK, WEBHOOK_WITH_SECRET } from "./present.ts";
import { theWebhook, type WebhookServices } from "./services.ts";
import {
  createWebhook,
  deleteWebhook,
  rotateSecret,
  TooManyWebhooksError,
  updateWebhook,
  type Webhook,
  WEBHOOK_EVENTS,
  type WebhookFields,
  webhooksOf,
} from "./webhooks.ts";

const FILTERS = filters({ project: relationFilter() });
const ORDERING = ordering(["id", "created_at"], "id");

export function webhookRoutes(server: ApiServer<Actor>, services: WebhookServices): void {
  view(server, "/api/webhooks/", {
    name: "Webhook List",
    tag: "webhooks",
    actions: {
      GET: {
        summary: "List your webhooks",
        query: [...FILTERS.parameters, ...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(WEBHOOK.shape) },
        handle: (call) => list(services, call),
      },
      POST: {
        summary: "Have transcripts announced at an address; the answer holds the secret, this once",
        body: WEBHOOK,
        responses: { 201: WEBHOOK_WITH_SECRET.shape },
        handle: (call) => create(services, call),
      },
    },
  });
  webhookInstance(server, services);
  deliveryRoutes(server, services);
}

function webhookInstance(server: ApiServer<Actor>, services: WebhookServices): void {
  view(server, "/api/webhooks/:id/", {
    name: "Webhook Instance",
    tag: "webhooks",
    actions: {
      GET: {
        summary: "Read a webhook",
        responses: { 200: WEBHOOK.shape },
        handle: async (call) => answer(services, await theWebhook(services, call)),
      },
      PATCH: {
        summary: "Change some fields of a webhook, or enable it again",
        body: WEBHOOK,
        responses: { 200: WEBHOOK.shape },
        handle: (call) => change(services, call),
      },
      DELETE: {
        summary: "Delete a webhook with its deliveries",
        responses: { 204: null },
        handle: (call) => remove(services, call),
      },
    },
  });
  view(server, "/api/webhooks/:id/rotate-secret/", {
    name: "Webhook Rotate Secret",
    tag: "webhooks",
    actions: {
      POST: {
        summary: "Get a new secret; for a day the old one signs too",
        responses: { 200: WEBHOOK_WITH_SECRET.shape },
        handle: async (call) => {
          const rotated = await rotateSecret(services.db, await theWebhook(services, call), services.now());
          return answer(services, rotated, { withSecret: true });
        },
      },
    },
  });
}

async function list({ db, now }: WebhookServices, call: Call<Actor>): Promise<Answer> {
  const wanted = await FILTERS.read(call.query, { project: (id: number) => findProject(db, call.actor, id) });
  let rows = webhooksOf(db, call.actor.userId).selectAll("webhooks");
  if (wanted.project) rows = rows.where("webhooks.project_id", "=", wanted.project.id);
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: ({ limit, offset }) => {
      let sorted = rows;
      for (const { field, descending } of ORDERING.read(call.query))
        sorted = sorted.orderBy(`webhooks.${field}`, descending ? "desc" : "asc");
      return sorted.orderBy("webhooks.id").limit(limit).offset(offset).execute();
    },
  });
  return { status: 200, body: { ...page, results: page.results.map((row) => presentWebhook(row, now())) } };
}

async function create(services: WebhookServices, call: Call<Actor>): Promise<Answer> {
  const valid = await WEBHOOK.validate(await call.json(), relations(services, call));
  const fields = {
    url: valid.url,
    projectId: null,
    events: [...WEBHOOK_EVENTS],
    ...fieldsOf(services, valid),
    enabled: valid.enabled,
  };
  const webhook = await services.db
    .transaction()
    .execute((tx) => createWebhook(tx, call.actor.userId, fields, services.now()))
    .catch((error: unknown) => {
      throw error instanceof TooManyWebhooksError ? new ValidationError(error.message) : error;
    });
  return { ...answer(services, webhook, { withSecret: true }), status: 201 };
}

async function change(services: WebhookServices, call: Call<Actor>): Promise<Answer> {
  const { id } = await theWebhook(services, call);
  const valid = await WEBHOOK.validatePartial(await call.json(), relations(services, call));
  const webhook = await updateWebhook(services.db, id, fieldsOf(services, valid), services.now());
  return answer(services, webhook);
}

async function remove(services: WebhookServices, call: Call<Actor>): Promise<Answer> {
  const { id } = await theWebhook(services, call);
  await services.db.transaction().execute((tx) => deleteWebhook(tx, id));
  return { status: 204 };
}

function relations({ db }: WebhookServices, call: Call<Actor>) {
  return { relations: { project: (id: number) => findProject(db, call.actor, id) } };
}

/** @throws {ValidationError} for an address that says itself that it is not public; names are looked up at each delivery */
function fieldsOf(
  { allowPrivate }: WebhookServices,
  valid: Partial<Omit<Valid<typeof WEBHOOK>, "project">> & { project?: { id: number } | null },
): Partial<WebhookFields> {
  const { url, project, events, enabled } = valid;
  if (url !== undefined && !allowPrivate && isPlainlyPrivate(new URL(url)))
    throw new ValidationError({ url: ["Private, loopback and link-local addresses are not allowed."] });
  if (url !== undefined && new URL(url).username !== "")
    throw new ValidationError({ url: ["An address with a user name in it is not allowed."] });
  return {
    ...(url !== undefined && { url }),
    ...(project !== undefined && { projectId: project?.id ?? null }),
    ...(events !== undefined && { events }),
    ...(enabled !== undefined && { enabled }),
  };
}

function answer(
  { webhookSecrets, now }: WebhookServices,
  webhook: Webhook,
  { withSecret = false } = {},
): Answer {
  const secret = withSecret ? { secret: webhookSecrets.of(webhook.secret_salt) } : {};
  return { status: 200, body: { ...presentWebhook(webhook, now()), ...secret } };
}

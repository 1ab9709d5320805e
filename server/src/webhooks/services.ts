import type { Actor } from "../accounts/users.ts";
import type { Database } from "../database/open.ts";
import { NotFound } from "../http/errors.ts";
import type { Call } from "../http/view.ts";
import type { Queue } from "../queue/queue.ts";
import type { WebhookSecrets } from "./signature.ts";
import { findWebhook, type Webhook } from "./webhooks.ts";

/** What the routes of webhooks need. */
export interface WebhookServices {
  db: Database;
  queue: Queue;
  webhookSecrets: WebhookSecrets;
  /** Whether private addresses are webhooks' addresses too. */
  allowPrivate: boolean;
  wake: () => void;
  now: () => Date;
}

/** The caller's own webhook, by the id in the path. @throws {NotFound} */
export async function theWebhook({ db }: WebhookServices, call: Call<Actor>): Promise<Webhook> {
  const webhook = await findWebhook(db, call.actor.userId, call.id());
  if (!webhook) throw new NotFound();
  return webhook;
}

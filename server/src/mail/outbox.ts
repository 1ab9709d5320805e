import { LIMITS } from "../config/limits.ts";
import type { Database, Tx } from "../database/open.ts";
import type { Logger } from "../observe/log.ts";
import type { Delivery, Queue } from "../queue/queue.ts";
import type { Transport } from "./transport.ts";

/** Name of the queue that delivers ids of `outgoing_mails`. */
export const MAIL_QUEUE = "mails";

/** Writes a mail to a user down and queues it, in the caller's transaction: it is sent exactly if that commits. */
export async function mailLater(
  tx: Tx,
  queue: Queue,
  userId: number,
  mail: { subject: string; text: string },
  now: Date,
): Promise<void> {
  const { id } = await tx
    .insertInto("outgoing_mails")
    .values({ ...mail, user_id: userId, tries: 0, created_at: now.toISOString() })
    .returning("id")
    .executeTakeFirstOrThrow();
  await queue.add(tx, MAIL_QUEUE, id, userId);
}

export interface OutboxServices {
  db: Database;
  queue: Queue;
  transport: Transport;
  log: Logger;
  now: () => Date;
}

/**
 * The job behind a delivery: hands one mail to the mail server, and tries again later where that takes nothing. A process that is
 * killed between the two leaves a mail that is sent twice, and never one that is lost.
 */
export async function sendMail(services: OutboxServices, delivery: Delivery): Promise<void> {
  const { db, queue, transport } = services;
  const mail = await db
    .selectFrom("outgoing_mails")
    .innerJoin("users", "users.id", "outgoing_mails.user_id")
    .select(["outgoing_mails.id", "outgoing_mails.subject", "outgoing_mails.text", "outgoing_mails.tries"])
    .select(["users.email", "users.is_active"])
    .where("outgoing_mails.id", "=", delivery.subjectId)
    .executeTakeFirst();
  if (!mail) return void (await queue.settle(db, delivery));
  try {
    if (mail.is_active === 1)
      await transport.deliver({ to: mail.email, subject: mail.subject, text: mail.text });
    await finish(services, delivery);
  } catch (error) {
    await tryLater(services, delivery, mail.tries, error);
  }
}

async function finish({ db, queue }: OutboxServices, delivery: Delivery): Promise<void> {
  await db.transaction().execute(async (tx) => {
    if (await queue.settle(tx, delivery))
      await tx.deleteFrom("outgoing_mails").where("id", "=", delivery.subjectId).execute();
  });
}

/** The reason alone is logged: the error's other properties may hold what the mail server was told. */
async function tryLater(
  services: OutboxServices,
  delivery: Delivery,
  tries: number,
  error: unknown,
): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  const pauseMs = LIMITS.mail.outboxPausesMs[tries];
  services.log.error(
    { mail: delivery.subjectId, reason },
    pauseMs === undefined ? "a mail was given up" : "a mail could not be sent yet; it is tried again",
  );
  if (pauseMs === undefined) return finish(services, delivery);
  await services.db.transaction().execute(async (tx) => {
    await tx
      .updateTable("outgoing_mails")
      .set({ tries: tries + 1 })
      .where("id", "=", delivery.subjectId)
      .execute();
    await services.queue.putBack(tx, delivery, new Date(services.now().getTime() + pauseMs));
  });
}

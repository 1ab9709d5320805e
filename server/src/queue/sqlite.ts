import { randomBytes } from "node:crypto";
import type { ExpressionBuilder } from "kysely";
import { LIMITS } from "../config/limits.ts";
import type { Database, Executor, Tx } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";
import { hasEnded, thisOwner } from "../observe/owner.ts";
import type { Delivery, Queue } from "./queue.ts";

/** The queue as a table with leases. */
export class SqliteQueue implements Queue {
  readonly #db: Database;
  readonly #now: () => Date;
  readonly #owner = thisOwner();

  constructor(db: Database, now: () => Date) {
    this.#db = db;
    this.#now = now;
  }

  async add(tx: Tx, queue: string, subjectId: number, share: number): Promise<void> {
    await tx
      .insertInto("deliveries")
      .values({ queue, subject_id: subjectId, share, due_at: this.#now().toISOString(), times_delivered: 0 })
      .execute();
  }

  async take(queue: string, most = Number.MAX_SAFE_INTEGER): Promise<Delivery | null> {
    await this.#freeFromTheDead(queue);
    if (!(await this.#next(this.#db, queue, most))) return null;
    return this.#db.transaction().execute(async (tx) => {
      const row = await this.#next(tx, queue, most);
      if (!row) return null;
      const token = randomBytes(12).toString("hex");
      await tx
        .updateTable("deliveries")
        .set({
          owner: this.#owner,
          token,
          lease_ends_at: this.#leaseEnd(),
          times_delivered: row.times_delivered + 1,
        })
        .where("id", "=", row.id)
        .execute();
      return { queue, subjectId: row.subject_id, token, timesDelivered: row.times_delivered + 1 };
    });
  }

  /** A lease outlives a killed process; on its own host its end is known at once. */
  async #freeFromTheDead(queue: string): Promise<void> {
    const rows = await this.#db
      .selectFrom("deliveries")
      .select("owner")
      .distinct()
      .where("queue", "=", queue)
      .where("owner", "is not", null)
      .execute();
    const ended = rows.map((row) => row.owner).filter((owner) => owner !== null && hasEnded(owner));
    if (ended.length === 0) return;
    await this.#db
      .updateTable("deliveries")
      .set({ owner: null, token: null, lease_ends_at: null })
      .where("owner", "in", ended)
      .execute();
  }

  /** Due and free, fewest in work for its share first, then oldest. */
  #next(executor: Executor, queue: string, most: number) {
    const now = this.#now().toISOString();
    const inWork = (eb: ExpressionBuilder<Tables & { job: Tables["deliveries"] }, "job">) =>
      eb
        .selectFrom("deliveries as other")
        .select((other) => other.fn.countAll<number>().as("count"))
        .whereRef("other.queue", "=", "job.queue")
        .whereRef("other.share", "=", "job.share")
        .where("other.lease_ends_at", ">", now);
    return executor
      .selectFrom("deliveries as job")
      .select(["job.id", "job.subject_id", "job.times_delivered"])
      .where("job.queue", "=", queue)
      .where("job.due_at", "<=", now)
      .where((eb) => eb.or([eb("job.lease_ends_at", "is", null), eb("job.lease_ends_at", "<=", now)]))
      .where(inWork, "<=", most)
      .orderBy(inWork, "asc")
      .orderBy("job.id", "asc")
      .limit(1)
      .executeTakeFirst();
  }

  async renew(delivery: Delivery, executor?: Executor): Promise<boolean> {
    const result = await this.#mine(delivery, executor)
      .set({ lease_ends_at: this.#leaseEnd() })
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async settle(executor: Executor, delivery: Delivery): Promise<boolean> {
    const result = await executor
      .deleteFrom("deliveries")
      .where("queue", "=", delivery.queue)
      .where("subject_id", "=", delivery.subjectId)
      .where("token", "=", delivery.token)
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  async putBack(executor: Executor, delivery: Delivery, due: Date): Promise<void> {
    await this.#mine(delivery, executor)
      .set({ owner: null, token: null, lease_ends_at: null, due_at: due.toISOString() })
      .execute();
  }

  async cancel(tx: Tx, queue: string, subjectId: number): Promise<void> {
    await tx
      .deleteFrom("deliveries")
      .where("queue", "=", queue)
      .where("subject_id", "=", subjectId)
      .execute();
  }

  #mine(delivery: Delivery, executor: Executor = this.#db) {
    return executor
      .updateTable("deliveries")
      .where("queue", "=", delivery.queue)
      .where("subject_id", "=", delivery.subjectId)
      .where("token", "=", delivery.token);
  }

  #leaseEnd(): string {
    return new Date(this.#now().getTime() + LIMITS.queue.leaseMs).toISOString();
  }
}

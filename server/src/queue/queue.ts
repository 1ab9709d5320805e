import type { Executor, Tx } from "../database/open.ts";

/** Something to do, on its way to whoever does it. The row named by `subjectId` is the truth; this only points at it. */
export interface Delivery {
  queue: string;
  subjectId: number;
  /** Names this delivery and no other: what is written under it counts only while it holds. */
  token: string;
  /** How often the subject was delivered, this time included. */
  timesDelivered: number;
}

/** Delivers ids at least once each, to one taker at a time for as long as its lease is renewed. */
export interface Queue {
  /** Part of the caller's transaction: what is queued is queued exactly if it commits. */
  add(tx: Tx, queue: string, subjectId: number, share: number): Promise<void>;
  /**
   * The next due delivery, from the share that has the fewest in work; null where there is none.
   *
   * @param most how many its share may have in work already; any number where not given
   */
  take(queue: string, most?: number): Promise<Delivery | null>;
  /** @returns false when the lease was lost to another taker, whose work it is now */
  renew(delivery: Delivery, executor?: Executor): Promise<boolean>;
  /** Done with: never delivered again. @returns false when the lease was lost */
  settle(executor: Executor, delivery: Delivery): Promise<boolean>;
  /** Hands it back, to be delivered again at `due` or later. */
  putBack(executor: Executor, delivery: Delivery, due: Date): Promise<void>;
  /** Takes a subject out of the queue, whoever has it. */
  cancel(tx: Tx, queue: string, subjectId: number): Promise<void>;
}

/** Why running work is told to stop. The work hands itself back, or finds that it is no longer its own. */
export class StopWork extends Error {
  override name = "StopWork";
  readonly why: "shutdown" | "lease lost";

  constructor(why: "shutdown" | "lease lost") {
    super(`The work was stopped: ${why}.`);
    this.why = why;
  }
}

import { setTimeout as pause } from "node:timers/promises";
import { LIMITS } from "../config/limits.ts";
import type { Logger } from "../observe/log.ts";
import { type Delivery, type Queue, StopWork } from "./queue.ts";

export interface QueueWorkerOptions {
  queue: Queue;
  name: string;
  /** Deliveries in work at once. */
  concurrency: number;
  /** How many more, each of a share that has nothing in work: nobody waits for the end of what others began. None unless given. */
  newcomers?: number;
  log: Logger;
  /** Does the work and settles or puts back the delivery; must not reject. */
  work(delivery: Delivery, signal: AbortSignal): Promise<void>;
}

/** Takes deliveries from a queue, keeps their leases while the work runs, and stops cleanly. */
export class QueueWorker {
  readonly #options: QueueWorkerOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Map<Promise<void>, AbortController>();
  #woken: AbortController = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(options: QueueWorkerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#takeUntilStopped();
  }

  /** There may be work: look now and not at the next poll. */
  wake(): void {
    this.#woken.abort();
  }

  async #takeUntilStopped(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#woken = new AbortController();
      const delivery = await this.#take();
      if (delivery) this.#begin(delivery);
      else await this.#rest();
    }
  }

  /** The database may be away for a while: that is logged, and work goes on when it is back. */
  async #take(): Promise<Delivery | null> {
    const { queue, name, concurrency, newcomers = 0 } = this.#options;
    const { size } = this.#running;
    if (size >= concurrency + newcomers) return null;
    try {
      return await (size < concurrency ? queue.take(name) : queue.take(name, 0));
    } catch (error) {
      this.#options.log.error({ err: error }, "the queue could not be read");
      return null;
    }
  }

  async #rest(): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, this.#woken.signal]);
    await pause(LIMITS.queue.pollMs, undefined, { signal }).catch(() => undefined);
  }

  #begin(delivery: Delivery): void {
    const stop = new AbortController();
    const work = this.#perform(delivery, stop).finally(() => {
      this.#running.delete(work);
      this.wake();
    });
    this.#running.set(work, stop);
  }

  async #perform(delivery: Delivery, stop: AbortController): Promise<void> {
    const renewal = setInterval(() => void this.#renew(delivery, stop), LIMITS.queue.renewEveryMs);
    try {
      await this.#options.work(delivery, stop.signal);
    } catch (error) {
      this.#options.log.error(
        { err: error, delivery },
        "work ended with an error of its own; its lease will run out",
      );
    } finally {
      clearInterval(renewal);
    }
  }

  /** A renewal that fails for the database's sake is tried again at the next beat; only a refusal ends the work. */
  async #renew(delivery: Delivery, stop: AbortController): Promise<void> {
    try {
      if (!(await this.#options.queue.renew(delivery))) stop.abort(new StopWork("lease lost"));
    } catch (error) {
      this.#options.log.warn({ err: error, delivery }, "a lease could not be renewed");
    }
  }

  /** Takes nothing more, asks running work to hand itself back, and waits for it within the grace time. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    for (const controller of this.#running.values()) controller.abort(new StopWork("shutdown"));
    await Promise.race([
      Promise.all(this.#running.keys()),
      pause(LIMITS.queue.stopGraceMs, undefined, { ref: false }),
    ]);
  }
}

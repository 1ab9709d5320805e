/** A bounded number of things at once, given to recordings in turn. */
import { FairQueue } from "./fair-queue.ts";
import type { Share } from "./recogniser.ts";

export class FairSlots {
  readonly #waiting = new FairQueue<() => void>();
  #free: number;

  /** @param slots how many pieces of work may run at once */
  constructor(slots: number) {
    this.#free = slots;
  }

  /**
   * Does work once it is its turn.
   *
   * @throws what the work throws; the signal's reason where it was aborted before the work began
   */
  async run<T>({ key, signal }: Share, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    await this.#turn(key, signal);
    try {
      return await work();
    } finally {
      this.#free += 1;
      this.#dispatch();
    }
  }

  #turn(key: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      // Who has been given a slot meanwhile gives it back by doing nothing with it.
      if (this.#waiting.remove(key, resolve)) reject(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#waiting.push(key, resolve);
    this.#dispatch();
    return promise.finally(() => signal.removeEventListener("abort", leave));
  }

  #dispatch(): void {
    while (this.#free > 0) {
      const begin = this.#waiting.next();
      if (begin === undefined) return;
      this.#free -= 1;
      begin();
    }
  }
}

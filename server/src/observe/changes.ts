import { EventEmitter, once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

/**
 * Tells waiting requests of this process that a file's row changed, so that they look again at once. It is a hint and no
 * more: what another process changes is found by looking now and then.
 */
export class Changes {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  readonly #closing = new AbortController();

  /** Aborts when the server ends: nothing can be waited for any more. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  close(): void {
    this.#closing.abort();
  }

  announce(fileId: number): void {
    this.#emitter.emit(String(fileId));
  }

  /** Resolves at the next change of the file, after `ms` milliseconds, or when the signal aborts. */
  async next(fileId: number, ms: number, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const either = AbortSignal.any([signal, done.signal]);
    try {
      await Promise.race([
        once(this.#emitter, String(fileId), { signal: either }),
        pause(ms, undefined, { signal: either }),
      ]);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      done.abort();
    }
  }
}

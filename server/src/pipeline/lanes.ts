/** Runs tasks side by side, a bounded number at once. */
export class Lanes {
  readonly #width: number;
  readonly #running = new Set<Promise<void>>();
  readonly #onFailure: (error: unknown) => void;

  /** @param onFailure told of each task that rejects */
  constructor(width: number, onFailure: (error: unknown) => void) {
    this.#width = width;
    this.#onFailure = onFailure;
  }

  /** Waits until there is room for a task, and starts it. */
  async start(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#width) await Promise.race(this.#running);
    const running = task()
      .catch(this.#onFailure)
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits until nothing runs. Never rejects. */
  async idle(): Promise<void> {
    await Promise.all(this.#running);
  }
}

import { List } from "../pages.ts";
import type { Transport } from "../transport.ts";
import type { RequestOptions, Task, TaskFilters } from "../types.ts";

export class Tasks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The newest first. */
  list(filters: TaskFilters = {}, options: RequestOptions = {}): List<Task> {
    return new List(this.#transport, { method: "GET", path: "/api/tasks/", query: filters, ...options });
  }

  get(id: number, options: RequestOptions = {}): Promise<Task> {
    return this.#transport.json({ method: "GET", path: `/api/tasks/${id}/`, ...options });
  }

  /** A new task for the file of one that failed or was cancelled. @throws ValidationError for any other */
  retry(id: number, options: RequestOptions = {}): Promise<Task> {
    return this.#transport.json({ method: "POST", path: `/api/tasks/${id}/retry/`, ...options });
  }

  /** @throws ValidationError where it ended already */
  cancel(id: number, options: RequestOptions = {}): Promise<Task> {
    return this.#transport.json({ method: "POST", path: `/api/tasks/${id}/cancel/`, ...options });
  }
}

import { List } from "../pages.ts";
import type { Transport } from "../transport.ts";
import type { RequestOptions, Usage as Minutes, UsageEntry, UsageFilters } from "../types.ts";

/** The minutes of the key's user. */
export class Usage {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The plan, and how many minutes of the period are used, set aside and left. */
  get(options: RequestOptions = {}): Promise<Minutes> {
    return this.#transport.json({ method: "GET", path: "/api/usage/", ...options });
  }

  /** The ledger, the newest first: what was set aside, settled, released and granted. */
  entries(filters: UsageFilters = {}, options: RequestOptions = {}): List<UsageEntry> {
    return new List(this.#transport, {
      method: "GET",
      path: "/api/usage/entries/",
      query: filters,
      ...options,
    });
  }
}

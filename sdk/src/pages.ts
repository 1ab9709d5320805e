import type { ApiRequest, Transport } from "./transport.ts";

/** Part of a list, as the server gives it. */
export interface Page<T> {
  /** Of the whole list. */
  count: number;
  next: string | null;
  previous: string | null;
  results: T[];
}

/**
 * A list that is fetched as it is read: `for await (const file of client.files.list())`. Nothing is asked for before
 * that, and each loop begins anew.
 */
export class List<T> implements AsyncIterable<T> {
  readonly #transport: Transport;
  readonly #request: ApiRequest;

  constructor(transport: Transport, request: ApiRequest) {
    this.#transport = transport;
    this.#request = request;
  }

  /** One page, from 1. @throws NotFoundError where the list ends before it */
  page(number = 1): Promise<Page<T>> {
    const { query, ...request } = this.#request;
    return this.#transport.json({ ...request, query: { ...query, page: number } });
  }

  /** One page after the other. */
  async *pages(): AsyncGenerator<Page<T>, void, void> {
    // By number and not by `next`: the server may know itself under another address than the one it is reached at.
    for (let number = 1; ; number++) {
      const page = await this.page(number);
      yield page;
      if (page.next === null) return;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for await (const page of this.pages()) yield* page.results;
  }

  /** All of it, in memory. */
  async all(): Promise<T[]> {
    const items: T[] = [];
    for await (const item of this) items.push(item);
    return items;
  }
}

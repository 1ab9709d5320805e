/**
 * Waiting work of many owners, served in turn: first come, first served within an owner, one each between owners. A
 * recording of one minute is done beside one of ten hours, not after it.
 */
export class FairQueue<Item> {
  /** In the order of turns: who is served goes to the end. */
  readonly #waiting = new Map<string, Item[]>();

  /** @param first puts it before the owner's other items: it has waited already */
  push(key: string, item: Item, first = false): void {
    const items = this.#waiting.get(key);
    if (items === undefined) this.#waiting.set(key, [item]);
    else if (first) items.unshift(item);
    else items.push(item);
  }

  /** Takes the item whose turn it is; undefined when nothing waits. */
  next(): Item | undefined {
    const [turn] = this.#waiting;
    if (turn === undefined) return undefined;
    const [key, items] = turn;
    const item = items.shift();
    this.#waiting.delete(key);
    if (items.length > 0) this.#waiting.set(key, items);
    return item;
  }

  /** Takes an item out of its turn; false when it does not wait. */
  remove(key: string, item: Item): boolean {
    const items = this.#waiting.get(key);
    const index = items?.indexOf(item) ?? -1;
    if (items === undefined || index < 0) return false;
    items.splice(index, 1);
    if (items.length === 0) this.#waiting.delete(key);
    return true;
  }

  /** Takes everything, in the order of turns. */
  drain(): Item[] {
    const items: Item[] = [];
    for (let item = this.next(); item !== undefined; item = this.next()) items.push(item);
    return items;
  }
}

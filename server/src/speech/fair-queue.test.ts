import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FairQueue } from "./fair-queue.ts";

interface Item {
  key: string;
  number: number;
}

const ITEMS = fc
  .array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 60 })
  .map((keys) => keys.map((key, number): Item => ({ key, number })));

function filled(items: Item[]): FairQueue<Item> {
  const queue = new FairQueue<Item>();
  for (const item of items) queue.push(item.key, item);
  return queue;
}

describe("the queue", () => {
  test("gives everything that was put in, each owner's items in their order", () => {
    fc.assert(
      fc.property(ITEMS, (items) => {
        const drained = filled(items).drain();
        expect(drained).toHaveLength(items.length);
        for (const key of ["a", "b", "c", "d"])
          expect(drained.filter((item) => item.key === key)).toEqual(
            items.filter((item) => item.key === key),
          );
      }),
    );
  });

  test("never serves an owner twice while another one waits unserved", () => {
    fc.assert(
      fc.property(ITEMS, (items) => {
        const drained = filled(items).drain();
        drained.forEach((item, i) => {
          const before = drained.slice(0, i).filter(({ key }) => key === item.key).length;
          for (const waiting of drained.slice(i + 1)) {
            const served = drained.slice(0, i).filter(({ key }) => key === waiting.key).length;
            expect(served).toBeGreaterThanOrEqual(before);
          }
        });
      }),
    );
  });

  test("puts an owner that comes late before the second item of those who waited", () => {
    const queue = filled([
      { key: "a", number: 0 },
      { key: "a", number: 1 },
      { key: "a", number: 2 },
    ]);
    expect(queue.next()?.number).toBe(0);
    queue.push("b", { key: "b", number: 3 });
    expect(queue.drain().map(({ number }) => number)).toEqual([1, 3, 2]);
  });

  test("gives a returned item before its owner's others", () => {
    const queue = filled([
      { key: "a", number: 0 },
      { key: "a", number: 1 },
    ]);
    const first = queue.next();
    if (first === undefined) throw new Error("Nothing came.");
    queue.push("a", first, true);
    expect(queue.drain().map(({ number }) => number)).toEqual([0, 1]);
  });

  test("gives nothing that was taken out", () => {
    const items: Item[] = [0, 1, 2].map((number) => ({ key: "a", number }));
    const queue = filled(items);
    for (const item of items) expect(queue.remove("a", item)).toBe(true);
    for (const item of items) expect(queue.remove("a", item)).toBe(false);
    expect(queue.next()).toBeUndefined();
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cluster, join } from "./clusters.ts";
import { COSINE_METRIC, embeddingPrint } from "./cosine.ts";
import type { VoicePrint } from "./voice-metric.ts";

/** A direction near one of three that stand at right angles. */
function near(person: number, noise: readonly number[]): VoicePrint {
  return embeddingPrint(
    Float32Array.from({ length: 3 }, (_, i) => (i === person ? 1 : 0) + (noise[i] ?? 0) * 0.1),
  );
}

const noise = fc.tuple(
  fc.double({ min: -1, max: 1, noNaN: true }),
  fc.double({ min: -1, max: 1, noNaN: true }),
);

const amounts = (prints: readonly VoicePrint[]) =>
  prints.map(([amount]) => amount ?? 0).sort((a, b) => b - a);

describe("joining", () => {
  test("finds as many voices as there are, whatever the order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(2), noise), { minLength: 3, maxLength: 40 }),
        async (talk) => {
          const prints = talk.map(([person, own]) => near(person, own));
          const people = Map.groupBy(talk, ([person]) => person);
          const joined = await join(prints, COSINE_METRIC, { apartMax: 1, voicesMin: 1 });
          expect(amounts(joined)).toEqual(
            [...people.values()].map(({ length }) => length).sort((a, b) => b - a),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  test("stops at a number, however alike or different the voices are", async () => {
    const prints = [0, 0, 0, 1, 1, 2].map((person, i) => near(person, [i / 6, -i / 6]));
    for (const voicesMin of [1, 2, 3, 4])
      expect(await join(prints, COSINE_METRIC, { apartMax: Infinity, voicesMin })).toHaveLength(voicesMin);
  });
});

test("ten hours of talk come to the same voices, block by block, and nothing is lost", async () => {
  const prints = Array.from({ length: 12_000 }, (_, i) =>
    near((i * 7) % 3, [Math.sin(i), Math.cos(i * 1.7)]),
  );
  const voices = await cluster(prints, COSINE_METRIC, { apartMax: 1, voicesMin: 1 });
  expect(amounts(voices)).toEqual([4_000, 4_000, 4_000]);
}, 120_000);

test("voices that never join are kept few enough to be compared", async () => {
  const prints = Array.from({ length: 2_000 }, (_, i) =>
    embeddingPrint(
      Float32Array.from({ length: 64 }, (_, k) => Math.sin(i * 12.9898 + k * 78.233 + ((i * k) % 17))),
    ),
  );
  const voices = await cluster(prints, COSINE_METRIC, { apartMax: 0.01, voicesMin: 1 });
  expect(voices.length).toBeLessThanOrEqual(600);
  expect(amounts(voices).reduce((sum, amount) => sum + amount, 0)).toBe(2_000);
}, 120_000);

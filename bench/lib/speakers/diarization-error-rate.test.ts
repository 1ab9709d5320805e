import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bestPairs } from "./best-pairs.ts";
import { diarizationErrors, namesOf, rateOf, sumOf, type SpokenSpan } from "./diarization-error-rate.ts";

const span = (start: number, end: number, speaker: string): SpokenSpan => ({ start, end, speaker });

/** A speaks from 0 to 10, B from 10 to 20, with both from 18 to 20. */
const TALK = [span(0, 10, "A"), span(10, 20, "B"), span(18, 20, "A")];

describe("diarization errors", () => {
  test.each<[string, SpokenSpan[], number[]]>([
    [
      "of the same spans under other names are none",
      TALK.map((s) => ({ ...s, speaker: s.speaker === "A" ? "2" : "1" })),
      [22, 0, 0, 0],
    ],
    ["of nothing are all of the speech", [], [22, 22, 0, 0]],
    [
      "of one speaker for all: B's 10 s are confused, one of two is missed for 2 s",
      [span(0, 20, "1")],
      [22, 2, 0, 8],
    ],
    ["of speech where there is none are false alarms", [...TALK, span(20, 23, "A")], [22, 0, 3, 0]],
    [
      "of a change that comes 2 s late are confused for them",
      [span(0, 12, "1"), span(12, 20, "2"), span(18, 20, "1")],
      [22, 0, 0, 2],
    ],
    [
      "of a third speaker who does not exist",
      [span(0, 4, "3"), span(4, 10, "1"), span(10, 20, "2"), span(18, 20, "1")],
      [22, 0, 0, 4],
    ],
  ])("%s", (_, found, [speech, missed, falseAlarm, confused]) => {
    expect(diarizationErrors(TALK, found, 0)).toEqual({ speech, missed, falseAlarm, confused });
  });

  test("within the collar are not counted, nor is the speech there", () => {
    const late = [span(0, 10.2, "1"), span(10.2, 20, "2"), span(18, 20, "1")];
    expect(diarizationErrors(TALK, late, 0).confused).toBeCloseTo(0.2, 9);
    const { speech, missed, falseAlarm, confused } = diarizationErrors(TALK, late, 0.25);
    // Edges at 0, 10, 18 and 20: 9.5 s, 7.5 s, and twice 1.5 s are left.
    expect(speech).toBeCloseTo(20, 9);
    expect([missed, falseAlarm, confused]).toEqual([0, 0, 0]);
  });

  test("make a rate over the speech, and add up", () => {
    const one = diarizationErrors(TALK, [span(0, 20, "1")], 0);
    expect(rateOf(one)).toBeCloseTo(10 / 22, 9);
    expect(sumOf([one, one])).toEqual({ speech: 44, missed: 4, falseAlarm: 0, confused: 16 });
    expect(rateOf(sumOf([]))).toBe(0);
  });

  test("names are given so that most is right, not greedily", () => {
    // "1" is A for 6 s and B for 5 s; "2" is A for 5 s: greedy naming would leave B without a name.
    const reference = [span(0, 11, "A"), span(11, 16, "B")];
    const found = [span(0, 6, "1"), span(6, 11, "2"), span(11, 16, "1")];
    expect(Object.fromEntries(namesOf(reference, found))).toEqual({ A: "2", B: "1" });
    expect(diarizationErrors(reference, found, 0).confused).toBe(6);
  });
});

test("pairs are the best of all", () => {
  const matrix = fc.integer({ min: 1, max: 5 }).chain((rows) =>
    fc.integer({ min: 1, max: 5 }).chain((columns) =>
      fc.array(fc.array(fc.nat(9), { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    ),
  );
  const best = (values: number[][], taken: readonly number[]): number => {
    const [row, ...rest] = values;
    if (row === undefined) return 0;
    const without = best(rest, taken);
    return Math.max(
      without,
      ...row.flatMap((value, column) =>
        taken.includes(column) ? [] : value + best(rest, [...taken, column]),
      ),
    );
  };
  fc.assert(
    fc.property(matrix, (values) => {
      const sum = bestPairs(values).reduce((total, [row, column]) => total + (values[row]?.[column] ?? 0), 0);
      expect(sum).toBe(best(values, []));
    }),
  );
});

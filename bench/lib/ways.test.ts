import { expect, test } from "vitest";
import { linesOf } from "./ways.ts";

test("the errors of a way are added up over recordings, in the order of the ways", () => {
  const errors = { words: 50, substitutions: 1, deletions: 0, insertions: 0 };
  expect(
    linesOf([
      ["longer name", errors],
      ["b", { ...errors, deletions: 2 }],
      ["longer name", { ...errors, insertions: 3 }],
    ]),
  ).toEqual([
    "longer name  5.00 % of 100  2 sub  0 del  3 ins",
    "b            6.00 % of 50  1 sub  2 del  0 ins",
  ]);
});

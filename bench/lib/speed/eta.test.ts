import { expect, test } from "vitest";
import { judge, worstOf } from "./eta.ts";

const SAID = [
  { atSeconds: 20, progress: 0.2, etaSeconds: 160 },
  { atSeconds: 50, progress: 0.5, etaSeconds: 60 },
  { atSeconds: 80, progress: 0.8, etaSeconds: 14 },
  { atSeconds: 98, progress: 0.98, etaSeconds: 4 },
];

test("what was said is compared with what was left", () => {
  expect(judge(SAID, 100).map(({ leftSeconds, error }) => [leftSeconds, Number(error.toFixed(2))])).toEqual([
    [80, 1],
    [50, 0.2],
    [20, -0.3],
    [2, 1],
  ]);
});

test("the worst estimate is looked for from the middle on, while enough is left to judge by", () => {
  expect(worstOf(judge(SAID, 100))).toMatchObject({ progress: 0.8 });
  expect(worstOf(judge(SAID.slice(0, 1), 100))).toBeNull();
});

import { expect, test } from "vitest";
import { Pace } from "./progress.ts";

test("the time left follows the pace since the first call, and not what was done before it", () => {
  let ms = 5_000;
  const pace = new Pace(() => ms);
  expect(pace.left(40, 100)).toBe("");
  ms += 1_000;
  expect(pace.left(45, 100)).toBe("");
  ms += 9_000;
  expect(pace.left(50, 100)).toBe("50 s left");
  ms += 40_000;
  expect(pace.left(90, 100)).toBe("10 s left");
  expect(pace.left(100, 100)).toBe("");
});

test("without a step forward there is no pace", () => {
  let ms = 0;
  const pace = new Pace(() => ms);
  pace.perSecond(0.5);
  ms += 60_000;
  expect(pace.perSecond(0.5)).toBeNull();
});

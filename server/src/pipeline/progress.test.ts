import { expect, test } from "vitest";
import { Pace } from "./pace.ts";
import { type Progress, ProgressMeter } from "./progress.ts";

function meter() {
  const told: Progress[] = [];
  return { told, progress: new ProgressMeter((step) => told.push(step), new Pace(2)) };
}

test("speech that was not searched for yet is expected to be as dense as what was found", () => {
  const { told, progress } = meter();
  progress.found(30, 0.5);
  progress.recognised(15);
  progress.found(10, 1);
  progress.recognised(5);
  expect(told.map(({ fraction }) => fraction)).toEqual([0, 0.25, 0.375, 0.5]);
});

test("what is heard once more is work that is left, until it is done or found to be less", () => {
  const { told, progress } = meter();
  progress.expectAgain((seconds) => seconds / 4);
  progress.found(80, 1);
  progress.recognised(40);
  progress.recognised(40);
  progress.heardAgain(10);
  progress.enter("finishing");
  expect(told.map(({ fraction }) => fraction)).toEqual([0, 0.4, 0.8, 0.9, 1]);
  expect(told.at(-1)).toMatchObject({ stage: "finishing", speechRecognisedSeconds: 80 });
});

test("once it is known what is heard once more, that is what is left", () => {
  const { told, progress } = meter();
  progress.expectAgain((seconds) => seconds / 4);
  progress.found(80, 1);
  progress.recognised(80);
  progress.chosenAgain(10, 1);
  progress.heardAgain(5);
  progress.chosenAgain(15, 1);
  progress.heardAgain(15);
  expect(told.map(({ fraction }) => Math.round(fraction * 1000) / 1000)).toEqual([
    0, 0.8, 0.889, 0.944, 0.944, 1,
  ]);
});

test("the time left is said from the first step on, and not while finishing", async () => {
  const told: Progress[] = [];
  const pace = new Pace(2, () => told.length * 1000);
  const progress = new ProgressMeter((step) => told.push(step), pace);
  progress.expectAgain(() => 10);
  progress.found(20, 0.5);
  await progress.recognise(20, async () => progress.found(20, 1));
  progress.recognised(20);
  progress.recognised(20);
  progress.enter("finishing");
  expect(told.map(({ secondsLeft }) => secondsLeft)).toEqual([null, null, 2, 1, null]);
});

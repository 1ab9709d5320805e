import { expect, test } from "vitest";
import { LIMITS } from "../config/limits.ts";
import { Pace } from "./pace.ts";
import { type Progress, ProgressMeter } from "./progress.ts";

/** A clip's length, and how long a worker that does nothing else takes for it. */
type Cost = readonly [seconds: number, ms: number];

/** Clips of a conversation of 159 s, as Moonshine base took them. */
const CONVERSATION: readonly Cost[] = [
  [20.2, 2115],
  [8.2, 611],
  [15.9, 1421],
  [13.5, 1155],
  [18.7, 1567],
  [8.0, 508],
  [15.0, 1189],
  [6.7, 594],
  [16.8, 1312],
  [14.4, 1134],
  [2.4, 192],
];

/** The same again in halves, which is what three samples of it are compared by. */
const SAMPLES: readonly Cost[][] = [2.9, 2.9, 3.8].map((seconds) => [
  [seconds, seconds * 74],
  [seconds, seconds * 74],
]);

interface Course {
  clips: readonly Cost[];
  samples: readonly Cost[][];
  workers: number;
  /** Before the first clip. */
  decodingMs: number;
  /** Whether an earlier run has stored a clip. */
  isStored?: (index: number) => boolean;
  /** How many times as long clips take at some moment, for others have their turns. */
  slowness?: (ms: number) => number;
}

const TEN_MINUTES: Course = {
  clips: repeated(CONVERSATION, 4),
  samples: SAMPLES,
  workers: 2,
  decodingMs: 3000,
};

/** What was said at one moment, with what was true. */
interface Said {
  fraction: number;
  secondsLeft: number;
  trueSeconds: number;
}

/** Workers that take clips in the order in which they are given, on a clock that jumps from one end to the next. */
class Workers {
  nowMs = 0;
  readonly #free: number[];
  readonly #slowness: (ms: number) => number;
  readonly #running: { endMs: number; done: () => void }[] = [];

  constructor({ workers, decodingMs, slowness }: Course) {
    this.nowMs = decodingMs;
    this.#free = Array.from({ length: workers }, () => decodingMs);
    this.#slowness = slowness ?? (() => 1);
  }

  hear([, ms]: Cost): Promise<void> {
    const free = Math.min(...this.#free);
    const startMs = Math.max(free, this.nowMs);
    const endMs = startMs + ms * this.#slowness(startMs);
    this.#free[this.#free.indexOf(free)] = endMs;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#running.push({ endMs, done: resolve });
    return promise;
  }

  /** Lets the next clip end. False where nothing runs. */
  async next(): Promise<boolean> {
    const [first] = this.#running.sort((a, b) => a.endMs - b.endMs);
    if (first === undefined) return false;
    this.#running.shift();
    this.nowMs = first.endMs;
    first.done();
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    return true;
  }
}

/** Runs a course as the pipeline does, and gives what was said after each step. */
async function run(course: Course): Promise<Said[]> {
  const workers = new Workers(course);
  const told: { atMs: number; progress: Progress }[] = [];
  const pace = new Pace(course.workers, () => workers.nowMs);
  const meter = new ProgressMeter((progress) => told.push({ atMs: workers.nowMs, progress }), pace);
  meter.expectAgain(() => 15);
  meter.found(secondsOf(course.clips), 1);
  const hear = async (clip: Cost) => meter.recognise(clip[0], () => workers.hear(clip));
  const waiting = [...course.clips.entries()];
  await inLanes(workers, course.workers + LIMITS.pipeline.segmentsAhead, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [i, clip] = next;
      if (course.isStored?.(i) !== true) await hear(clip);
      meter.recognised(clip[0]);
    }
  });
  meter.chosenAgain(secondsOf(course.samples.flat()), 1);
  const samples = [...course.samples];
  await inLanes(workers, course.samples.length, async () => {
    for (const piece of samples.shift() ?? []) {
      await hear(piece);
      meter.heardAgain(piece[0]);
    }
  });
  const endMs = workers.nowMs;
  return told.flatMap(({ atMs, progress: { fraction, secondsLeft } }) =>
    secondsLeft === null ? [] : { fraction, secondsLeft, trueSeconds: (endMs - atMs) / 1000 },
  );
}

async function inLanes(workers: Workers, count: number, lane: () => Promise<void>): Promise<void> {
  const lanes = Promise.all(Array.from({ length: count }, lane));
  while (await workers.next());
  await lanes;
}

function repeated<Item>(items: readonly Item[], times: number): Item[] {
  return Array.from({ length: times }, () => items).flat();
}

function secondsOf(clips: readonly Cost[]): number {
  return clips.reduce((sum, [seconds]) => sum + seconds, 0);
}

/** Shares by which estimates were wrong, from some progress on, while a tenth of the time or more was left: the rest is a clip or two. */
function errorsOf(said: readonly Said[], fromFraction = 0.5): number[] {
  const longest = Math.max(...said.map(({ trueSeconds }) => trueSeconds));
  const errors = said
    .filter(({ fraction, trueSeconds }) => fraction >= fromFraction && trueSeconds >= longest / 10)
    .map(({ secondsLeft, trueSeconds }) => Math.abs(secondsLeft / trueSeconds - 1));
  expect(errors).not.toEqual([]);
  return errors;
}

const worstOf = (said: readonly Said[], fromFraction?: number) => Math.max(...errorsOf(said, fromFraction));

test.each([1, 2, 4])("from the middle on the time left is known, with %i workers", async (workers) => {
  expect(worstOf(await run({ ...TEN_MINUTES, workers }))).toBeLessThan(0.3);
});

test("how long it took to begin does not matter", async () => {
  const [slowly, quickly] = await Promise.all(
    [60_000, 0].map((decodingMs) => run({ ...TEN_MINUTES, decodingMs })),
  );
  for (const [i, { secondsLeft }] of (slowly ?? []).entries())
    expect(secondsLeft).toBeCloseTo(quickly?.[i]?.secondsLeft ?? NaN);
});

test("after hours the time left is known as well", async () => {
  expect(worstOf(await run({ ...TEN_MINUTES, clips: repeated(CONVERSATION, 70) }))).toBeLessThan(0.3);
});

test("of one clip the time left is that of its halves, which are heard once more", async () => {
  const clips: Cost[] = [[17, 1400]];
  const halves: Cost[] = [
    [8.5, 650],
    [8.5, 750],
  ];
  const [, afterClip, afterHalf] = await run({ ...TEN_MINUTES, clips, samples: [halves] });
  expect(afterClip?.trueSeconds).toBeCloseTo(1.4);
  expect(Math.abs((afterClip?.secondsLeft ?? 0) / 1.4 - 1)).toBeLessThan(0.3);
  expect(Math.abs((afterHalf?.secondsLeft ?? 0) / 0.75 - 1)).toBeLessThan(0.3);
});

test("what an earlier run has stored is no pace", async () => {
  const said = await run({ ...TEN_MINUTES, isStored: (i) => i < 24 && i !== 20 });
  expect(said[0]?.fraction).toBeGreaterThan(0.45);
  expect(worstOf(said)).toBeLessThan(0.3);
});

test.each([
  ["come", (ms: number) => (ms > 12_000 ? 2 : 1)],
  ["leave", (ms: number) => (ms < 15_000 ? 2 : 1)],
])("the pace follows others who %s", async (_, slowness) => {
  expect(worstOf(await run({ ...TEN_MINUTES, slowness }), 0.7)).toBeLessThan(0.3);
});

test("the end, at which not all workers have work, is expected", async () => {
  const [, ...said] = await run({ ...TEN_MINUTES, workers: 4 });
  const nearEnd = said.filter(({ trueSeconds }) => trueSeconds > 0.5 && trueSeconds < 3);
  const tooShort = nearEnd.filter(({ secondsLeft, trueSeconds }) => secondsLeft < trueSeconds * 0.7);
  expect(nearEnd.length).toBeGreaterThan(3);
  expect(tooShort).toEqual([]);
});

test("nothing is said before the first step, and not of what was before the first clip", async () => {
  let nowMs = 0;
  const pace = new Pace(2, () => nowMs);
  pace.step(100);
  nowMs = 5000;
  expect(pace.secondsFor(10, false)).toBeNull();
  await pace.watch(20, async () => void (nowMs += 1000));
  expect(pace.secondsFor(10, false)).toBeNull();
  pace.step(20);
  expect(pace.secondsFor(10, false)).toBe(0.5);
  expect(pace.secondsFor(10, true)).toBe(1);
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../../test/media-files.ts";
import type { Clip, Mix } from "../speech/recogniser.ts";
import { readClip } from "./samples.ts";

/** Frames 0, 1, 2 …: on the left i * 100, on the right i * -300. */
async function clipOf(channels: 1 | 2, options: Partial<Clip>): Promise<Clip> {
  const path = join(await scratchFolder(), "spool");
  const frames = Array.from({ length: 100 }, (_, i) => [i * 100, i * -300].slice(0, channels));
  await writeFile(path, Int16Array.from(frames.flat()));
  const spool = { path, channels, samples: 100 };
  return { spool, mix: "mono", gainDb: 0, startSample: 0, endSample: 100, ...options };
}

test("a stretch is read where it stands", async () => {
  const samples = await readClip(await clipOf(1, { startSample: 10, endSample: 12 }));
  expect([...samples]).toEqual([1_000 / 32_768, 1_100 / 32_768]);
});

test.each<[Mix, number]>([
  ["left", 1_000],
  ["right", -3_000],
  ["mono", -1_000],
])("the %s of two channels", async (mix, value) => {
  const samples = await readClip(await clipOf(2, { mix, startSample: 10, endSample: 11 }));
  expect([...samples]).toEqual([value / 32_768]);
});

test("gain is applied and clipped to full scale", async () => {
  const samples = await readClip(
    await clipOf(2, { mix: "right", gainDb: 20, startSample: 1, endSample: 31 }),
  );
  expect(samples[0]).toBeCloseTo(-3_000 / 32_768, 6);
  expect(samples[29]).toBe(-1);
});

test("an empty stretch is empty, and one past the end is an error", async () => {
  expect(await readClip(await clipOf(1, { startSample: 5, endSample: 5 }))).toHaveLength(0);
  await expect(readClip(await clipOf(1, { endSample: 101 }))).rejects.toThrow("ends at byte 200");
});

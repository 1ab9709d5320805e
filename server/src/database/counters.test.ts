import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../test/database.ts";
import { Counters } from "./counters.ts";

async function open(): Promise<{ path: string; counters: Counters }> {
  const path = join(await temporaryFolder(), "counters.sqlite");
  const counters = new Counters(path);
  onTestFinished(() => counters.close());
  return { path, counters };
}

test("a period begins with the first count in it and ends when it is over", async () => {
  const { counters } = await open();
  expect(counters.peek("a", 1_000)).toBeNull();
  expect(counters.count("a", 60_000, 1_000)).toEqual({ used: 1, endsAtMs: 61_000 });
  expect(counters.count("a", 60_000, 60_999)).toEqual({ used: 2, endsAtMs: 61_000 });
  expect(counters.peek("a", 60_999)).toEqual({ used: 2, endsAtMs: 61_000 });
  expect(counters.peek("a", 61_000)).toBeNull();
  expect(counters.count("a", 60_000, 61_000)).toEqual({ used: 1, endsAtMs: 121_000 });
  expect(counters.count("b", 60_000, 61_000)).toEqual({ used: 1, endsAtMs: 121_000 });
});

test("what is over is forgotten, and what runs is not", async () => {
  const { counters } = await open();
  counters.count("old", 1_000, 0);
  counters.count("new", 1_000, 500);
  counters.forgetOld(1_000);
  expect(counters.count("new", 1_000, 1_000).used).toBe(2);
  expect(counters.peek("old", 999)).toBeNull();
});

test("the log goes to disk seldom, because requests wait for it, and does not grow for ever", async () => {
  const { path, counters } = await open();
  const logBytesAfter = (counts: number) => {
    for (let i = 0; i < counts; i += 1) counters.count("all", 60_000, 1);
    return statSync(`${path}-wal`).size;
  };
  expect(logBytesAfter(3_000)).toBeGreaterThan(3_000_000);
  expect(logBytesAfter(7_000)).toBeLessThan(5_000_000);
});

test("processes that count at once lose none", async () => {
  const { path, counters } = await open();
  const script = `import { Counters } from ${JSON.stringify(join(import.meta.dirname, "counters.ts"))};
    const counters = new Counters(process.argv[1]);
    for (let i = 0; i < 2000; i++) counters.count("all", 3600000, 1);
    counters.close();`;
  const run = () => promisify(execFile)(process.execPath, ["--input-type=module", "-e", script, path]);
  await Promise.all([run(), run(), run()]);
  expect(counters.peek("all", 1)?.used).toBe(6_000);
});

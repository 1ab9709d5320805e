import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { spoken } from "../audio.ts";
import { type Client, dataFolder, startProcess } from "../harness.ts";

/** Kills of each kind; `KILLS=20` runs the full measure. */
const KILLS = Number(process.env["KILLS"] ?? 4);

const TEXT = [
  "The committee met on Monday to discuss the plans for the new library.",
  "Several members asked how long the building would take.",
  "The architect answered that it would be finished in the spring.",
  "Nobody had expected that, and there was a long silence in the room.",
  "Then somebody opened a window, and they began to talk about the cost.",
].join(" ");

/** Long enough that the last kill still comes in its middle. */
const recording = (): Promise<string> => spoken(Array.from({ length: KILLS }, () => TEXT).join(" "));

/** What must be the same, however often a run was disturbed. */
async function result(client: Client) {
  const file = await client.settled(1);
  const { body } = await client.get(`/api/transcripts/${file.transcript}/?words=true`);
  const counts = await Promise.all(
    ["files", "tasks", "transcripts"].map(async (list) => (await client.get(`/api/${list}/`)).body.count),
  );
  const turns = body.turns.map(({ id: _id, ...turn }: { id: number }) => turn);
  return { status: file.status, error: body.error_detail, turns, coverage: body.coverage, counts };
}

async function undisturbed(path: string) {
  const server = await startProcess(await dataFolder());
  await server.client.upload(path);
  const expected = await result(server.client);
  await server.kill();
  expect(expected).toMatchObject({ status: "transcribed", counts: [1, 1, 1] });
  return expected;
}

const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 2500));

/** Those that run now; none, while the killed are being replaced. */
function workersOf(pid: number | undefined): number[] {
  return spawnSync("ps", ["--ppid", String(pid), "-o", "pid=,args="], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((line) => line.includes("worker-process"))
    .map((line) => Number.parseInt(line, 10));
}

test("a server that is killed again and again in the middle of a file goes on, to the same transcript", async () => {
  const path = await recording();
  const expected = await undisturbed(path);
  const dataDir = await dataFolder();
  let server = await startProcess(dataDir);
  expect((await server.client.upload(path)).status).toBe(201);
  for (let kill = 0; kill < KILLS; kill++) {
    await moment();
    await server.kill();
    server = await startProcess(dataDir);
  }
  expect(await result(server.client)).toEqual(expected);
  await server.kill();
  server = await startProcess(dataDir);
  // What the dead left decoded on disk is swept at start.
  expect(await readdir(join(dataDir, "tmp"))).toHaveLength(1);
});

test("a worker that is killed again and again is replaced, to the same transcript in the same task", async () => {
  const path = await recording();
  const expected = await undisturbed(path);
  const server = await startProcess(await dataFolder(), { USPEECH_WORKERS: "2" });
  await server.client.upload(path);
  for (let killed = 0; killed < KILLS;) {
    await moment();
    const [pid] = workersOf(server.child.pid);
    if (pid === undefined) continue;
    process.kill(pid, "SIGKILL");
    killed++;
  }
  expect(await result(server.client)).toEqual(expected);
});

test("nothing that was acknowledged is lost when the server is killed under uploads", async () => {
  const path = await spoken("Just one short sentence for a quick upload.");
  const dataDir = await dataFolder();
  const acknowledged = new Set<number>();
  for (let kill = 0; kill < Math.max(2, KILLS / 2); kill++) {
    const server = await startProcess(dataDir, { USPEECH_WORKERS: "1" });
    const uploads = Array.from({ length: 6 }, async () => {
      const { status, body } = await server.client.upload(path);
      expect(status).toBe(201);
      acknowledged.add(body.id);
    });
    await Promise.any(uploads);
    await server.kill();
    await Promise.allSettled(uploads);
  }
  const server = await startProcess(dataDir);
  expect(acknowledged.size).toBeGreaterThan(0);
  const { body } = await server.client.get("/api/files/?page_size=100");
  const ids = body.results.map((file: { id: number }) => file.id);
  for (const id of acknowledged) expect(ids).toContain(id);
  for (const id of ids) expect((await server.client.settled(id)).status).toBe("transcribed");
  expect((await server.client.get("/api/tasks/")).body.count).toBe(ids.length);
});

test("SIGTERM hands running work back within ten seconds, and the next start goes on with it", async () => {
  const path = await recording();
  const expected = await undisturbed(path);
  const dataDir = await dataFolder();
  const server = await startProcess(dataDir);
  await server.client.upload(path);
  await expect.poll(async () => (await server.client.get("/api/tasks/1/")).body.status).toBe("running");
  const ended = new Promise<number | null>((resolve) => server.child.once("exit", resolve));
  server.child.kill("SIGTERM");
  expect(await ended).toBe(0);
  const next = await startProcess(dataDir);
  expect(await result(next.client)).toEqual(expected);
});

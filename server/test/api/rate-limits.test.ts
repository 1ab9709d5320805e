import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import { createLog } from "../../src/observe/log.ts";
import { TestClock } from "../database.ts";
import { tone } from "../audio.ts";
import { Client, dataFolder, type Reply, startProcess, startServer } from "../harness.ts";

const limitOf = (requests: number) => ({ USPEECH_RATE_LIMIT: { requests, periodSeconds: 60 } });

function left(reply: Reply) {
  return ["limit", "remaining", "reset"].map((name) => reply.headers.get(`ratelimit-${name}`));
}

async function statuses(requests: Promise<Reply>[]): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (const { status } of await Promise.all(requests)) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

test("one too many is refused in DRF's words, until the period is over", async () => {
  const clock = new TestClock(new Date().toISOString());
  const { admin } = await startServer({ roles: ["api"], env: limitOf(3), now: clock.now });
  expect(left(await admin.get("/api/projects/"))).toEqual(["3", "2", "60"]);
  clock.advance(20_500);
  expect(left(await admin.get("/api/projects/1/"))).toEqual(["3", "1", "40"]);
  expect(left(await admin.get("/api/projects/999/"))).toEqual(["3", "0", "40"]);
  const refused = await admin.get("/api/projects/");
  expect(refused).toMatchObject({
    status: 429,
    body: { detail: "Request was throttled. Expected available in 40 seconds." },
  });
  expect(refused.headers.get("retry-after")).toBe("40");
  expect(left(refused)).toEqual(["3", "0", "40"]);
  clock.advance(38_600);
  expect((await admin.get("/api/projects/")).body.detail).toMatch(/in 1 second\.$/);
  clock.advance(900);
  expect(left(await admin.get("/api/projects/"))).toEqual(["3", "2", "60"]);
});

test("each kind is counted by itself, each user over all keys, and health not at all", async () => {
  const { admin, user, app } = await startServer({ roles: ["api"], env: limitOf(4) });
  const other = await user("other@example.org");
  const path = await tone();
  const upload = (client: Client) => client.upload(path, { filename: "a.wav" });
  expect(await statuses(Array.from({ length: 6 }, () => admin.get("/api/files/")))).toEqual({
    200: 4,
    429: 2,
  });
  expect(
    await statuses(Array.from({ length: 6 }, () => admin.send("POST", "/api/projects/", { title: "T" }))),
  ).toEqual({ 201: 4, 429: 2 });
  expect(await statuses(Array.from({ length: 4 }, () => upload(admin)))).toEqual({ 201: 2, 429: 2 });
  expect(await app.db.selectFrom("files").select("id").execute()).toHaveLength(2);
  expect((await other.get("/api/files/")).status).toBe(200);
  expect(await statuses(Array.from({ length: 9 }, () => other.get("/healthz")))).toEqual({ 200: 9 });
  expect(left(await other.get("/healthz"))).toEqual([null, null, null]);
});

test("a long wait counts once", async () => {
  const { admin } = await startServer({ roles: ["api"], env: limitOf(2) });
  await admin.upload(await tone());
  expect(left(await admin.get("/api/files/1/?wait=2.5"))[1]).toBe("1");
});

test("requests without credentials are counted per address, and answers that come before the count say what is left", async () => {
  const { admin } = await startServer({ roles: ["api"], env: limitOf(2) });
  const anonymous = (path: string) => admin.request("GET", path, { headers: { authorization: "None" } });
  expect(left(await anonymous("/api/projects/"))).toEqual(["2", "2", "60"]);
  expect(left(await anonymous("/api/schema/"))).toEqual(["2", "1", "60"]);
  expect((await anonymous("/api/schema/")).status).toBe(200);
  expect((await anonymous("/api/schema/")).status).toBe(429);
  expect(await anonymous("/api/projects/")).toMatchObject({ status: 401 });
  expect(left(await anonymous("/api/no-such-route/"))[1]).toBe("0");
  expect((await admin.get("/api/schema/")).status).toBe(200);
});

test("bad keys are refused and then throttled per address, while a good key goes on", async () => {
  const { admin } = await startServer({ roles: ["api"], env: limitOf(12) });
  const guess = (i: number) => new Client(admin.baseUrl, `${admin.key.split(".")[0]}.guess${i}`);
  const answers = Array.from({ length: 5 }, (_, i) => guess(i).get("/api/projects/"));
  expect(await statuses(answers)).toEqual({ 403: 3, 429: 2 });
  expect((await admin.get("/api/projects/")).status).toBe(200);
});

function ask(client: Client, address: string): Promise<Reply> {
  const headers = { authorization: "None", "x-forwarded-for": address };
  return client.request("GET", "/api/schema/", { headers });
}

test("a trusted proxy says who asks, and nobody else can", async () => {
  const trusting = await startServer({
    roles: ["api"],
    env: { ...limitOf(1), USPEECH_TRUSTED_PROXIES: ["127.0.0.0/8"] },
  });
  const addresses = ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "192.0.2.1"];
  const answers = [];
  for (const address of addresses) answers.push((await ask(trusting.admin, address)).status);
  expect(answers).toEqual([200, 200, 200, 429, 429]);
  const other = await startServer({ roles: ["api"], env: limitOf(1) });
  expect((await ask(other.admin, "192.0.2.1")).status).toBe(200);
  expect((await ask(other.admin, "192.0.2.2")).status).toBe(429);
});

test("a request that cannot be counted is let through", async () => {
  const { admin, dataDir } = await startServer({ roles: ["api"], env: limitOf(1), log: createLog("silent") });
  await admin.get("/api/projects/");
  expect((await admin.get("/api/projects/")).status).toBe(429);
  const counters = new Sqlite(join(dataDir, "counters.sqlite"));
  counters.exec("drop table counters");
  counters.close();
  expect((await admin.get("/api/projects/")).status).toBe(200);
});

test("three processes let through exactly as many as one, also after one of them was killed", async () => {
  const dataDir = await dataFolder();
  const start = () => startProcess(dataDir, { USPEECH_RATE_LIMIT: "40/hour" }, "serve");
  const first = await start();
  const servers = [first, ...(await Promise.all([start(), start()]))];
  const requests = Array.from({ length: 90 }, (_, i) => {
    const server = servers[i % servers.length] ?? first;
    return server.client.get("/api/projects/");
  });
  expect(await statuses(requests)).toEqual({ 200: 40, 429: 50 });
  await first.kill();
  const restarted = await start();
  expect((await restarted.client.get("/api/projects/")).status).toBe(429);
});

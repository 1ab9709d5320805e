import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../../src/database/open.ts";
import { tone } from "../audio.ts";
import { type Client, dataFolder, type Reply, startProcess, startServer } from "../harness.ts";
import { until } from "../processes.ts";

const RETRY = "/api/tasks/1/retry/";
const TRANSCRIBE = "/api/files/1/transcribe/";

function post(client: Client, path: string, key: string): Promise<Reply> {
  return client.request("POST", path, { headers: { "idempotency-key": key } });
}

/** A file whose only task was cancelled. */
async function cancelled(client: Client): Promise<void> {
  const { body } = await client.upload(await tone());
  expect((await client.send("POST", `/api/tasks/${body.task}/cancel/`)).status).toBe(202);
}

const tasks = async (client: Client): Promise<number> => (await client.get("/api/tasks/")).body.count;

test.each([RETRY, TRANSCRIBE])(
  "one Idempotency-Key makes one task of POST %s, ten times at once and again when the task has ended",
  async (path) => {
    const { admin } = await startServer({ roles: ["api"] });
    await cancelled(admin);
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(admin, path, "k")));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`))).toEqual(new Set(["202 2"]));
    expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") === "true")).toHaveLength(9);
    expect((await admin.send("POST", "/api/tasks/2/cancel/")).status).toBe(202);
    const again = await post(admin, path, "k");
    expect(again.body).toEqual(answers[0]?.body);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await tasks(admin)).toBe(2);
    const other = await post(admin, "/api/tasks/2/retry/", "another");
    expect(other).toMatchObject({ status: 202, body: { id: 3 } });
  },
);

test("a key is its user's own, and good for one request", async () => {
  const { admin, user } = await startServer({ roles: ["api"] });
  await cancelled(admin);
  await cancelled(admin);
  expect((await post(admin, TRANSCRIBE, "k")).status).toBe(202);
  expect(await post(admin, "/api/files/2/transcribe/", "k")).toMatchObject({
    status: 400,
    body: {
      detail: "This Idempotency-Key was used for a different request. Use a new key for a new request.",
    },
  });
  await admin.send("POST", "/api/tasks/2/cancel/");
  const elsewhere = await admin.request("POST", "/api/tasks/2/retry/", {
    headers: { "idempotency-key": "k" },
  });
  expect(elsewhere).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining("Use a new key") },
  });
  expect((await post(await user("other@example.org"), TRANSCRIBE, "k")).status).toBe(404);
  expect((await post(admin, TRANSCRIBE, "k".repeat(256))).status).toBe(400);
});

test("what was refused was not done, and may be asked again under the same key", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  await admin.upload(await tone());
  expect(await post(admin, RETRY, "k")).toMatchObject({ status: 400 });
  await admin.send("POST", "/api/tasks/1/cancel/");
  expect(await post(admin, RETRY, "k")).toMatchObject({ status: 202, body: { id: 2 } });
});

test("a server that is killed between the work and the answer, and another process, give the answer that it owed", async () => {
  const dataDir = await dataFolder();
  const db = await openDatabase(join(dataDir, "uspeech.sqlite"));
  onTestFinished(() => db.destroy());
  const path = await tone();
  const upload = (client: Client) => client.upload(path, { headers: { "idempotency-key": "upload" } });
  const asks: [string, (client: Client) => Promise<Reply>][] = [
    ["upload", upload],
    ["retry", (client) => post(client, RETRY, "retry")],
  ];
  let server = await startProcess(dataDir);
  for (const [key, ask] of asks) {
    const lost = ask(server.client).catch(() => null);
    // The row is written in the transaction of the work: once it is to be seen, both are done.
    await until(async () => {
      const kept = db.selectFrom("idempotency_keys").select("id").where("idempotency_key", "=", key);
      return (await kept.execute()).length > 0;
    });
    await server.kill();
    await lost;
    server = await startProcess(dataDir);
    const answer = await ask(server.client);
    expect(answer.headers.get("idempotency-replayed")).toBe("true");
    expect([201, 202]).toContain(answer.status);
    await server.client.settled(1);
  }
  expect((await server.client.get("/api/files/")).body.count).toBe(1);
  expect(await tasks(server.client)).toBe(2);
});

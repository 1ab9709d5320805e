import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { LIMITS } from "../../src/config/limits.ts";
import { SqliteQueue } from "../../src/queue/sqlite.ts";
import { deliverLater } from "../../src/webhooks/webhooks.ts";
import { spoken, tone } from "../audio.ts";
import { TestClock } from "../database.ts";
import {
  type Client,
  dataFolder,
  type Reply,
  startProcess,
  startServer,
  type TestServer,
} from "../harness.ts";
import { type Received, receiver } from "../receiver.ts";

const PRIVATE = { USPEECH_WEBHOOKS_ALLOW_PRIVATE: true };
const HOUR_MS = 3_600_000;

async function hook(client: Client, url: string, fields: object = {}): Promise<Reply["body"]> {
  const { status, body } = await client.send("POST", "/api/webhooks/", { url, ...fields });
  expect(status).toBe(201);
  return body;
}

/** Waits for longer than the queue's pauses between looks. */
function soon<T>(look: () => T | Promise<T>) {
  return expect.poll(look);
}

/** What the published library makes of a message. @throws where the signature is not good */
function verified(message: Received | undefined, secret: string): unknown {
  const headers = Object.entries(message?.headers ?? {}).map(([name, value]) => [name, String(value)]);
  return new Webhook(secret).verify(message?.body ?? "", Object.fromEntries(headers));
}

/** A message to the webhook that no transcription is needed for. */
async function message({ app }: TestServer, webhook: number): Promise<number> {
  const { id } = await app.db
    .insertInto("webhook_deliveries")
    .values({
      webhook_id: webhook,
      message_id: `msg_${webhook}`,
      event: "transcript.completed",
      payload_json: `{"type":"transcript.completed"}`,
      status: "failed",
      attempts_json: "[]",
      // Older ones are swept away, at the start too.
      created_at: new Date().toISOString(),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

function replay(client: Client, webhook: number, delivery: number): Promise<Reply> {
  return client.send("POST", `/api/webhooks/${webhook}/deliveries/${delivery}/replay/`);
}

test("the end of a transcription is announced to whoever asked for it, with a signature that others can check", async () => {
  const { admin, user } = await startServer({ env: PRIVATE });
  const [all, failures, others] = await Promise.all([receiver(), receiver(), receiver()]);
  const { id, secret } = await hook(admin, all.url);
  await hook(admin, failures.url, { events: ["transcript.failed"], project: 1 });
  await hook(await user("other@example.org"), others.url);
  await admin.upload(await tone(3), { filename: "tone.wav" });
  await admin.settled(1);
  await admin.upload(await spoken("The committee met on Monday to discuss the plans."), {
    filename: "talk.wav",
  });
  await admin.settled(2);
  await soon(() => all.received.length).toBe(2);
  const [failed, completed] = all.received.map((received) => verified(received, secret));
  expect(failed).toEqual({
    type: "transcript.failed",
    timestamp: expect.stringMatching(/Z$/),
    data: {
      transcript: 1,
      file: 1,
      project: 1,
      task: 1,
      original_filename: "tone.wav",
      status: "failed",
      error_reason: "audio_too_short",
      language: null,
      duration_seconds: 3,
      word_count: null,
    },
  });
  expect(completed).toMatchObject({
    type: "transcript.completed",
    data: { transcript: 2, status: "transcribed", error_reason: null, language: "en" },
  });
  expect(all.received[1]?.body).not.toMatch(/committee/i);
  expect(failures.received.map(({ body }) => JSON.parse(body).type)).toEqual(["transcript.failed"]);
  expect(others.received).toEqual([]);
  const { body } = await admin.get(`/api/webhooks/${id}/deliveries/`);
  expect(body.results).toMatchObject([
    { id: 3, event: "transcript.completed", status: "delivered", next_attempt_at: null },
    { event: "transcript.failed", attempts: [{ status_code: 204, error: null, response: "" }] },
  ]);
  expect(body.results[1].message_id).toBe(all.received[0]?.headers["webhook-id"]);
});

test("a webhook is made, read, changed and deleted by its owner alone, and shows its secret once", async () => {
  const { admin, user, app } = await startServer({ roles: ["api"] });
  const made = await hook(admin, "https://example.org/hook");
  expect(made).toEqual({
    id: 1,
    url: "https://example.org/hook",
    project: null,
    events: ["transcript.completed", "transcript.failed"],
    enabled: true,
    paused_at: null,
    previous_secret_expires_at: null,
    created_at: expect.stringMatching(/Z$/),
    updated_at: expect.stringMatching(/Z$/),
    secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
  });
  const { secret, ...shown } = made;
  expect((await admin.get("/api/webhooks/1/")).body).toEqual(shown);
  expect((await admin.get("/api/webhooks/?project=1")).body.count).toBe(0);
  const changed = await admin.send("PATCH", "/api/webhooks/1/", {
    events: ["transcript.failed", "transcript.failed"],
    project: 1,
    enabled: false,
  });
  expect(changed.body).toMatchObject({ events: ["transcript.failed"], project: 1, enabled: false });
  expect((await admin.get("/api/webhooks/?project=1")).body.results).toHaveLength(1);
  const stored = JSON.stringify(await app.db.selectFrom("webhooks").selectAll().execute());
  expect(stored).not.toContain(secret.slice("whsec_".length));
  const other = await user("other@example.org");
  expect((await other.get("/api/webhooks/")).body.count).toBe(0);
  for (const path of ["", "deliveries/", "deliveries/1/"])
    expect((await other.get(`/api/webhooks/1/${path}`)).status).toBe(404);
  expect((await other.send("POST", "/api/webhooks/1/rotate-secret/")).status).toBe(404);
  expect((await other.send("DELETE", "/api/webhooks/1/")).status).toBe(404);
  expect((await admin.send("DELETE", "/api/webhooks/1/")).status).toBe(204);
  expect((await admin.get("/api/webhooks/1/")).status).toBe(404);
});

test.each<[object, object]>([
  [{}, { url: ["This field is required."] }],
  [{ url: "" }, { url: ["This field may not be blank."] }],
  [{ url: "example.org" }, { url: ["Enter a valid URL."] }],
  [{ url: "ftp://example.org/" }, { url: ["Enter a valid URL."] }],
  [{ url: "https://a b/" }, { url: ["Enter a valid URL."] }],
  [
    { url: `https://example.org/${"x".repeat(2000)}` },
    { url: ["Ensure this field has no more than 2000 characters."] },
  ],
  [{ url: "https://me:secret@example.org/" }, { url: ["An address with a user name in it is not allowed."] }],
  ...["http://127.0.0.1/", "http://localhost:8000/", "http://[::1]/", "http://169.254.169.254/latest/"].map(
    (url): [object, object] => [
      { url },
      { url: ["Private, loopback and link-local addresses are not allowed."] },
    ],
  ),
  [{ url: "https://a.org", events: "all" }, { events: ['Expected a list of items but got type "str".'] }],
  [{ url: "https://a.org", events: [] }, { events: ["This selection may not be empty."] }],
  [{ url: "https://a.org", events: [["x"]] }, { events: [`"['x']" is not a valid choice.`] }],
  [
    { url: "https://a.org", events: ["transcript.begun"] },
    { events: ['"transcript.begun" is not a valid choice.'] },
  ],
  [{ url: "https://a.org", events: null }, { events: ["This field may not be null."] }],
  [{ url: "https://a.org", project: 2 }, { project: ['Invalid pk "2" - object does not exist.'] }],
  [{ url: "https://a.org", enabled: "perhaps" }, { enabled: ["Must be a valid boolean."] }],
])("%j is refused with %j", async (fields, errors) => {
  const { admin } = await startServer({ roles: ["api"] });
  expect(await admin.send("POST", "/api/webhooks/", fields)).toMatchObject({ status: 400, body: errors });
});

test("there is an end to webhooks", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  for (let i = 0; i < LIMITS.webhooks.perUserMax; i++) await hook(admin, "https://example.org/");
  expect(await admin.send("POST", "/api/webhooks/", { url: "https://example.org/" })).toMatchObject({
    status: 400,
    body: { detail: "You have 50 webhooks, which is the most. Delete one first." },
  });
});

test("a rotated secret signs at once, and the old one too for a day", async () => {
  const clock = new TestClock(new Date().toISOString());
  const server = await startServer({ roles: ["api"], env: PRIVATE, now: clock.now });
  const { admin } = server;
  const { url, received } = await receiver();
  const old = await hook(admin, url);
  const rotated = (await admin.send("POST", "/api/webhooks/1/rotate-secret/")).body;
  expect(rotated.secret).not.toBe(old.secret);
  expect(rotated.previous_secret_expires_at).not.toBeNull();
  await replay(admin, 1, await message(server, 1));
  await soon(() => received.length).toBe(1);
  expect(received[0]?.headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
  for (const { secret } of [old, rotated]) verified(received[0], secret);
  clock.advance(24 * HOUR_MS);
  expect((await admin.get("/api/webhooks/1/")).body.previous_secret_expires_at).toBeNull();
  await replay(admin, 1, 1);
  await soon(() => received.length).toBe(2);
  expect(received[1]?.headers["webhook-signature"]).toMatch(/^v1,\S+$/);
});

test("what fails is tried again for a day; then the webhook is paused, its owner told, and what was missed is replayed", async () => {
  const clock = new TestClock();
  const server = await startServer({ roles: ["api"], env: PRIVATE, now: clock.now });
  const { admin, dataDir } = server;
  let status = 500;
  const { url, received } = await receiver((_request, response) => response.writeHead(status).end("sorry"));
  await hook(admin, url);
  const { body: first } = await replay(admin, 1, await message(server, 1));
  const read = async () => (await admin.get(`/api/webhooks/1/deliveries/${first.id}/`)).body;
  const begun = clock.now().getTime();
  const tries = LIMITS.webhooks.retryPausesMs.length + 1;
  for (let made = 1; made <= tries; made++) {
    await soon(async () => (await read()).attempts.length).toBe(made);
    const { next_attempt_at: next } = await read();
    if (next) clock.advance(Date.parse(next) + 1_000 - clock.now().getTime());
  }
  expect((clock.now().getTime() - begun) / HOUR_MS).toBeGreaterThan(23);
  expect(await read()).toMatchObject({ status: "failed", next_attempt_at: null });
  expect(new Set(received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect((await admin.get("/api/webhooks/1/")).body).toMatchObject({
    enabled: false,
    paused_at: expect.any(String),
  });
  const mails = () => readdir(join(dataDir, "mail")).catch(() => []);
  await soon(mails).toHaveLength(1);
  const mail = await readFile(join(dataDir, "mail", (await mails())[0] ?? ""), "utf8");
  expect(mail).toContain("A webhook was paused");
  expect(mail).toContain("answered with 500");
  status = 200;
  expect(await admin.send("PATCH", "/api/webhooks/1/", { enabled: true })).toMatchObject({
    body: { enabled: true, paused_at: null },
  });
  const { body: again } = await replay(admin, 1, first.id);
  expect(again).toMatchObject({ replay_of: first.id, message_id: first.message_id, status: "pending" });
  await soon(() => received.length).toBe(tries + 1);
  const delivered = async () =>
    (await admin.get("/api/webhooks/1/deliveries/?status=delivered")).body.results;
  await soon(delivered).toMatchObject([{ id: again.id, attempts: [{ response: "sorry" }] }]);
}, 60_000);

test("a receiver that says that it is gone is not asked again", async () => {
  const server = await startServer({ roles: ["api"], env: PRIVATE });
  const { admin } = server;
  const { url } = await receiver((_request, response) => response.writeHead(410).end());
  await hook(admin, url);
  await replay(admin, 1, await message(server, 1));
  const webhook = async () => (await admin.get("/api/webhooks/1/")).body;
  await soon(webhook).toMatchObject({ enabled: false });
  const { body } = await replay(admin, 1, 1);
  const delivery = async () => (await admin.get(`/api/webhooks/1/deliveries/${body.id}/`)).body;
  await soon(delivery).toMatchObject({ status: "failed" });
  expect((await delivery()).attempts).toMatchObject([
    { status_code: null, error: "The webhook is disabled." },
  ]);
});

test("without the switch, nothing on a private network is connected to, whatever its name", async () => {
  const server = await startServer({ roles: ["api"] });
  const { admin, app } = server;
  const { received, port } = await receiver();
  await hook(admin, "https://example.org/");
  // A name that came to point at a private address after it was checked.
  await app.db
    .updateTable("webhooks")
    .set({ url: `http://localhost:${port}/` })
    .execute();
  const { body } = await replay(admin, 1, await message(server, 1));
  const read = async () => (await admin.get(`/api/webhooks/1/deliveries/${body.id}/`)).body;
  await soon(async () => (await read()).attempts).toMatchObject([
    { status_code: null, error: expect.stringContaining("has a private, loopback or link-local address") },
  ]);
  expect(received).toEqual([]);
});

test("a message is not lost with the process that was sending it", async () => {
  const { url, received } = await receiver((_request, response) => {
    if (received.length > 1) response.writeHead(204).end();
  });
  const dataDir = await dataFolder();
  const variables = { USPEECH_WEBHOOKS_ALLOW_PRIVATE: "true" };
  const first = await startProcess(dataDir, variables);
  const { secret } = await hook(first.client, url);
  await first.client.upload(await tone());
  await soon(() => received.length).toBe(1);
  await first.kill();
  const second = await startProcess(dataDir, variables);
  const deliveries = async () => (await second.client.get("/api/webhooks/1/deliveries/")).body.results;
  await soon(deliveries).toMatchObject([{ status: "delivered", attempts: [{ status_code: 204 }] }]);
  expect(received).toHaveLength(2);
  expect(verified(received[1], secret)).toEqual(verified(received[0], secret));
  expect(received[1]?.headers["webhook-id"]).toBe(received[0]?.headers["webhook-id"]);
});

test("what is on its way to a webhook stays so when a project is deleted whose task has the same number", async () => {
  const server = await startServer({ roles: ["api"], env: PRIVATE });
  const { admin, app } = server;
  const { url, received } = await receiver();
  const { id } = (await admin.send("POST", "/api/projects/", { title: "Short-lived" })).body;
  await admin.upload(await tone(), { project: id });
  await hook(admin, url);
  await app.db.transaction().execute(async (tx) => {
    const message = {
      webhookId: 1,
      messageId: "msg_1",
      event: "transcript.failed",
      payloadJson: "{}",
    } as const;
    const later = new SqliteQueue(app.db, () => new Date(Date.now() + 2_000));
    expect(await deliverLater(tx, later, 1, { ...message, replayOf: null }, new Date())).toBe(1);
  });
  expect((await admin.send("DELETE", `/api/projects/${id}/`)).status).toBe(204);
  await soon(() => received.length).toBe(1);
});

test("whoever lost sight of a project hears nothing of it", async () => {
  const { admin, user, app } = await startServer({ env: PRIVATE });
  const guest = await user("guest@example.org");
  const { url, received } = await receiver();
  const own = await receiver();
  await hook(admin, own.url);
  const { id } = (await guest.send("POST", "/api/projects/", { title: "Mine" })).body;
  await hook(guest, url, { project: id });
  await app.db.updateTable("projects").set({ owner_id: 1 }).where("id", "=", id).execute();
  await admin.upload(await tone(), { project: id });
  await admin.settled(1);
  await soon(() => own.received.length).toBe(1);
  expect((await guest.get("/api/webhooks/1/")).status).toBe(404);
  expect((await guest.get("/api/webhooks/2/deliveries/")).body.count).toBe(0);
  expect(received).toEqual([]);
});

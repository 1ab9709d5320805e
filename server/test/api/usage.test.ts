import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/database/open.ts";
import { spoken, tone } from "../audio.ts";
import { TestClock } from "../database.ts";
import { type Client, dataFolder, type Reply, startProcess, startServer } from "../harness.ts";

const TRIAL_EXCEEDED = { detail: "Free trial limit exceeded.", reason: "free_trial_exceeded" };
const MINUTES_EXCEEDED = { detail: "The minutes of your plan are used up.", reason: "minutes_exceeded" };
const INACTIVE = { detail: "Your subscription is not active.", reason: "subscription_inactive" };

const SENTENCE = "The committee met on Monday to discuss the plans for the new library in the old town. ";

async function entries(client: Client): Promise<[kind: string, seconds: number, reason: string | null][]> {
  const { body } = await client.get("/api/usage/entries/?ordering=id&page_size=100");
  return body.results.map((entry: { kind: string; seconds: number; reason: string | null }) => [
    entry.kind,
    entry.seconds,
    entry.reason,
  ]);
}

async function usage(client: Client): Promise<Reply["body"]> {
  return (await client.get("/api/usage/")).body;
}

test("of fifty uploads at once over three servers, with minutes for one, exactly one is queued", async () => {
  // Half a minute of speech and more, so that nothing else fits into one minute even when it is settled.
  const path = await spoken(SENTENCE.repeat(8));
  const dataDir = await dataFolder();
  const variables = { USPEECH_TRIAL_MINUTES: "1", USPEECH_RATE_LIMIT: "100000/min" };
  const first = await startProcess(dataDir, variables);
  const servers = [first, await startProcess(dataDir, variables), await startProcess(dataDir, variables)];
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => (servers[index % 3] ?? first).client.upload(path)),
  );
  expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(201));
  const bodies = answers.map((answer) => answer.body);
  expect(bodies[0].duration_seconds).toBeGreaterThan(35);
  expect(bodies[0].duration_seconds).toBeLessThan(60);
  const queued = bodies.filter((body) => body.status === "transcribing");
  const refused = bodies.filter((body) => body.status === "uploaded");
  expect([queued.length, refused.length]).toEqual([1, 49]);
  for (const { transcript, task, notice } of refused)
    expect({ transcript, task, notice }).toEqual({ transcript: null, task: null, notice: TRIAL_EXCEEDED });

  const file = await first.client.settled(queued[0].id);
  expect(file.status).toBe("transcribed");
  const { body: transcript } = await first.client.get(`/api/transcripts/${file.transcript}/`);
  expect(await entries(first.client)).toEqual([
    ["reserve", Math.ceil(file.duration_seconds), null],
    ["settle", Math.ceil(transcript.speech_seconds), null],
  ]);
  expect(await usage(first.client)).toMatchObject({
    plan: "trial",
    minutes_included: 1,
    minutes_used: Number((Math.ceil(transcript.speech_seconds) / 60).toFixed(4)),
    minutes_reserved: 0,
    period_end: null,
  });
  const again = await first.client.send("POST", `/api/files/${refused[0].id}/transcribe/`);
  expect(again).toMatchObject({ status: 403, body: TRIAL_EXCEEDED });

  await first.client.send("DELETE", `/api/files/${file.id}/`);
  expect((await entries(first.client)).length).toBe(2);
  expect((await usage(first.client)).minutes_used).toBeGreaterThan(0.5);
  // Three servers with a model each, and fifty recordings to look into: minutes on a small machine.
}, 300_000);

test("silence costs nothing, however often it is tried", async () => {
  const { admin } = await startServer({ env: { USPEECH_TRIAL_MINUTES: 1 } });
  const { body } = await admin.upload(await tone(40));
  expect((await admin.settled(body.id)).error_reason).toBe("audio_too_short");
  expect((await admin.send("POST", `/api/tasks/${body.task}/retry/`)).status).toBe(202);
  await admin.settled(body.id);
  const each = [
    ["reserve", 40, null],
    ["release", 40, "failed"],
  ];
  expect(await entries(admin)).toEqual([...each, ...each]);
  expect(await usage(admin)).toMatchObject({ minutes_used: 0, minutes_reserved: 0, minutes_remaining: 1 });
});

test("what is cancelled or deleted while it waits is given back at once", async () => {
  const { admin } = await startServer({ roles: ["api"], env: { USPEECH_TRIAL_MINUTES: 1 } });
  const path = await tone(40);
  const upload = async () => {
    const { body } = await admin.upload(path);
    expect(body).toMatchObject({ status: "transcribing", notice: null });
    expect(await usage(admin)).toMatchObject({ minutes_reserved: 0.6667, minutes_remaining: 0.3333 });
    return body;
  };
  const cancelled = await upload();
  await admin.send("POST", `/api/tasks/${cancelled.task}/cancel/`);
  expect((await usage(admin)).minutes_remaining).toBe(1);
  await admin.send("DELETE", `/api/files/${(await upload()).id}/`);
  expect((await usage(admin)).minutes_remaining).toBe(1);
  await upload();
  await admin.send("DELETE", "/api/projects/1/");
  expect((await usage(admin)).minutes_remaining).toBe(1);
  expect((await entries(admin)).filter(([kind]) => kind === "release")).toEqual([
    ["release", 40, "cancelled"],
    ["release", 40, "deleted"],
    ["release", 40, "deleted"],
  ]);
});

test("a file without minutes keeps its notice until it is queued; two clicks are one job and one charge", async () => {
  const { admin } = await startServer({ roles: ["api"], env: { USPEECH_TRIAL_MINUTES: 1 } });
  const { body: first } = await admin.upload(await tone(40));
  const { body: second } = await admin.upload(await tone(40));
  expect(second).toMatchObject({ status: "uploaded", task: null, notice: TRIAL_EXCEEDED });
  expect((await admin.get(`/api/files/${second.id}/`)).body.notice).toEqual(TRIAL_EXCEEDED);
  expect(await admin.send("POST", `/api/files/${second.id}/transcribe/`)).toMatchObject({
    status: 403,
    body: TRIAL_EXCEEDED,
  });

  await admin.send("POST", `/api/tasks/${first.task}/cancel/`);
  const clicks = await Promise.all(
    Array.from({ length: 5 }, () => admin.send("POST", `/api/files/${second.id}/transcribe/`)),
  );
  expect(new Set(clicks.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
  expect((await admin.get(`/api/files/${second.id}/`)).body).toMatchObject({
    status: "transcribing",
    notice: null,
  });
  expect(await admin.send("POST", `/api/tasks/${first.task}/retry/`)).toMatchObject({
    status: 403,
    body: TRIAL_EXCEEDED,
  });
  const live = (await entries(admin)).filter(([kind]) => kind === "reserve");
  expect(live).toHaveLength(2);
});

test("each plan refuses for its own reason, and paid minutes begin anew with each month", async () => {
  const clock = new TestClock("2026-01-31T10:00:00.000Z");
  const env = { USPEECH_PLANS: { basic: 1, team: 10 } };
  const { admin, user } = await startServer({ roles: ["api"], env, now: clock.now });
  const client = await user("second@example.org");
  const change = (body: object) => admin.send("PATCH", "/api/admin/users/2/", body);
  await client.send("POST", "/api/projects/", { title: "Mine" });
  const path = await tone(40);
  const notice = async () => (await client.upload(path, { project: 2 })).body.notice;

  expect((await change({ plan: "basic" })).body).toMatchObject({ plan: "basic", plan_ends_at: null });
  expect([await notice(), await notice()]).toEqual([null, MINUTES_EXCEEDED]);
  expect(await usage(client)).toEqual({
    plan: "basic",
    active: true,
    minutes_included: 1,
    minutes_used: 0,
    minutes_reserved: 0.6667,
    minutes_remaining: 0.3333,
    period_start: "2026-01-31T10:00:00Z",
    period_end: "2026-02-28T10:00:00Z",
  });
  clock.advance(28 * 86_400_000);
  expect([await notice(), await notice()]).toEqual([null, MINUTES_EXCEEDED]);

  await change({ plan_ends_at: "2026-03-01T00:00:00Z" });
  clock.advance(86_400_000);
  expect(await notice()).toEqual(INACTIVE);
  expect(await usage(client)).toMatchObject({ plan: "basic", active: false, minutes_remaining: 0 });
  await change({ plan: "unlimited" });
  expect([await notice(), await notice(), await notice()]).toEqual([null, null, null]);
  expect(await usage(client)).toMatchObject({ minutes_included: null, minutes_reserved: 2 });
});

test("the first account has no limit, unless the operator says how long a trial is", async () => {
  const { admin, user } = await startServer({ roles: ["api"] });
  expect(await usage(admin)).toMatchObject({ plan: "unlimited", minutes_remaining: null });
  expect(await usage(await user("second@example.org"))).toMatchObject({
    plan: "trial",
    minutes_included: 300,
    minutes_remaining: 300,
  });
  const limited = await startServer({ roles: ["api"], env: { USPEECH_TRIAL_MINUTES: 7 } });
  expect(await usage(limited.admin)).toMatchObject({ plan: "trial", minutes_included: 7 });
});

test("the ledger is one's own, is filtered, and no statement changes it", async () => {
  const { admin, user, dataDir } = await startServer({ roles: ["api"] });
  const { body } = await admin.upload(await tone(2));
  await admin.send("DELETE", `/api/files/${body.id}/`);
  await admin.upload(await tone(3));
  const list = async (query: string) => (await admin.get(`/api/usage/entries/?${query}`)).body;
  expect((await list("")).results[0]).toEqual({
    id: 3,
    kind: "reserve",
    seconds: 3,
    file: 2,
    task: 2,
    plan: "unlimited",
    period_start: expect.stringMatching(/Z$/),
    actor: 1,
    reason: null,
    created_at: expect.stringMatching(/Z$/),
  });
  expect(await Promise.all(["kind=release", "file=1", "task=2", "file=9"].map(list))).toMatchObject(
    [1, 2, 1, 0].map((count) => ({ count })),
  );
  expect(await admin.get("/api/usage/entries/?kind=gift&task=x")).toMatchObject({
    status: 400,
    body: { kind: [expect.any(String)], task: ["Enter a number."] },
  });
  expect((await (await user("second@example.org")).get("/api/usage/entries/")).body.count).toBe(0);
  const db = await openDatabase(join(dataDir, "uspeech.sqlite"));
  await expect(db.deleteFrom("usage_entries").execute()).rejects.toThrow("never changed");
  await expect(db.updateTable("usage_entries").set({ used_seconds: 0 }).execute()).rejects.toThrow(
    "never changed",
  );
  await db.destroy();
});

test("speech is charged once, in whole seconds, and a transcribed file is not transcribed again", async () => {
  const { admin } = await startServer();
  const speech = await spoken(SENTENCE);
  // Ten seconds of silence around it, which cost nothing.
  const padded = speech.replace(".wav", "-padded.wav");
  execFileSync("sox", [speech, padded, "pad", "5", "5"]);
  const { body } = await admin.upload(padded);
  const file = await admin.settled(body.id);
  const { body: transcript } = await admin.get(`/api/transcripts/${file.transcript}/`);
  expect(transcript.speech_seconds).toBeLessThan(file.duration_seconds - 8);
  expect(await entries(admin)).toEqual([
    ["reserve", Math.ceil(file.duration_seconds), null],
    ["settle", Math.ceil(transcript.speech_seconds), null],
  ]);
  expect((await admin.send("POST", `/api/files/${file.id}/transcribe/`)).status).toBe(400);
  expect(await entries(admin)).toHaveLength(2);
});

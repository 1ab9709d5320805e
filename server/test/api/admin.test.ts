import { expect, test } from "vitest";
import { startServer } from "../harness.ts";
import { tone } from "../audio.ts";
import { TestClock } from "../database.ts";

const ROUTES = ["users", "users/1", "users/1/entries", "queue", "failures", "audit"];

test("only administrators get in; a route that is missing does not tell others so", async () => {
  const { admin, user } = await startServer({ roles: ["api"] });
  const second = await user("second@example.org");
  for (const route of ROUTES) {
    expect((await admin.get(`/api/admin/${route}/`)).status).toBe(200);
    expect(await second.get(`/api/admin/${route}/`)).toMatchObject({
      status: 403,
      body: { detail: "You do not have permission to perform this action." },
    });
  }
  const grant = { minutes: 10, reason: "for me" };
  expect((await second.send("POST", "/api/admin/users/2/grant/", grant)).status).toBe(403);
  expect((await second.send("PATCH", "/api/admin/users/2/", { is_admin: true })).status).toBe(403);
  expect((await second.get("/api/admin/users/99/")).status).toBe(403);
  expect((await admin.get("/api/admin/users/99/")).status).toBe(404);
});

test("users are listed, searched and filtered, with their plans and minutes", async () => {
  const { admin, user } = await startServer({ roles: ["api"] });
  await user("ann@example.org");
  await user("bob@example.org");
  await admin.send("PATCH", "/api/admin/users/3/", { is_active: false });
  const ids = async (query: string) =>
    (await admin.get(`/api/admin/users/?${query}`)).body.results.map((one: { id: number }) => one.id);
  expect(await ids("")).toEqual([1, 2, 3]);
  expect(await ids("ordering=-email")).toEqual([3, 2, 1]);
  expect(await ids("search=ANN")).toEqual([2]);
  expect(await ids("is_active=false")).toEqual([3]);
  expect(await admin.get("/api/admin/users/?is_active=maybe&is_admin=")).toMatchObject({
    status: 400,
    body: { is_active: ["Select a valid choice. maybe is not one of the available choices."] },
  });
  expect(await ids("is_admin=true")).toEqual([1]);
  expect(await ids("plan=trial")).toEqual([2, 3]);
  expect((await admin.get("/api/admin/users/2/")).body).toEqual({
    id: 2,
    email: "ann@example.org",
    name: "",
    is_active: true,
    is_admin: false,
    plan: "trial",
    plan_ends_at: null,
    usage: {
      plan: "trial",
      active: true,
      minutes_included: 300,
      minutes_used: 0,
      minutes_reserved: 0,
      minutes_remaining: 300,
      period_start: expect.stringMatching(/Z$/),
      period_end: null,
    },
    created_at: expect.stringMatching(/Z$/),
  });
});

test("a deactivated user is out, a new administrator is in, and the last one cannot leave", async () => {
  const { admin, user } = await startServer({ roles: ["api"] });
  const second = await user("second@example.org");
  const change = (id: number, body: object) => admin.send("PATCH", `/api/admin/users/${id}/`, body);
  const last = ["This is the last active administrator. Make somebody else one first."];
  expect(await change(1, { is_admin: false })).toMatchObject({ status: 400, body: { is_admin: last } });
  expect(await change(1, { is_active: false, plan: "trial" })).toMatchObject({
    status: 400,
    body: { is_active: last },
  });
  expect((await admin.get("/api/admin/users/1/")).body).toMatchObject({ is_active: true, plan: "unlimited" });

  expect((await change(2, { is_active: false })).body.is_active).toBe(false);
  expect(await second.get("/api/projects/")).toMatchObject({ status: 403 });
  expect((await change(2, { is_active: true, is_admin: true })).status).toBe(200);
  expect((await second.get("/api/admin/users/")).status).toBe(200);
  expect((await change(1, { is_admin: false })).status).toBe(200);
  expect((await admin.get("/api/admin/users/")).status).toBe(403);
});

test("bad changes and grants are refused by field", async () => {
  const { admin } = await startServer({ roles: ["api"], env: { USPEECH_PLANS: { basic: 60 } } });
  expect(
    await admin.send("PATCH", "/api/admin/users/1/", {
      plan: "gold",
      is_admin: "maybe",
      plan_ends_at: "soon",
    }),
  ).toMatchObject({
    status: 400,
    body: {
      is_admin: ["Must be a valid boolean."],
      plan: ['"gold" is not a valid choice.'],
      plan_ends_at: [expect.stringContaining("wrong format")],
    },
  });
  const grant = (body: object) => admin.send("POST", "/api/admin/users/1/grant/", body);
  expect((await grant({})).body).toEqual({
    minutes: ["This field is required."],
    reason: ["This field is required."],
  });
  expect((await grant({ minutes: 0, reason: "nothing" })).body).toEqual({
    minutes: ["Ensure this value is not 0."],
  });
  expect((await grant({ minutes: 1_000_001, reason: "" })).body).toEqual({
    minutes: ["Ensure this value is less than or equal to 1000000."],
    reason: ["This field may not be blank."],
  });
  expect((await grant({ minutes: 1.5, reason: "half" })).body).toEqual({
    minutes: ["A valid integer is required."],
  });
});

test("a grant lifts the limit, one taken back lowers it, and both stay in the ledger with their reasons", async () => {
  const { admin } = await startServer({ roles: ["api"], env: { USPEECH_TRIAL_MINUTES: 0 } });
  const path = await tone(2);
  const { body: file } = await admin.upload(path);
  expect(file.notice).toMatchObject({ reason: "free_trial_exceeded" });
  const granted = await admin.send("POST", "/api/admin/users/1/grant/", { minutes: 5, reason: "A gift" });
  expect(granted).toMatchObject({
    status: 201,
    body: { kind: "grant", seconds: 300, actor: 1, reason: "A gift", task: null, file: null },
  });
  expect((await admin.send("POST", `/api/files/${file.id}/transcribe/`)).status).toBe(202);
  const taken = await admin.send("POST", "/api/admin/users/1/grant/", { minutes: -4, reason: "By mistake" });
  expect(taken.body).toMatchObject({ kind: "adjust", seconds: -240, reason: "By mistake" });
  expect((await admin.get("/api/usage/")).body).toMatchObject({
    minutes_included: 1,
    minutes_remaining: 0.9667,
  });
  const { body } = await admin.get("/api/admin/users/1/entries/?ordering=id");
  expect(body.results.map((entry: { kind: string }) => entry.kind)).toEqual(["grant", "reserve", "adjust"]);
});

test("the queue shows what waits, for how long, and whose it is", async () => {
  const clock = new TestClock();
  const { admin } = await startServer({ roles: ["api"], now: clock.now });
  expect((await admin.get("/api/admin/queue/")).body).toEqual({
    depth: 0,
    running: 0,
    oldest_queued_at: null,
    oldest_queued_seconds: null,
    tasks: [],
  });
  await admin.upload(await tone(2));
  clock.advance(90_000);
  await admin.upload(await tone(3));
  expect((await admin.get("/api/admin/queue/")).body).toMatchObject({
    depth: 2,
    running: 0,
    oldest_queued_at: "2026-05-17T14:02:11Z",
    oldest_queued_seconds: 90,
    tasks: [
      { id: 1, status: "queued", user: 1, user_email: "admin@localhost", duration_seconds: 2, deliveries: 0 },
      { id: 2, status: "queued", duration_seconds: 3 },
    ],
  });
});

test("failures come with their evidence, the latest try's alone", async () => {
  const { admin } = await startServer();
  const { body: file } = await admin.upload(await tone(2));
  await admin.settled(file.id);
  await admin.send("POST", `/api/tasks/${file.task}/retry/`);
  await admin.settled(file.id);
  const { body } = await admin.get("/api/admin/failures/");
  expect(body).toMatchObject({
    count: 2,
    results: [
      {
        task: 2,
        user_email: "admin@localhost",
        error_reason: "audio_too_short",
        error: expect.stringContaining("seconds of speech"),
        error_detail: { figures: expect.any(Object) },
      },
      { task: 1, error_reason: "audio_too_short", error_detail: null },
    ],
  });
  const count = async (query: string) => (await admin.get(`/api/admin/failures/?${query}`)).body.count;
  expect(
    await Promise.all(["error_reason=upstream", "error_reason=audio_too_short", "user=2"].map(count)),
  ).toEqual([0, 2, 0]);
});

test("who did what to whom is written down, and what changed nothing is not", async () => {
  const { admin, user } = await startServer({ roles: ["api"], env: { USPEECH_PLANS: { basic: 60 } } });
  await user("second@example.org");
  const before = (await admin.get("/api/admin/audit/")).body.count;
  const change = (body: object) => admin.send("PATCH", "/api/admin/users/2/", body);
  await change({ is_active: false });
  await change({ is_active: false, is_admin: false, plan: "trial" });
  await change({ plan: "basic", is_admin: true });
  await admin.send("POST", "/api/admin/users/2/grant/", { minutes: 5, reason: "A gift" });
  const { body } = await admin.get("/api/admin/audit/?ordering=id&subject_type=user&subject=2");
  const by = { actor: 1, actor_email: "admin@localhost", via: "api_key", subject_type: "user", subject: 2 };
  const email = "second@example.org";
  expect(body.results).toMatchObject([
    { ...by, action: "user.deactivated", detail: { email } },
    { ...by, action: "user.made_admin" },
    { ...by, action: "user.plan_changed", detail: { from: { plan: "trial" }, to: { plan: "basic" } } },
    { ...by, action: "user.minutes_granted", detail: { email, minutes: 5, reason: "A gift" } },
  ]);
  expect((await admin.get("/api/admin/audit/")).body.count).toBe(before + 4);
  const count = async (query: string) => (await admin.get(`/api/admin/audit/?${query}`)).body.count;
  expect(await count("action=user.plan_changed&actor=1")).toBe(1);
  expect(await count("since=2999-01-01T00:00:00Z")).toBe(0);
  expect((await admin.get("/api/admin/audit/?action=user.eaten&until=x")).body).toMatchObject({
    action: [expect.any(String)],
    until: ["Enter a valid date/time."],
  });
});

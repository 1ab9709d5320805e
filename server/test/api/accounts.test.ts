import { expect, test } from "vitest";
import { LIMITS } from "../../src/config/limits.ts";
import { Browser, GOOD_PASSWORD, mailsOf, mailTo } from "../browser.ts";
import { TestClock } from "../database.ts";
import { Client, startServer } from "../harness.ts";

const RESET = "Choose a new password";
const CONFIRM = "Confirm your e-mail address";
const CHANGED = "Your password was changed";
const STALE = { token: ["This link is not valid any more. Ask for another one."] };
const NEW_PASSWORD = "staple gun umbrella";

async function start(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer({ roles: ["api"], ...options });
  return { ...server, browser: () => new Browser(server.admin.baseUrl) };
}

test("registering makes an account, logs in, and asks by mail whether the address is theirs", async () => {
  const { browser, dataDir } = await start();
  const ada = browser();
  const reply = await ada.post("/api/auth/register/", {
    email: " Ada@Example.ORG ",
    password: GOOD_PASSWORD,
    name: "Ada Łovelace",
    language: "pl",
    is_admin: true,
  });
  expect(reply).toMatchObject({ status: 201 });
  expect(reply.body).toEqual({
    id: expect.any(Number),
    email: "ada@example.org",
    email_confirmed: false,
    name: "Ada Łovelace",
    notify_by_mail: false,
    language: "pl",
    has_password: true,
    is_admin: false,
    created_at: expect.stringMatching(/Z$/),
  });
  const { text, token } = await mailTo(dataDir, "ada@example.org", CONFIRM);
  expect(text).toContain(`${ada.baseUrl}/confirm-email#token=${token}`);
  const confirm = () => browser().post("/api/auth/confirm-email/", { token });
  expect((await confirm()).status).toBe(204);
  expect((await ada.get("/api/auth/me/")).body.email_confirmed).toBe(true);
  expect(await confirm()).toMatchObject({ status: 400, body: STALE });
  expect(await ada.post("/api/auth/confirm-email/send/")).toMatchObject({
    status: 400,
    body: { detail: "This e-mail address is confirmed already." },
  });
});

test("the mail that confirms an address is sent again, and then only the newer one counts", async () => {
  const { browser, dataDir } = await start();
  const ada = browser();
  await ada.register("ada@example.org");
  const first = await mailTo(dataDir, "ada@example.org", CONFIRM);
  expect((await ada.post("/api/auth/confirm-email/send/")).status).toBe(202);
  await expect.poll(async () => (await mailsOf(dataDir)).length).toBe(2);
  const second = (await mailsOf(dataDir)).find(({ token }) => token !== first.token);
  expect((await ada.post("/api/auth/confirm-email/", { token: first.token })).body).toEqual(STALE);
  expect((await ada.post("/api/auth/confirm-email/", { token: second?.token })).status).toBe(204);
});

test("every field of a registration is checked, all faults in one answer", async () => {
  const { browser } = await start();
  const visitor = browser();
  const tell = async (body: unknown) => (await visitor.post("/api/auth/register/", body)).body;
  expect(await tell({})).toEqual({
    email: ["This field is required."],
    password: ["This field is required."],
  });
  expect(await tell([])).toEqual({
    non_field_errors: ["Invalid data. Expected a dictionary, but got list."],
  });
  expect(await tell({ email: "", password: "", name: null, language: "klingon" })).toEqual({
    email: ["This field may not be blank."],
    password: ["This field may not be blank."],
    name: ["This field may not be null."],
    language: ['"klingon" is not a valid choice.'],
  });
  expect(await tell({ email: "ada", password: {}, name: "n".repeat(151) })).toEqual({
    email: ["Enter a valid email address."],
    password: ["Not a valid string."],
    name: ["Ensure this field has no more than 150 characters."],
  });
  expect(await tell({ email: `${"a".repeat(250)}@example.org`, password: "p".repeat(129) })).toEqual({
    email: ["Ensure this field has no more than 254 characters."],
    password: ["Ensure this field has no more than 128 characters."],
  });
  expect(await tell({ email: "a\0da@example.org", password: "\0".repeat(9), name: "\ud800" })).toEqual({
    email: ["Null characters are not allowed.", "Enter a valid email address."],
    password: ["Null characters are not allowed."],
    name: ["Surrogate characters are not allowed: U+D800."],
  });
  expect(visitor.cookies.size).toBe(0);
});

test.each([
  ["short", ["This password is too short. It must contain at least 8 characters."]],
  ["PassWord1", ["This password is too common."]],
  ["90210902109021", ["This password is entirely numeric."]],
  ["87654321", ["This password is too common.", "This password is entirely numeric."]],
  ["ada.lovelace", ["The password is too similar to the email address."]],
  ["Ada.Lovelace1", ["The password is too similar to the email address."]],
  ["ada.lovelace@example.org", ["The password is too similar to the email address."]],
])("the password %s is refused in Django's words", async (password, faults) => {
  const { browser } = await start();
  const reply = await browser().post("/api/auth/register/", { email: "ada.lovelace@example.org", password });
  expect(reply).toMatchObject({ status: 400, body: { password: faults } });
});

test("a password is the same however a keyboard composes it", async () => {
  const { browser } = await start();
  await browser().register("ada@example.org", "caf\u00e9 cr\u00e8me br\u00fbl\u00e9e");
  expect((await browser().logIn("ada@example.org", "cafe\u0301 cre\u0300me bru\u0302le\u0301e")).status).toBe(
    200,
  );
});

test("an address has one account, however it is written and whoever comes at the same moment", async () => {
  const one = await start();
  const two = await start({ dataDir: one.dataDir });
  const addresses = ["ada@münchen.example", "ADA@MÜNCHEN.example", " ada@xn--mnchen-3ya.example"];
  const replies = await Promise.all(
    [...addresses, ...addresses].map((email, index) =>
      (index % 2 ? one : two).browser().post("/api/auth/register/", { email, password: GOOD_PASSWORD }),
    ),
  );
  expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
  const taken = replies.filter(({ status }) => status === 400).map(({ body }) => body);
  expect(taken).toEqual(
    Array.from({ length: 5 }, () => ({ email: ["A user with this email already exists."] })),
  );
  expect((await one.browser().logIn("Ada@München.example")).status).toBe(200);
  const again = { email: addresses[0], password: "short" };
  expect((await one.browser().post("/api/auth/register/", again)).body).toEqual({
    email: ["A user with this email already exists."],
    password: ["This password is too short. It must contain at least 8 characters."],
  });
});

test("registration can be closed, and the options say so", async () => {
  const { browser } = await start({ env: { USPEECH_REGISTRATION: "closed" } });
  expect(await browser().post("/api/auth/register/", {})).toMatchObject({
    status: 403,
    body: { detail: "Registration is closed. Ask an administrator for an account." },
  });
  expect((await browser().get("/api/auth/options/")).body).toEqual({
    registration: "closed",
    single_sign_on: null,
  });
});

test("name and language can be changed, by a key too; nothing else can", async () => {
  const { admin, browser } = await start();
  const ada = browser();
  const before = await ada.register("ada@example.org");
  const changed = await ada.send("PATCH", "/api/auth/me/", {
    name: "",
    language: "de",
    email: "eve@example.org",
    is_admin: true,
    email_confirmed: true,
    id: 1,
  });
  expect(changed).toMatchObject({ status: 200, body: { ...before, language: "de" } });
  expect((await ada.send("PATCH", "/api/auth/me/", { language: null })).body).toEqual({
    language: ["This field may not be null."],
  });
  expect((await admin.send("PATCH", "/api/auth/me/", { name: "Operator" })).body.name).toBe("Operator");
  expect((await browser().get("/api/auth/me/")).status).toBe(401);
  expect((await ada.send("PUT", "/api/auth/me/", {})).status).toBe(405);
});

test("changing the password ends all other sessions, tells the owner, and needs the old one", async () => {
  const { admin, browser, dataDir } = await start();
  const [desk, phone] = [browser(), browser()];
  await desk.register("ada@example.org");
  await phone.logIn("ada@example.org");
  const change = (current_password: unknown, new_password: unknown) =>
    desk.post("/api/auth/password/", { current_password, new_password });

  expect((await change("wrong", NEW_PASSWORD)).body).toEqual({
    current_password: ["This is not your password."],
  });
  expect((await change(GOOD_PASSWORD, "12345678")).body).toEqual({
    new_password: ["This password is too common.", "This password is entirely numeric."],
  });
  expect((await change("wrong", "12345678")).body).toEqual({
    current_password: ["This is not your password."],
    new_password: ["This password is too common.", "This password is entirely numeric."],
  });
  expect((await change(undefined, null)).body).toEqual({
    current_password: ["This field is required."],
    new_password: ["This field may not be null."],
  });
  expect((await phone.get("/api/auth/me/")).status).toBe(200);

  expect((await change(GOOD_PASSWORD, NEW_PASSWORD)).status).toBe(204);
  expect((await phone.get("/api/auth/me/")).status).toBe(401);
  expect((await desk.get("/api/auth/me/")).status).toBe(200);
  expect((await browser().logIn("ada@example.org")).status).toBe(400);
  expect((await browser().logIn("ada@example.org", NEW_PASSWORD)).status).toBe(200);
  await mailTo(dataDir, "ada@example.org", CHANGED);
  expect((await admin.send("POST", "/api/auth/password/", {})).status).toBe(403);
});

test("of two who change a password at once, one is too late", async () => {
  const { browser } = await start();
  const ada = browser();
  await ada.register("ada@example.org");
  const wanted = [NEW_PASSWORD, "another umbrella stand"];
  const replies = await Promise.all(
    wanted.map((new_password) =>
      ada.post("/api/auth/password/", { current_password: GOOD_PASSWORD, new_password }),
    ),
  );
  expect(replies.map(({ status }) => `${status}`).toSorted()).toEqual(["204", "400"]);
  const winner = wanted[replies.findIndex(({ status }) => status === 204)];
  expect((await browser().logIn("ada@example.org", winner)).status).toBe(200);
});

test("wrong current passwords are throttled as wrong logins are", async () => {
  const { browser } = await start();
  const ada = browser();
  await ada.register("ada@example.org");
  const body = { current_password: "wrong", new_password: NEW_PASSWORD };
  for (let wrong = 0; wrong < LIMITS.accounts.loginsPerAccount.tries; wrong += 1)
    expect((await ada.post("/api/auth/password/", body)).status).toBe(400);
  expect((await ada.post("/api/auth/password/", body)).status).toBe(429);
});

test("a forgotten password is replaced by the one who gets the mail, once, and everybody else is out", async () => {
  const { browser, dataDir } = await start();
  const ada = browser();
  await ada.register("ada@example.org");
  const asked = await browser().post("/api/auth/password-reset/", { email: "ADA@example.org" });
  const sent = { detail: "If there is an account with this address, a mail with a link is on its way." };
  expect(asked).toMatchObject({ status: 202, body: sent });
  const { token, text } = await mailTo(dataDir, "ada@example.org", RESET);
  expect(text).toContain(`${ada.baseUrl}/reset-password#token=${token}`);

  const reset = (password: string) =>
    browser().post("/api/auth/password-reset/confirm/", { token, password });
  // A password that is refused does not use the link up.
  expect((await reset("short")).body).toHaveProperty("password");
  const replies = await Promise.all([reset(NEW_PASSWORD), reset(NEW_PASSWORD), reset(NEW_PASSWORD)]);
  expect(replies.map(({ status }) => `${status}`).toSorted()).toEqual(["204", "400", "400"]);
  expect((await reset(NEW_PASSWORD)).body).toEqual(STALE);
  expect((await ada.get("/api/auth/me/")).status).toBe(401);
  expect((await ada.logIn("ada@example.org")).status).toBe(400);
  expect((await ada.logIn("ada@example.org", NEW_PASSWORD)).body).toMatchObject({ email_confirmed: true });
  await mailTo(dataDir, "ada@example.org", CHANGED);
});

test("nobody learns from a reset whether there is an account, and nobody gets a mail for none", async () => {
  const { browser, dataDir } = await start();
  await browser().register("ada@example.org");
  await mailTo(dataDir, "ada@example.org", CONFIRM);
  const ask = async (email: string) => {
    const { status, body, headers } = await browser().post("/api/auth/password-reset/", { email });
    return { status, body, headers: [...headers.keys()] };
  };
  const known = await ask("ada@example.org");
  expect(await ask("nobody@example.org")).toEqual(known);
  expect(await ask("no address")).toEqual(known);
  await mailTo(dataDir, "ada@example.org", RESET);
  expect(await mailsOf(dataDir)).toHaveLength(2);
});

test("links expire", async () => {
  const clock = new TestClock();
  const { browser, dataDir } = await start({ now: clock.now });
  const ada = browser();
  await ada.register("ada@example.org");
  await ada.post("/api/auth/password-reset/", { email: "ada@example.org" });
  const { token } = await mailTo(dataDir, "ada@example.org", RESET);
  const confirmation = await mailTo(dataDir, "ada@example.org", CONFIRM);
  // One is no good for the other.
  expect((await ada.post("/api/auth/confirm-email/", { token })).body).toEqual(STALE);
  clock.advance(LIMITS.accounts.resetTokenMs);
  const body = { token, password: NEW_PASSWORD };
  expect((await ada.post("/api/auth/password-reset/confirm/", body)).body).toEqual(STALE);
  clock.advance(LIMITS.accounts.confirmationTokenMs);
  expect((await ada.post("/api/auth/confirm-email/", { token: confirmation.token })).body).toEqual(STALE);
});

test("one account gets so many mails, whether there is one or not", async () => {
  const { browser } = await start();
  const { tries } = LIMITS.accounts.mailsPerAccount;
  for (const email of ["admin@localhost", "nobody@example.org"]) {
    const ask = () => browser().post("/api/auth/password-reset/", { email });
    for (let mail = 0; mail < tries; mail += 1) expect((await ask()).status).toBe(202);
    expect((await ask()).status).toBe(429);
  }
});

test("links in mails lead where the operator says, whatever a request claims", async () => {
  const { app, browser, dataDir } = await start({
    env: { USPEECH_PUBLIC_URL: "https://uspeech.example.org/" },
  });
  await browser().register("ada@example.org");
  const reply = await app.server.app.inject({
    method: "POST",
    url: "/api/auth/password-reset/",
    headers: { host: "evil.example", "x-forwarded-host": "evil.example" },
    payload: { email: "ada@example.org" },
  });
  expect(reply.statusCode).toBe(202);
  const { text } = await mailTo(dataDir, "ada@example.org", RESET);
  expect(text).toContain("https://uspeech.example.org/reset-password#token=");
  expect(text).not.toContain("evil.example");
});

test("whoever proves an address gets the account without what an impostor left in it", async () => {
  const { browser, dataDir } = await start();
  const impostor = browser();
  await impostor.register("ada@example.org");
  const { key } = (await impostor.post("/api/api-keys/")).body;
  const owner = browser();
  await owner.post("/api/auth/password-reset/", { email: "ada@example.org" });
  const { token } = await mailTo(dataDir, "ada@example.org", RESET);
  await owner.post("/api/auth/password-reset/confirm/", { token, password: NEW_PASSWORD });
  expect((await impostor.get("/api/auth/me/")).status).toBe(401);
  expect(await new Client(owner.baseUrl, key).get("/api/auth/me/")).toMatchObject({
    status: 403,
    body: { detail: "This API key has been revoked." },
  });
  // A second reset leaves the owner's own keys alone.
  await owner.logIn("ada@example.org", NEW_PASSWORD);
  const own = (await owner.post("/api/api-keys/")).body.key;
  await owner.post("/api/auth/password-reset/", { email: "ada@example.org" });
  const again = await expect
    .poll(async () => (await mailsOf(dataDir)).filter((mail) => mail.subject === RESET).length)
    .toBe(2)
    .then(async () =>
      (await mailsOf(dataDir)).find((mail) => mail.subject === RESET && mail.token !== token),
    );
  await owner.post("/api/auth/password-reset/confirm/", { token: again?.token, password: GOOD_PASSWORD });
  expect((await new Client(owner.baseUrl, own).get("/api/auth/me/")).status).toBe(200);
});

test("the database holds no password and no token out of a mail", async () => {
  const { app, browser, dataDir } = await start();
  await browser().register("ada@example.org");
  await browser().post("/api/auth/password-reset/", { email: "ada@example.org" });
  const { token } = await mailTo(dataDir, "ada@example.org", RESET);
  const rows = [
    await app.db.selectFrom("users").selectAll().execute(),
    await app.db.selectFrom("mail_tokens").selectAll().execute(),
  ];
  expect(rows[1]).toHaveLength(2);
  expect(JSON.stringify(rows)).toContain("$argon2id$v=19$m=19456,t=2,p=1$");
  expect(JSON.stringify(rows)).not.toContain(token);
  expect(JSON.stringify(rows)).not.toContain(GOOD_PASSWORD);
});

test("what happens to accounts is written down, with where from, and without what was typed", async () => {
  const { admin, browser, dataDir } = await start();
  const ada = browser();
  const { id } = await ada.register("ada@example.org");
  await browser().logIn("ada@example.org", "my other password");
  await browser().logIn("my secret password");
  await ada.post("/api/auth/password/", { current_password: GOOD_PASSWORD, new_password: NEW_PASSWORD });
  await ada.send("DELETE", "/api/auth/sessions/", {});
  await ada.post("/api/auth/password-reset/", { email: "ada@example.org" });
  const { token } = await mailTo(dataDir, "ada@example.org", RESET);
  await ada.post("/api/auth/password-reset/confirm/", { token, password: GOOD_PASSWORD });
  await ada.logIn("ada@example.org");
  await ada.post("/api/auth/logout/");

  const { body } = await admin.get("/api/admin/audit/?ordering=id&page_size=100");
  const entries: { action: string; via: string; subject_type: string; subject: number | null }[] =
    body.results;
  const told = entries.map(({ action, via, subject_type: type, subject }) =>
    type === "user" ? `${action} ${via} user ${subject}` : `${action} ${via}`,
  );
  expect(told).toEqual([
    "user.created operator user 1",
    "api_key.created operator",
    `user.registered session user ${id}`,
    "session.begun session",
    `session.refused nobody user ${id}`,
    "session.refused nobody user null",
    `user.password_changed session user ${id}`,
    `session.ended session user ${id}`,
    `user.password_changed nobody user ${id}`,
    "session.begun session",
    "session.ended session",
  ]);
  expect(JSON.stringify(body)).not.toMatch(/my other|battery|umbrella|secret/);
  expect(JSON.stringify(body)).toContain("127.0.0.1");
});

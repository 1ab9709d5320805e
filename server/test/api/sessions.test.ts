import { expect, test } from "vitest";
import { setActive } from "../../src/accounts/users.ts";
import { LIMITS } from "../../src/config/limits.ts";
import { Browser, GOOD_PASSWORD } from "../browser.ts";
import { TestClock } from "../database.ts";
import { startServer } from "../harness.ts";

const ANONYMOUS = { status: 401, body: { detail: "Authentication credentials were not provided." } };
const refused = (detail: string) => ({ status: 403, body: { detail } });
const WRONG = { non_field_errors: ["Unable to log in with provided credentials."] };

async function start(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer({ roles: ["api"], ...options });
  return { ...server, browser: () => new Browser(server.admin.baseUrl) };
}

test("the login that is printed at the first start logs in", async () => {
  const { app, browser } = await start();
  const admin = browser();
  const { status, body } = await admin.logIn("Admin@localhost ", app.welcome?.password ?? "");
  expect(status).toBe(200);
  expect(body).toMatchObject({ email: "admin@localhost", is_admin: true, email_confirmed: true });
  expect(await admin.get("/api/auth/me/")).toMatchObject({ status: 200, body });
  expect((await admin.get("/api/projects/")).body.count).toBe(1);
});

test("the cookies are kept from scripts and other sites, and the database holds no token", async () => {
  const { app, browser } = await start();
  const visitor = browser();
  await visitor.register("ada@example.org");
  const [session = "", csrf = ""] = visitor.setCookies;
  expect(session).toMatch(/^sessionid=[\w-]{43}; Path=\/; Max-Age=2592000; SameSite=Lax; HttpOnly$/);
  expect(csrf).toMatch(/^csrftoken=[0-9a-f]{32}; Path=\/; Max-Age=2592000; SameSite=Lax$/);
  const rows = await app.db.selectFrom("sessions").selectAll().execute();
  expect(rows).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(visitor.cookies.get("sessionid"));
});

test("behind TLS the cookies are for TLS alone", async () => {
  const { browser } = await start({ env: { USPEECH_PUBLIC_URL: "https://uspeech.example.org" } });
  const visitor = browser();
  await visitor.register("ada@example.org");
  expect(visitor.setCookies.map((cookie) => cookie.endsWith("; Secure"))).toEqual([true, true]);
});

test("an unsafe request of a session is answered line by line as Django does", async () => {
  const { admin, browser } = await start();
  const visitor = browser();
  await visitor.register("ada@example.org");
  const token = visitor.cookies.get("csrftoken") ?? "";
  const cookie = visitor.cookieHeader;
  const write = (headers: Record<string, string>) =>
    new Browser(admin.baseUrl).send("POST", "/api/projects/", { title: "x" }, { cookie, ...headers });
  const header = (fault: string) =>
    refused(`CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header ${fault}.`);

  expect(await write({})).toMatchObject(refused("CSRF Failed: CSRF token missing."));
  expect(await write({ "x-csrftoken": "" })).toMatchObject(header("has incorrect length"));
  expect(await write({ "x-csrftoken": token.slice(1) })).toMatchObject(header("has incorrect length"));
  expect(await write({ "x-csrftoken": `${token.slice(1)}-` })).toMatchObject(
    header("has invalid characters"),
  );
  expect(await write({ "x-csrftoken": "a".repeat(32) })).toMatchObject(header("incorrect"));
  expect(await write({ "x-csrftoken": token, origin: "https://evil.example" })).toMatchObject(
    refused("CSRF Failed: Origin checking failed - https://evil.example does not match any trusted origins."),
  );
  expect(await write({ "x-csrftoken": token, origin: "null" })).toMatchObject({ status: 403 });
  expect(await write({ "x-csrftoken": token, origin: new URL(admin.baseUrl).origin })).toMatchObject({
    status: 201,
  });
  expect(await write({ "x-csrftoken": token })).toMatchObject({ status: 201 });
  // Safe ones need none.
  expect(
    (await new Browser(admin.baseUrl).request("GET", "/api/projects/", { headers: { cookie } })).status,
  ).toBe(200);
});

test("a token that came with another session is worth nothing", async () => {
  const { browser } = await start();
  const [mine, other] = [browser(), browser()];
  await mine.register("ada@example.org");
  await other.register("eve@example.org");
  // As where a neighbouring site planted both cookies of its own choice but the session's.
  mine.cookies.set("csrftoken", other.cookies.get("csrftoken") ?? "");
  expect((await mine.send("PATCH", "/api/auth/me/", { name: "x" })).status).toBe(403);
});

test("a key in the header comes before the cookie, and needs no token", async () => {
  const { admin, browser } = await start();
  const visitor = browser();
  await visitor.register("ada@example.org");
  const { cookieHeader: cookie } = visitor;
  const both = await admin.request("GET", "/api/auth/me/", { headers: { cookie } });
  expect(both.body.email).toBe("admin@localhost");
  const json = { cookie, "content-type": "application/json" };
  const body = JSON.stringify({ title: "by key" });
  expect((await admin.request("POST", "/api/projects/", { headers: json, body })).status).toBe(201);
  const bad = { cookie, authorization: "Api-Key wrong" };
  expect(await visitor.request("GET", "/api/projects/", { headers: bad })).toMatchObject(
    refused("Invalid API key."),
  );
});

test("what is no session is as good as none, and challenges as before", async () => {
  const { browser } = await start();
  for (const sessionid of ["", "x", "a".repeat(43), "%00", '"quoted"', "a".repeat(4000)]) {
    const visitor = browser();
    visitor.cookies.set("sessionid", sessionid);
    const reply = await visitor.get("/api/projects/");
    expect(reply).toMatchObject(ANONYMOUS);
    expect(reply.headers.get("www-authenticate")).toBe("Api-Key");
  }
});

test("logging in begins a new session and ends the one that the browser had", async () => {
  const { browser } = await start();
  const visitor = browser();
  await visitor.register("ada@example.org");
  const before = visitor.cookieHeader;
  expect((await visitor.logIn("ada@example.org")).status).toBe(200);
  expect(visitor.cookieHeader).not.toBe(before);
  expect((await visitor.get("/api/auth/me/")).status).toBe(200);
  expect(await visitor.request("GET", "/api/auth/me/", { headers: { cookie: before } })).toMatchObject(
    ANONYMOUS,
  );
});

test("logging out ends the session, and the cookies go", async () => {
  const { admin, browser } = await start();
  const visitor = browser();
  await visitor.register("ada@example.org");
  const before = visitor.cookieHeader;
  expect((await visitor.post("/api/auth/logout/")).status).toBe(204);
  expect(visitor.cookies.size).toBe(0);
  expect(await visitor.request("GET", "/api/auth/me/", { headers: { cookie: before } })).toMatchObject(
    ANONYMOUS,
  );
  expect(await visitor.post("/api/auth/logout/")).toMatchObject(ANONYMOUS);
  expect((await admin.send("POST", "/api/auth/logout/")).status).toBe(403);
});

test("sessions are listed, and ended one by one or all but this one, by their owner alone", async () => {
  const { admin, browser } = await start();
  const [desk, phone, tablet, other] = [browser(), browser(), browser(), browser()];
  await desk.register("ada@example.org");
  await phone.logIn("ada@example.org");
  await tablet.logIn("ada@example.org");
  await other.register("eve@example.org");

  const { body } = await desk.get("/api/auth/sessions/");
  expect(body.count).toBe(3);
  expect(body.results.map((session: { current: boolean }) => session.current)).toEqual([false, false, true]);
  expect(body.results[0]).toEqual({
    id: expect.any(Number),
    current: false,
    address: "127.0.0.1",
    user_agent: "node",
    created_at: expect.stringMatching(/Z$/),
    last_used_at: expect.stringMatching(/Z$/),
    expires_at: expect.stringMatching(/Z$/),
  });
  const [ofTablet] = body.results;
  expect((await other.send("DELETE", `/api/auth/sessions/${ofTablet.id}/`, {})).status).toBe(404);
  expect((await admin.send("DELETE", `/api/auth/sessions/${ofTablet.id}/`)).status).toBe(403);
  expect((await desk.send("DELETE", `/api/auth/sessions/${ofTablet.id}/`, {})).status).toBe(204);
  expect((await desk.send("DELETE", `/api/auth/sessions/${ofTablet.id}/`, {})).status).toBe(404);
  expect(await tablet.get("/api/auth/me/")).toMatchObject(ANONYMOUS);

  expect((await desk.send("DELETE", "/api/auth/sessions/", {})).status).toBe(204);
  expect(await phone.get("/api/auth/me/")).toMatchObject(ANONYMOUS);
  expect((await desk.get("/api/auth/sessions/")).body.count).toBe(1);
  expect((await other.get("/api/auth/me/")).status).toBe(200);
});

test("a session ends when nobody uses it, and after its life however busy it is", async () => {
  const clock = new TestClock();
  const { browser } = await start({ now: clock.now });
  const [idle, busy] = [browser(), browser()];
  await idle.register("ada@example.org");
  await busy.logIn("ada@example.org");
  const day = 24 * 3_600_000;
  for (let days = 0; days < 14; days += 1) {
    clock.advance(day);
    expect((await busy.get("/api/auth/me/")).status).toBe(200);
  }
  expect(await idle.get("/api/auth/me/")).toMatchObject(ANONYMOUS);
  for (let days = 14; days < 29; days += 1) {
    clock.advance(day);
    expect((await busy.get("/api/auth/me/")).status).toBe(200);
  }
  clock.advance(day);
  expect(await busy.get("/api/auth/me/")).toMatchObject(ANONYMOUS);
});

test("a user has so many sessions and no more: the one that was not used for longest ends", async () => {
  const { app, browser } = await start();
  const first = browser();
  const { id } = await first.register("ada@example.org");
  const now = new Date(Date.now() + 60_000).toISOString();
  await app.db
    .insertInto("sessions")
    .values(
      Array.from({ length: LIMITS.sessions.perUserMax }, (_, index) => ({
        user_id: id,
        token_hash: `hash ${index}`,
        address: "127.0.0.1",
        user_agent: "",
        created_at: now,
        last_used_at: now,
        expires_at: now,
      })),
    )
    .execute();
  await browser().logIn("ada@example.org");
  const rows = await app.db.selectFrom("sessions").select("id").where("user_id", "=", id).execute();
  expect(rows).toHaveLength(LIMITS.sessions.perUserMax);
  expect(await first.get("/api/auth/me/")).toMatchObject(ANONYMOUS);
});

test("a deactivated user is refused at once, and logs in again once they are active", async () => {
  const { app, browser } = await start();
  const visitor = browser();
  await visitor.register("ada@example.org");
  await setActive(app.db, "ada@example.org", false);
  const inactive = refused("User inactive or deleted.");
  expect(await visitor.get("/api/auth/me/")).toMatchObject(inactive);
  expect(await visitor.logIn("ada@example.org")).toMatchObject(inactive);
  // Only who knows the password learns that there is such an account.
  expect(await visitor.logIn("ada@example.org", "wrong")).toMatchObject({ status: 400, body: WRONG });
  await setActive(app.db, "ada@example.org", true);
  expect(await visitor.get("/api/auth/me/")).toMatchObject(ANONYMOUS);
  expect((await visitor.logIn("ada@example.org")).status).toBe(200);
});

test("the answer to a wrong login is the same whether there is such an account, with a password or none", async () => {
  const { browser, user } = await start();
  await browser().register("ada@example.org");
  await user("keys-only@example.org");
  for (const email of ["ada@example.org", "nobody@example.org", "keys-only@example.org", "no address"])
    expect(await browser().logIn(email, "wrong horse battery")).toMatchObject({ status: 400, body: WRONG });
});

test("a login is refused as DRF refuses bad fields, and is never trimmed", async () => {
  const { browser } = await start();
  const visitor = browser();
  await visitor.register("ada@example.org", " spaces around ");
  const tell = async (body: unknown) => (await visitor.post("/api/auth/login/", body)).body;
  expect(await tell({})).toEqual({
    email: ["This field is required."],
    password: ["This field is required."],
  });
  expect(await tell({ email: null, password: null })).toEqual({
    email: ["This field may not be null."],
    password: ["This field may not be null."],
  });
  expect(await tell({ email: [], password: {} })).toEqual({
    email: ["Not a valid string."],
    password: ["Not a valid string."],
  });
  expect(await tell({ email: "a\0@b.c", password: "\ud800" })).toEqual({
    email: ["Null characters are not allowed."],
    password: ["Surrogate characters are not allowed: U+D800."],
  });
  expect(await tell({ email: "a".repeat(255), password: "a".repeat(129) })).toEqual({
    email: ["Ensure this field has no more than 254 characters."],
    password: ["Ensure this field has no more than 128 characters."],
  });
  expect(await tell({ email: "ada@example.org", password: "spaces around" })).toEqual(WRONG);
  expect((await visitor.logIn("ada@example.org", " spaces around ")).status).toBe(200);
});

test("logging in from another site's page is refused, also as another user", async () => {
  const { browser } = await start();
  await browser().register("eve@example.org");
  const login = { email: "eve@example.org", password: GOOD_PASSWORD };
  const victim = browser();
  const reply = await victim.send("POST", "/api/auth/login/", login, { origin: "https://evil.example" });
  expect(reply.status).toBe(403);
  expect(victim.cookies.size).toBe(0);
  // What a form of another site can send without asking is not JSON.
  const form = { "content-type": "text/plain" };
  const sent = await victim.request("POST", "/api/auth/login/", {
    body: JSON.stringify(login),
    headers: form,
  });
  expect(sent.status).toBe(415);
});

test("old or bad credentials keep nobody from logging in", async () => {
  const { browser } = await start();
  const visitor = browser();
  await visitor.register("ada@example.org");
  visitor.cookies.delete("csrftoken");
  expect((await visitor.logIn("ada@example.org")).status).toBe(200);
});

test("wrong passwords for one account are throttled across servers, whether there is one or not", async () => {
  const clock = new TestClock();
  const one = await start({ now: clock.now });
  const two = await start({ now: clock.now, dataDir: one.dataDir });
  await one.browser().register("ada@example.org");
  const { tries, periodMs } = LIMITS.accounts.loginsPerAccount;
  for (const email of ["ada@example.org", "nobody@example.org"]) {
    const attempts = Array.from({ length: tries + 4 }, (_, index) =>
      (index % 2 === 0 ? one : two).browser().logIn(index % 3 ? email : email.toUpperCase(), "wrong"),
    );
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 400)).toHaveLength(tries);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4);
  }
  const throttled = await two.browser().logIn("ada@example.org");
  expect(throttled).toMatchObject({
    status: 429,
    body: { detail: "Request was throttled. Expected available in 900 seconds." },
  });
  expect(throttled.headers.get("retry-after")).toBe("900");
  clock.advance(periodMs - 1000);
  expect((await one.browser().logIn("ada@example.org")).body.detail).toBe(
    "Request was throttled. Expected available in 1 second.",
  );
  clock.advance(1000);
  expect((await one.browser().logIn("ada@example.org")).status).toBe(200);
});

test("a right password forgives the wrong ones before it", async () => {
  const { browser } = await start();
  const visitor = browser();
  await visitor.register("ada@example.org");
  for (let round = 0; round < 3; round += 1) {
    for (let wrong = 0; wrong < 6; wrong += 1)
      expect((await visitor.logIn("ada@example.org", "wrong")).status).toBe(400);
    expect((await visitor.logIn("ada@example.org")).status).toBe(200);
  }
});

test("one address gets so many logins, whoever it tries", async () => {
  const { app, browser } = await start();
  const { tries } = LIMITS.accounts.loginsPerAddress;
  expect(tries).toBe(100);
  const statuses = await Promise.all(
    Array.from({ length: tries + 1 }, () => browser().post("/api/auth/login/", {})),
  );
  expect(statuses.filter(({ status }) => status === 429)).toHaveLength(1);
  const elsewhere = await app.server.app.inject({
    method: "POST",
    url: "/api/auth/login/",
    remoteAddress: "198.51.100.7",
    payload: {},
  });
  expect(elsewhere.statusCode).toBe(400);
});

import { expect, test } from "vitest";
import { LIMITS } from "../../src/config/limits.ts";
import { Browser, GOOD_PASSWORD } from "../browser.ts";
import { TestClock } from "../database.ts";
import { Client, dataFolder, startProcess, startServer } from "../harness.ts";

async function start(options: Parameters<typeof startServer>[0] = {}) {
  const server = await startServer({ roles: ["api"], ...options });
  const browser = async (email: string) => {
    const visitor = new Browser(server.admin.baseUrl);
    await visitor.register(email);
    return visitor;
  };
  return { ...server, browser };
}

test("a key is made, named, shown once, listed without its secret, used, and revoked", async () => {
  const { admin, app, browser } = await start();
  const ada = await browser("ada@example.org");
  const made = await ada.post("/api/api-keys/");
  expect(made.status).toBe(201);
  const { key, ...shown } = made.body;
  const [prefix = "", secret = ""] = key.split(".");
  expect(shown).toEqual({
    id: expect.any(Number),
    name: `Key ${prefix}`,
    prefix,
    created_at: expect.stringMatching(/Z$/),
    last_used_at: null,
    expires_at: null,
    revoked_at: null,
  });
  const client = new Client(admin.baseUrl, key);
  expect((await client.get("/api/auth/me/")).body.email).toBe("ada@example.org");
  const { body } = await ada.get("/api/api-keys/");
  expect(body).toMatchObject({
    count: 1,
    results: [{ ...shown, last_used_at: expect.stringMatching(/Z$/) }],
  });
  expect(JSON.stringify(body)).not.toContain(secret);
  const rows = await app.db.selectFrom("api_keys").selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(secret);

  expect((await ada.send("DELETE", `/api/api-keys/${shown.id}/`, {})).status).toBe(204);
  expect(await client.get("/api/auth/me/")).toMatchObject({
    status: 403,
    body: { detail: "This API key has been revoked." },
  });
  const [revoked] = (await ada.get("/api/api-keys/")).body.results;
  expect(revoked.revoked_at).toMatch(/Z$/);
  // Again changes nothing.
  expect((await ada.send("DELETE", `/api/api-keys/${shown.id}/`, {})).status).toBe(204);
  expect((await ada.get("/api/api-keys/")).body.results).toEqual([revoked]);
});

test("a key that asks for keys is refused; so is nobody", async () => {
  const { admin } = await start();
  const detail = "An API key cannot do this. Log in and use the session.";
  for (const [method, path] of [
    ["GET", "/api/api-keys/"],
    ["POST", "/api/api-keys/"],
    ["DELETE", "/api/api-keys/1/"],
    ["OPTIONS", "/api/api-keys/"],
  ] as const) {
    expect(await admin.request(method, path)).toMatchObject({ status: 403, body: { detail } });
    expect((await new Browser(admin.baseUrl).request(method, path)).status).toBe(401);
  }
});

test("other people's keys do not exist", async () => {
  const { browser } = await start();
  const [ada, eve] = [await browser("ada@example.org"), await browser("eve@example.org")];
  const { id, key } = (await ada.post("/api/api-keys/")).body;
  for (const unknown of [id, 999_999, 0, -1, "x", "9".repeat(30)])
    expect((await eve.send("DELETE", `/api/api-keys/${unknown}/`, {})).status).toBe(404);
  expect((await eve.get("/api/api-keys/")).body.count).toBe(0);
  expect((await new Client(ada.baseUrl, key).get("/api/auth/me/")).status).toBe(200);
});

test("every field of a new key is checked", async () => {
  const clock = new TestClock();
  const { browser } = await start({ now: clock.now });
  const ada = await browser("ada@example.org");
  const make = async (body: unknown) => (await ada.post("/api/api-keys/", body)).body;
  expect(await make({ name: null, expires_at: "tomorrow" })).toEqual({
    name: ["This field may not be null."],
    expires_at: [
      "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].",
    ],
  });
  expect(await make({ name: "n".repeat(256) })).toEqual({
    name: ["Ensure this field has no more than 255 characters."],
  });
  expect(await make({ name: "a\0b" })).toEqual({ name: ["Null characters are not allowed."] });
  const past = { expires_at: ["This time has passed: choose one in the future."] };
  expect(await make({ expires_at: "2026-05-17T14:02:11Z" })).toEqual(past);
  expect(await make({ expires_at: "0001-01-01" })).toEqual(past);
  expect(
    await make({ name: " for the lab ", expires_at: null, prefix: "mine", key: "mine.mine" }),
  ).toMatchObject({
    name: "for the lab",
    expires_at: null,
    prefix: expect.not.stringContaining("mine"),
  });
  expect((await make({ name: "" })).name).toMatch(/^Key /);
});

test("a key expires when it says", async () => {
  const clock = new TestClock();
  const { browser } = await start({ now: clock.now });
  const ada = await browser("ada@example.org");
  const { body } = await ada.post("/api/api-keys/", { expires_at: "2026-05-17T16:03:11+02:00" });
  expect(body.expires_at).toBe("2026-05-17T14:03:11Z");
  const client = new Client(ada.baseUrl, body.key);
  clock.advance(59_999);
  expect((await client.get("/api/auth/me/")).status).toBe(200);
  clock.advance(1);
  expect((await client.get("/api/auth/me/")).body.detail).toBe("This API key has expired.");
});

test("a user has so many keys and no more, also where they are made at once; revoked ones do not count", async () => {
  const { browser } = await start();
  const ada = await browser("ada@example.org");
  const { perUserMax } = LIMITS.apiKeys;
  const replies = await Promise.all(Array.from({ length: perUserMax + 3 }, () => ada.post("/api/api-keys/")));
  const statuses = replies.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(perUserMax);
  expect(replies.find(({ status }) => status === 400)?.body.detail).toBe(
    `You have ${perUserMax} API keys, which is the most. Revoke one first.`,
  );
  const page = (await ada.get("/api/api-keys/?page_size=100")).body;
  expect(page.results.map(({ id }: { id: number }) => id)).toEqual(
    page.results.map(({ id }: { id: number }) => id).toSorted((a: number, b: number) => b - a),
  );
  await ada.send("DELETE", `/api/api-keys/${page.results[7].id}/`, {});
  expect((await ada.post("/api/api-keys/")).status).toBe(201);
});

test("keys and sessions that end are refused at once by every process", async () => {
  const dataDir = await dataFolder();
  const variables = { USPEECH_ADMIN_PASSWORD: GOOD_PASSWORD };
  const one = await startProcess(dataDir, variables);
  const two = await startProcess(dataDir, variables);
  const browser = new Browser(one.client.baseUrl);
  expect((await browser.logIn("admin@localhost")).status).toBe(200);
  const elsewhere = new Browser(two.client.baseUrl);
  for (const [name, value] of browser.cookies) elsewhere.cookies.set(name, value);

  const { id, key } = (await browser.post("/api/api-keys/")).body;
  const clients = [one, two].map(({ client }) => new Client(client.baseUrl, key));
  for (const client of clients) expect((await client.get("/api/auth/me/")).status).toBe(200);
  expect((await elsewhere.send("DELETE", `/api/api-keys/${id}/`, {})).status).toBe(204);
  for (const client of clients)
    expect((await client.get("/api/auth/me/")).body.detail).toBe("This API key has been revoked.");

  expect((await elsewhere.post("/api/auth/logout/")).status).toBe(204);
  expect((await browser.get("/api/auth/me/")).status).toBe(401);
}, 60_000);

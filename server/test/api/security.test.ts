import { expect, test } from "vitest";
import { createLog } from "../../src/observe/log.ts";
import { spoken, tone } from "../audio.ts";
import { Browser, mailTo } from "../browser.ts";
import { Client, type Reply, startServer } from "../harness.ts";
import { receiver } from "../receiver.ts";

function header(reply: Reply, name: string): string | null {
  return reply.headers.get(name);
}

test("every answer tells browsers to load, run and frame nothing", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const paths = [
    "/api/files/",
    "/api/nothing/",
    "/healthz",
    "/api/downloads/x.y/",
    `/api/downloads/${"x".repeat(999)}/`,
  ];
  for (const path of paths) {
    const answer = await admin.get(path);
    expect(header(answer, "content-security-policy")).toContain("default-src 'none'");
    expect(header(answer, "x-content-type-options")).toBe("nosniff");
    expect(header(answer, "x-frame-options")).toBe("DENY");
    expect(header(answer, "cache-control")).toBe("no-store");
    expect(header(answer, "strict-transport-security")).toBeNull();
  }
});

test("what was uploaded can be played elsewhere, and does not run here", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  await admin.upload(await tone());
  const { url } = (await admin.get("/api/files/1/media/")).body;
  const answer = await admin.get(url);
  expect(header(answer, "content-security-policy")).toMatch(/sandbox$/);
  expect(header(answer, "cross-origin-resource-policy")).toBe("cross-origin");
});

test("browsers that came by TLS are told to keep to it", async () => {
  const byUrl = await startServer({ roles: ["api"], env: { USPEECH_PUBLIC_URL: "https://up.example" } });
  expect(header(await byUrl.admin.get("/healthz"), "strict-transport-security")).toMatch(/^max-age=\d{8}/);
  const byProxy = await startServer({ roles: ["api"], env: { USPEECH_TRUSTED_PROXIES: ["127.0.0.1"] } });
  const through = (proto: string) =>
    byProxy.admin.request("GET", "/healthz", { headers: { "x-forwarded-proto": proto } });
  expect(header(await through("https"), "strict-transport-security")).toMatch(/^max-age=\d{8}/);
  expect(header(await through("http"), "strict-transport-security")).toBeNull();
});

interface Document {
  paths: Record<string, Record<string, unknown>>;
}

test("no route reads a body without end", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const { paths } = (await admin.get("/api/schema/")).body as Document;
  const big = JSON.stringify({ title: "x".repeat(2_000_000) });
  const answers = Object.entries(paths).flatMap(([path, item]) =>
    ["post", "put", "patch", "delete"]
      .filter((method) => method in item)
      .map(async (method): Promise<[string, number]> => {
        const headers = { "content-type": "application/json" };
        const url = path.replaceAll(/\{\w+\}/gu, "1");
        const { status } = await admin.request(method.toUpperCase(), url, { body: big, headers });
        return [`${method} ${path}`, status];
      }),
  );
  // 413 where a body is read; who reads none, or looks for the object first, has said so.
  const statuses = await Promise.all(answers);
  expect(statuses.filter(([, status]) => status >= 500 || status === 0)).toEqual([]);
  expect(Object.fromEntries(statuses)).toMatchObject({
    "post /api/projects/": 413,
    "patch /api/projects/{id}/": 413,
    "post /api/webhooks/": 413,
    "post /api/auth/login/": 413,
    "post /api/files/": 415,
  });
});

test("no key, password, cookie, token, link or spoken word comes into the log", async () => {
  const lines: string[] = [];
  const log = createLog("debug", { write: (line: string) => void lines.push(line) });
  const { admin, app, dataDir } = await startServer({
    log,
    env: { USPEECH_WEBHOOKS_ALLOW_PRIVATE: true },
  });
  const secrets = [admin.key, admin.key.split(".")[1] ?? ""];

  // Somebody registers, mistypes, forgets, resets, and makes and loses a key.
  const browser = new Browser(admin.baseUrl);
  await browser.register("ada@example.org", "a-planted-password-1");
  await browser.logIn("ada@example.org", "a-planted-mistyped-2");
  await browser.post("/api/auth/password-reset/", { email: "ada@example.org" });
  const { token } = await mailTo(dataDir, "ada@example.org", "Choose a new password");
  await browser.post("/api/auth/password-reset/confirm/", { token, password: "a-planted-password-3" });
  await browser.logIn("ada@example.org", "a-planted-password-3");
  const made = (await browser.post("/api/api-keys/")).body;
  await browser.request("DELETE", `/api/api-keys/${made.id}/`);
  await new Client(admin.baseUrl, made.key).get("/api/files/");
  await new Client(admin.baseUrl, "planted0.wrong-key-of-somebody").get("/api/files/");
  secrets.push("a-planted-password", "a-planted-mistyped", token, made.key, "wrong-key-of-somebody");
  secrets.push(...browser.cookies.values());

  // Somebody speaks, and the links to it go around.
  await admin.upload(await spoken("The committee met on Monday to discuss the new library."));
  await admin.settled(1);
  const { body: transcript } = await admin.get("/api/transcripts/1/");
  expect(transcript.text).toMatch(/committee/i);
  for (const path of ["/api/transcripts/1/download/?type=txt", "/api/files/1/media/"]) {
    const { url } = (await admin.get(path)).body;
    expect((await admin.get(url)).status).toBe(200);
    await admin.get(url.replace(/.\/$/, "/"));
    secrets.push(url.split("/").at(-2));
  }
  await admin.get("/api/transcripts/?search=committee");
  secrets.push("committee", "library");

  // A webhook fails, and so does the database.
  const { url, received } = await receiver((_request, response) => response.writeHead(500).end());
  const hook = (await admin.send("POST", "/api/webhooks/", { url: `${url}?token=planted-in-a-url` })).body;
  await admin.upload(await tone());
  await expect.poll(() => received.length).toBe(1);
  secrets.push(hook.secret, hook.secret.slice(6), "planted-in-a-url");
  await app.db.schema.dropTable("webhook_deliveries").execute();
  const failed = await admin.request("GET", "/api/webhooks/1/deliveries/?search=planted-in-a-query", {
    headers: { cookie: "sessionid=planted-in-a-cookie", authorization: `Api-Key ${admin.key}` },
  });
  expect(failed).toMatchObject({ status: 500, body: { detail: "A server error occurred." } });
  secrets.push("planted-in");

  const text = lines.join("");
  expect(lines.length).toBeGreaterThan(20);
  expect(text).toContain("webhook_deliveries");
  expect(text).toContain("/api/downloads/[token]/");
  expect(secrets.filter((secret) => secret.length < 6)).toEqual([]);
  expect(secrets.filter((secret) => text.toLowerCase().includes(secret.toLowerCase()))).toEqual([]);
}, 60_000);

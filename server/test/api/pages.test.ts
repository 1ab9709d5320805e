import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { Browser, GOOD_PASSWORD, mailsOf, mailTo } from "../browser.ts";
import { startServer } from "../harness.ts";
import { ROOT } from "../sources.ts";

async function start() {
  const server = await startServer({ roles: ["api"] });
  return { ...server, browser: new Browser(server.admin.baseUrl) };
}

/** Opens an address as somebody who clicks on it: what stands behind the `#` is not sent. */
async function open(address: string): Promise<{ title: string; policy: string }> {
  const response = await fetch(address);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  const html = await response.text();
  for (const [, target = ""] of html.matchAll(/(?:src|<link[^>]* href)="([^"]+)"/g))
    expect((await fetch(new URL(target, address))).status).toBe(200);
  return {
    title: /<title>(.*)<\/title>/.exec(html)?.[1] ?? "",
    policy: response.headers.get("content-security-policy") ?? "",
  };
}

function linkIn(text: string): string {
  return /http\S+/.exec(text)?.[0] ?? "";
}

test("every link in a mail leads to a page that does what the mail says", async () => {
  const { admin, browser, dataDir } = await start();
  await browser.register("ada@example.org");
  const confirm = await mailTo(dataDir, "ada@example.org", "Confirm your e-mail address");
  expect(await open(linkIn(confirm.text))).toMatchObject({ title: "Confirm your e-mail address" });

  await browser.post("/api/auth/password-reset/", { email: "ada@example.org" });
  const forgotten = await mailTo(dataDir, "ada@example.org", "Choose a new password");
  expect(await open(linkIn(forgotten.text))).toMatchObject({ title: "Choose a new password" });
  const change = { token: forgotten.token, password: `${GOOD_PASSWORD} staple` };
  expect((await browser.post("/api/auth/password-reset/confirm/", change)).status).toBe(204);
  const changed = await mailTo(dataDir, "ada@example.org", "Your password was changed");
  expect(await open(linkIn(changed.text))).toMatchObject({ title: "Choose a new password" });

  await admin.send("POST", "/api/teams/", { name: "Field work" });
  await admin.send("POST", "/api/teams/1/invitations/", { email: "bob@example.org" });
  const [invited] = await vi.waitFor(async () => {
    const mails = await mailsOf(dataDir);
    expect(mails.map(({ to }) => to)).toContain("bob@example.org");
    return mails.filter(({ to }) => to === "bob@example.org");
  }, 10_000);
  expect(await open(linkIn(invited?.text ?? ""))).toMatchObject({ title: "Join a team" });
});

test("a page runs its own server's script alone, and stands in nobody's frame", async () => {
  const { admin } = await start();
  const { title, policy } = await open(`${admin.baseUrl}/`);
  expect(title).toBe("Uspeech");
  expect(policy).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  );
  const head = await fetch(`${admin.baseUrl}/invitation`, { method: "HEAD" });
  expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  const script = await fetch(`${admin.baseUrl}/pages/page.js`);
  expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
});

test("a page whose address was typed with a slash at its end is whole all the same", async () => {
  const { admin } = await start();
  const typed = await fetch(`${admin.baseUrl}/reset-password/`, { redirect: "manual" });
  expect([typed.status, typed.headers.get("location")]).toEqual([308, "../reset-password"]);
  expect((await fetch(`${admin.baseUrl}/reset-password/`)).url).toBe(`${admin.baseUrl}/reset-password`);
});

test("the pages ask the API only for what it has", async () => {
  const { admin } = await start();
  const { paths } = (await admin.get("/api/schema/")).body;
  const source = readFileSync(join(ROOT, "server/src/pages/page.js"), "utf8");
  const asked = [...source.matchAll(/ask\("([A-Z]+)", (.*?)[,)]/g)].flatMap(([, method = "", target = ""]) =>
    [...target.matchAll(/"([a-z-]+\/[a-z/-]*)"/g)].map(([, path]) => [`/api/${path}`, method.toLowerCase()]),
  );
  expect(asked.length).toBeGreaterThan(8);
  for (const [path = "", method = ""] of asked) expect(paths[path]).toHaveProperty(method);
});

/** Where the links of a page lead within itself. */
function anchorsIn(html: string): string[] {
  return [...html.matchAll(/href="#([^"]+)"/g)].map(([, anchor = ""]) => anchor);
}

test("the API's reference has every operation of the document, and leads nowhere that is not there", async () => {
  const { admin } = await start();
  const { paths } = (await admin.get("/api/schema/")).body;
  const page: string = (await admin.get("/api/docs/")).body;
  const operations = Object.entries<object>(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((key) => key !== "parameters")
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(operations.length).toBeGreaterThan(70);
  const headings = [...page.matchAll(/<h3>(.*?)<\/h3>/gs)].map(([, heading = ""]) =>
    heading
      .replaceAll(/<[^>]*>/g, "")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
  const shown = new Set(headings.map((heading) => heading.replace(/ public$/, "")));
  expect(operations.filter((operation) => !shown.has(operation))).toEqual([]);
  const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id = ""]) => id);
  // What a type is called that the page has no words for.
  expect(page).not.toMatch(/\banything(?: or |<)/);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  expect(anchorsIn(page).filter((anchor) => !ids.includes(anchor))).toEqual([]);
});

test("the API's reference is open to anybody, runs no script and names no other host", async () => {
  const { admin } = await start();
  const address = `${admin.baseUrl}/api/docs/`;
  const { title, policy } = await open(address);
  expect(title).toBe("Uspeech: the API");
  expect(policy).toBe(
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  );
  const page = await (await fetch(address)).text();
  expect(page).not.toMatch(/<script|<style|\son\w+=|\sstyle=|(?:src|href)="(?:[a-z]+:|\/\/)/i);
  const head = await fetch(address, { method: "HEAD" });
  expect([head.status, head.headers.get("content-type"), await head.text()]).toEqual([
    200,
    "text/html; charset=utf-8",
    "",
  ]);
  expect((await fetch(address, { method: "POST" })).status).toBe(405);
});

test("the start page leads to the API's reference", async () => {
  const { admin } = await start();
  const home: string = (await admin.get("/")).body;
  const [, target = ""] = /href="(api\/docs\/)"/.exec(home) ?? [];
  expect(await open(new URL(target, `${admin.baseUrl}/`).href)).toMatchObject({ title: "Uspeech: the API" });
});

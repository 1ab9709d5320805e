import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../database.ts";
import { type Client, startServer } from "../harness.ts";
import { CONFORMANCE_FILE, jsonLines } from "../shared.ts";

/** A request with what a real Django REST framework server answered. */
interface Row {
  name: string;
  method: string;
  path: string;
  auth: string | null;
  content_type: string | null;
  body: string | null;
  headers: Record<string, string>;
  expect: { status: number; body: unknown; www_authenticate: string | null; allow: string | null };
}

/** One more method stands on files here than there: api.md, section 6, has `PATCH`. */
const FILE_ALLOW = "GET, PATCH, DELETE, HEAD, OPTIONS";

describe.runIf(CONFORMANCE_FILE)("what a real DRF server answered", () => {
  test("every recorded request gets the recorded answer", async () => {
    const { admin, user } = await startServer({ roles: ["api"] });
    await admin.send("PATCH", "/api/projects/1/", { title: "mine" });
    await (await user("other@example.org")).send("POST", "/api/projects/", { title: "theirs" });
    await admin.send("POST", "/api/projects/", { title: "to delete" });
    const differences: unknown[] = [];
    for (const row of jsonLines<Row>(CONFORMANCE_FILE ?? "")) {
      // The recording is a sample: what its missing rows made is made here.
      if (row.name === "page_size 2") await makeProjects(admin, 7);
      if (row.name === "page_size bad is ignored") await uploadTone(admin);
      const actual = await ask(admin, row);
      const wanted = expected(row);
      try {
        expect(actual).toMatchObject(wanted);
      } catch {
        differences.push({ name: row.name, wanted, actual });
      }
    }
    expect(differences).toEqual([]);
  });
});

async function makeProjects(client: Client, count: number): Promise<void> {
  for (let made = (await client.get("/api/projects/")).body.count; made < count; made++)
    await client.send("POST", "/api/projects/", { title: "one more" });
}

async function uploadTone(client: Client): Promise<void> {
  const path = join(await temporaryFolder(), "tone.wav");
  execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "sine=duration=1", path]);
  expect((await client.upload(path)).status).toBe(201);
}

async function ask(client: Client, row: Row) {
  const headers: Record<string, string> = {};
  if (row.auth) headers["authorization"] = row.auth.replace("abc.secret", client.key);
  if (row.content_type) headers["content-type"] = row.content_type;
  if (row.headers["HTTP_ACCEPT"]) headers["accept"] = row.headers["HTTP_ACCEPT"];
  const response = await fetch(new URL(row.path, client.baseUrl), {
    method: row.method,
    headers,
    body: row.body === null ? null : Buffer.from(row.body, "latin1"),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: normalise(text === "" ? null : JSON.parse(text), response.ok),
    www_authenticate: response.headers.get("www-authenticate"),
    allow: response.headers.get("allow"),
  };
}

function expected(row: Row) {
  const { status, body, www_authenticate, allow } = row.expect;
  const isFile = /^\/api\/files\/\d+\/$/.test(row.path);
  return {
    status,
    body: normalise(body, status < 300),
    www_authenticate,
    allow: isFile && allow !== null ? FILE_ALLOW : allow,
  };
}

/** Ids, counts and rows differ with the data; hosts with the machine; the JSON parser's words with the language. */
function normalise(body: unknown, isSuccess: boolean): unknown {
  if (typeof body !== "object" || body === null) return body;
  const entries = Object.entries(body).flatMap(([name, value]): [string, unknown][] => {
    if (isSuccess && ["id", "results", "count"].includes(name)) return [];
    if (name === "next" || name === "previous") return [[name, value && new URL(value).search]];
    if (name === "detail") return [[name, String(value).replace(/^(JSON parse error - ).*/, "$1…")]];
    return [[name, value]];
  });
  return Object.fromEntries(entries);
}

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { setActive } from "../../src/accounts/users.ts";
import { createApiKey, revokeApiKey } from "../../src/api-keys/api-keys.ts";
import type { Database } from "../../src/database/open.ts";
import { setPlan } from "../../src/usage/plans.ts";
import { tone } from "../audio.ts";
import { temporaryFolder } from "../database.ts";
import { startServer, type TestServer } from "../harness.ts";
import { ROOT } from "../sources.ts";

interface Scene {
  command: string;
  status: number;
  /** Null for none. */
  body: unknown;
  headers: [name: string, value: string][];
}

/** The commands of `docs/errors.md` with what it says that they are answered with. */
function scenes(): Scene[] {
  const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
  const section = page.split("## Acted out\n")[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/(?:^ {4}.*\n)+/gm)].map(([block]) => parseScene(block));
}

function parseScene(block: string): Scene {
  const [, command = "", status = "", body = "", headers = ""] =
    /^(.*?)\n(\d{3})(?: (\{.*\}))?\n(.*)$/s.exec(block.replaceAll(/^ {4}/gm, "")) ?? [];
  return {
    command,
    status: Number(status),
    body: body === "" ? null : JSON.parse(body),
    headers: headers
      .split("\n")
      .filter(Boolean)
      .map((line) => [line.split(": ")[0] ?? "", line.split(": ")[1] ?? ""]),
  };
}

/**
 * What came, in the words of what was expected where `…` stands for it: as a value, within a text, and as a name for whatever
 * other fields there are.
 */
function inWordsOf(expected: unknown, came: unknown): unknown {
  if (expected === "…" && came !== null && came !== undefined) return expected;
  if (typeof expected === "string" && typeof came === "string")
    return anything(expected).test(came) ? expected : came;
  if (Array.isArray(expected) && Array.isArray(came))
    return came.map((value, index) => inWordsOf(expected[index], value));
  if (!isObject(expected) || !isObject(came)) return came;
  const isOpen = "…" in expected;
  const fields = Object.entries(came)
    .filter(([name]) => !isOpen || name in expected)
    .map(([name, value]) => [name, inWordsOf(expected[name], value)]);
  return { ...Object.fromEntries(fields), ...(isOpen && { "…": "…" }) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function anything(text: string): RegExp {
  const parts = text.split("…").map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(".+")}$`, "u");
}

/** Runs a command in a shell. @returns the last answer */
async function run(command: string, options: { cwd: string; env: NodeJS.ProcessEnv }) {
  const shown = command.replaceAll(/\bcurl /g, "curl --silent --include --header 'Expect:' ");
  const { stdout } = await promisify(execFile)("bash", ["-c", shown], options);
  const [head = "", ...rest] = stdout.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  const [line = "", ...lines] = head.split("\r\n");
  const headers = new Map(
    lines.map((one) => [one.split(": ")[0]?.toLowerCase() ?? "", one.split(": ")[1] ?? ""]),
  );
  return {
    status: Number(line.split(" ")[1]),
    body: body === "" ? null : (JSON.parse(body) as unknown),
    headers,
  };
}

/** The people and keys of which the page speaks. */
async function cast({ app, admin, user }: TestServer): Promise<Record<string, string>> {
  const { db } = app;
  const make = async (name: string) => {
    const { key } = await user(`${name}@example.org`);
    const [prefix = ""] = key.split(".");
    const row = db.selectFrom("api_keys").select("user_id").where("prefix", "=", prefix);
    return { key, prefix, id: (await row.executeTakeFirstOrThrow()).user_id };
  };
  const [revoked, inactive, trial, usedUp, ended] = [
    await make("revoked"),
    await make("inactive"),
    await make("trial"),
    await make("used-up"),
    await make("ended"),
  ];
  await revokeApiKey(db, revoked.prefix, new Date());
  await setActive(db, "inactive@example.org", false);
  for (const person of ["trial", "used-up", "ended"])
    await admin.send("POST", "/api/projects/1/shares/", {
      email: `${person}@example.org`,
      permission: "edit",
    });
  await subscribe(db, ADMIN, { plan: "unlimited", endsAt: null });
  await subscribe(db, usedUp.id, { plan: "basic", endsAt: null });
  await subscribe(db, ended.id, { plan: "basic", endsAt: new Date(Date.now() - 1000) });
  const expired = await createApiKey(
    db,
    { userId: trial.id, expiresAt: new Date(Date.now() - 1) },
    new Date(),
  );
  return {
    USPEECH_API_KEY: admin.key,
    REVOKED_KEY: revoked.key,
    EXPIRED_KEY: expired.key,
    INACTIVE_KEY: inactive.key,
    TRIAL_KEY: trial.key,
    USED_UP_KEY: usedUp.key,
    ENDED_KEY: ended.key,
  };
}

async function subscribe(
  db: Database,
  userId: number,
  subscription: { plan: string; endsAt: Date | null },
): Promise<void> {
  await db.transaction().execute((tx) => setPlan(tx, userId, subscription, new Date()));
}

/** The first account. */
const ADMIN = 1;
const SUBTITLES = "1\n00:00:01,000 --> 00:00:02,000\nWe moved here in the spring.\n";

test("the page about errors can be acted out with curl, line by line", async () => {
  const server = await startServer({
    roles: ["api"],
    env: { USPEECH_TRIAL_MINUTES: 0, USPEECH_PLANS: { basic: 1 } },
  });
  const cwd = await temporaryFolder();
  await copyFile(await tone(61), join(cwd, "interview.wav"));
  await writeFile(join(cwd, "interview.srt"), SUBTITLES);
  const keys = await cast(server);
  const env = { ...process.env, ...keys, USPEECH_URL: server.admin.baseUrl };

  const played = scenes();
  expect(played.length).toBeGreaterThan(35);
  for (const { command, status, body, headers } of played) {
    const answer = await run(command, { cwd, env });
    const told = headers.map(([name]) => [name, answer.headers.get(name.toLowerCase())]);
    expect({
      command,
      status: answer.status,
      body: inWordsOf(body, answer.body),
      headers: inWordsOf(headers, told),
    }).toEqual({ command, status, body, headers });
  }
}, 60_000);

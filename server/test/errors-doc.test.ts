import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { readEnv } from "../src/config/env.ts";
import { createLog } from "../src/observe/log.ts";
import { temporaryFolder } from "./database.ts";
import { startServer } from "./harness.ts";
import { ROOT } from "./sources.ts";

interface Answer {
  /** `HTTP/1.1 200 OK` */
  statusLine: string;
  /** `Allow: GET`, with the name in lower case. */
  headers: string[];
  /** Null for none. */
  body: unknown;
}

/** Commands, and what the page says that the last of them is answered with. */
interface Scene {
  commands: string;
  /** Null where the page says nothing: files are made, or variables are set. */
  expected: Answer | null;
}

const PAGE = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
const FENCED = /^```(\w+)\n(.*?)^```$/gms;

function scenes(): Scene[] {
  const blocks = [...PAGE.matchAll(FENCED)].map(([, language = "", content = ""]) => ({ language, content }));
  return blocks.flatMap(({ language, content }, i) => {
    const next = blocks[i + 1];
    const expected = next?.language === "http" ? parseAnswer(next.content) : null;
    return language === "sh" ? [{ commands: content, expected }] : [];
  });
}

/** Reads what `curl -i` prints. What it was told on the way to the answer ("100 Continue") is left out. */
function parseAnswer(printed: string): Answer {
  const [head = "", ...rest] = printed
    .replaceAll("\r\n", "\n")
    .replace(/^HTTP\/1\.1 100 .*?\n\n/s, "")
    .split("\n\n");
  const [statusLine = "", ...headers] = head.trim().split("\n");
  const body = rest.join("\n\n").trim();
  return {
    statusLine,
    headers: headers.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase())),
    body: body === "" ? null : JSON.parse(body),
  };
}

/** What came, as far as the page speaks of it, and in its words where a `…` of it stands for what came. */
function asExpected(expected: Answer | null, came: Answer | null): Answer | null {
  if (expected === null || came === null) return null;
  const headers = expected.headers.map((line) => came.headers.find((one) => matches(line, one)) ?? "missing");
  return {
    statusLine: came.statusLine,
    headers: headers.map((line, i) => inWordsOf(expected.headers[i], line)).map(String),
    body: inWordsOf(expected.body, came.body),
  };
}

/**
 * `…` stands for any value, for a part of a text, as a name for all fields that are not named, and as the last of a list for
 * all others.
 */
function inWordsOf(expected: unknown, came: unknown): unknown {
  if (expected === "…" && came !== null && came !== undefined) return expected;
  if (typeof expected === "string" && typeof came === "string")
    return matches(expected, came) ? expected : came;
  if (Array.isArray(expected) && Array.isArray(came)) return listInWordsOf(expected, came);
  if (!isObject(expected) || !isObject(came)) return came;
  const isOpen = "…" in expected;
  const fields = Object.entries(came)
    .filter(([name]) => !isOpen || name in expected)
    .map(([name, value]) => [name, inWordsOf(expected[name], value)]);
  return { ...Object.fromEntries(fields), ...(isOpen && { "…": "…" }) };
}

function listInWordsOf(expected: readonly unknown[], came: readonly unknown[]): unknown[] {
  const isOpen = expected.at(-1) === "…";
  const list = isOpen ? came.slice(0, expected.length - 1) : came;
  return [...list.map((value, i) => inWordsOf(expected[i], value)), ...(isOpen ? ["…"] : [])];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function matches(expected: string, came: string): boolean {
  const parts = expected.split("…").map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(".+")}$`, "su").test(came);
}

/** Runs all commands in one shell, as a reader would. @returns what each scene printed */
async function actOut(played: readonly Scene[], cwd: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const script = played.map(({ commands }) => commands).join("printf '\\0'\n");
  // A group of its own, so that what it started ends with the test whatever happens.
  const shell = spawn("bash", ["-c", script], {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    try {
      if (shell.pid !== undefined) process.kill(-shell.pid, "SIGKILL");
    } catch {
      // Everything has ended by itself.
    }
  });
  const [printed] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, "exit")]);
  return printed.split("\0");
}

/** The settings with which the page starts its server. */
function settings(inventorPort: number): Record<string, string> {
  const [, block = ""] = /^```console\n(.*?)^script\/server$/ms.exec(PAGE) ?? [];
  const lines = block.matchAll(/^(\w+)=(.*) \\$/gm);
  const all = [...lines].map(([, name = "", value = ""]) => [
    name,
    value.replace("9000", String(inventorPort)),
  ]);
  return Object.fromEntries(all);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  await once(server.close(), "close");
  if (address === null || typeof address === "string") throw new Error("There is no port.");
  return address.port;
}

test("docs/errors.md can be acted out with curl, line by line", async () => {
  const inventorPort = await freePort();
  const { USPEECH_DATA_DIR: _, ...env } = readEnv(settings(inventorPort));
  expect(env.USPEECH_MODEL).toBe("openai");
  // The page breaks the server on purpose, which would fill the log.
  const { admin, dataDir } = await startServer({ env, log: createLog("silent") });
  const played = scenes();
  const silent = played.filter(
    ({ commands, expected }) => commands.includes("curl -i ") !== (expected !== null),
  );
  expect(silent).toEqual([]);
  expect(PAGE.match(/^```http$/gm)).toHaveLength(played.filter(({ expected }) => expected !== null).length);

  const printed = await actOut(played, await temporaryFolder(), {
    PATH: process.env["PATH"],
    USPEECH_URL: admin.baseUrl,
    USPEECH_API_KEY: admin.key,
    USPEECH_DATA_DIR: dataDir,
    INVENTOR_PORT: String(inventorPort),
  });

  expect(printed).toHaveLength(played.length);
  for (const [i, { commands, expected }] of played.entries()) {
    const came = expected === null ? null : parseAnswer(printed[i] ?? "");
    expect.soft({ commands, answer: asExpected(expected, came) }).toEqual({ commands, answer: expected });
  }
}, 120_000);

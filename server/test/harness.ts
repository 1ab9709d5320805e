import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { type App, createApp, type Role } from "../src/app.ts";
import { createApiKey } from "../src/api-keys/api-keys.ts";
import { createUser } from "../src/accounts/users.ts";
import { configure } from "../src/config/config.ts";
import type { Env } from "../src/config/env.ts";
import { loadSecrets } from "../src/config/secrets.ts";
import { createLog, type Logger } from "../src/observe/log.ts";
import { temporaryFolder } from "./database.ts";
import { testModels } from "./models.ts";

/** The smallest real model: its words are good enough to tell one text from another. */
export const TEST_MODEL = "moonshine-tiny";

/** An answer with its body read. */
export interface Reply {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into bodies of every shape
  body: any;
}

export async function readReply(response: Response): Promise<Reply> {
  const { status, headers } = response;
  const text = await response.text();
  const isJson = headers.get("content-type")?.includes("json") ?? false;
  return { status, headers, body: isJson && text ? JSON.parse(text) : text };
}

/** Speaks to a server as one user. */
export class Client {
  readonly baseUrl: string;
  readonly key: string;

  constructor(baseUrl: string, key: string) {
    this.baseUrl = baseUrl;
    this.key = key;
  }

  async request(method: string, path: string, init: RequestInit = {}): Promise<Reply> {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization")) headers.set("authorization", `Api-Key ${this.key}`);
    const response = await fetch(new URL(path, this.baseUrl), { ...init, method, headers });
    return readReply(response);
  }

  get(path: string): Promise<Reply> {
    return this.request("GET", path);
  }

  send(method: string, path: string, body?: unknown): Promise<Reply> {
    const json =
      body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    return this.request(method, path, json);
  }

  async upload(
    path: string,
    fields: {
      project?: number;
      file_type?: string;
      filename?: string;
      headers?: Record<string, string>;
    } = {},
  ): Promise<Reply> {
    const form = new FormData();
    form.set("project", String(fields.project ?? 1));
    form.set("file_type", fields.file_type ?? "audio");
    form.set("file", new Blob([await readFile(path)]), fields.filename ?? basename(path));
    return this.request("POST", "/api/files/", { body: form, headers: fields.headers ?? {} });
  }

  /** Waits until a file's transcription ended, however it ended. */
  async settled(file: number): Promise<Reply["body"]> {
    for (;;) {
      const { body } = await this.get(`/api/files/${file}/?wait=30`);
      if (body.status !== "transcribing") return body;
    }
  }
}

export interface TestServer {
  app: App;
  dataDir: string;
  /** The first account, who owns project 1. */
  admin: Client;
  /** Makes another account with a key. */
  user: (email: string) => Promise<Client>;
}

export interface ServerOptions {
  env?: Env;
  /** Both unless given. Without `work` no model is loaded. */
  roles?: readonly Role[];
  now?: () => Date;
  log?: Logger;
  dataDir?: string;
}

/** A data folder that has the test models. */
export async function dataFolder(): Promise<string> {
  const dataDir = join(await temporaryFolder(), "data");
  await mkdir(dataDir);
  await symlink(await testModels(), join(dataDir, "models"));
  return dataDir;
}

/** Names of everything below the blob folder of a data folder. */
export async function blobs(dataDir: string): Promise<string[]> {
  const entries = await readdir(join(dataDir, "blobs"), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** The real program on a free port, in this process, with a data folder of its own; closed when the test ends. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? (await dataFolder());
  const env: Env = {
    USPEECH_PORT: 0,
    USPEECH_DATA_DIR: dataDir,
    USPEECH_MODEL: TEST_MODEL,
    USPEECH_WORKERS: 1,
    USPEECH_RATE_LIMIT: { requests: 1_000_000, periodSeconds: 60 },
    ...options.env,
  };
  const app = await createApp({
    config: configure(env),
    secrets: await loadSecrets(env, dataDir),
    log: options.log ?? createLog("error"),
    roles: options.roles ?? ["api", "work"],
    ...(options.now && { now: options.now }),
  });
  onTestFinished(() => app.close());
  const address = await app.listen();
  const user = async (email: string): Promise<Client> => {
    const { id } = await createUser(app.db, { email, passwordHash: null, isAdmin: false }, new Date());
    return new Client(address, (await createApiKey(app.db, { userId: id }, new Date())).key);
  };
  return { app, dataDir, user, admin: new Client(address, app.welcome?.apiKey ?? "") };
}

export interface ServerProcess {
  child: ChildProcess;
  client: Client;
  /** Ends the process as a power cut would. */
  kill(): Promise<void>;
}

const ADMIN_KEY = "testtest.0123456789012345678901234567890123456789";

/** The real program as a process of its own, for tests that kill it. */
export async function startProcess(
  dataDir: string,
  variables: Record<string, string> = {},
  command = "serve",
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../cli/src/main.ts"), command], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      USPEECH_PORT: "0",
      USPEECH_DATA_DIR: dataDir,
      USPEECH_MODEL: TEST_MODEL,
      USPEECH_WORKERS: "1",
      USPEECH_LOG_LEVEL: "error",
      USPEECH_ADMIN_API_KEY: ADMIN_KEY,
      USPEECH_RATE_LIMIT: "1000000/min",
      ...variables,
    },
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  onTestFinished(kill);
  child.stdout.on("data", (line: Buffer) => process.stdout.write(line));
  return { child, kill, client: new Client(await addressOf(child), ADMIN_KEY) };
}

async function addressOf(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  if (!child.stderr) throw new Error("The process was started without its standard error.");
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    const address = /answers at (http\S+)/.exec(line)?.[1];
    if (address) {
      // What it says later must not fill the pipe.
      child.stderr.resume();
      return address;
    }
  }
  throw new Error(`The server did not start:\n${said.join("\n")}`);
}

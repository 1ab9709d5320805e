/** The real program as a process of its own, on a data folder of its own, spoken to over HTTP. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openAsBlob, symlinkSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { testModels } from "../../../server/test/models.ts";
import { endWithUs, removeFolder, temporaryFolder } from "../temporary.ts";

const run = promisify(execFile);

export interface ProgramOptions {
  model: string;
  workers: number;
  /** Processor that the program and its children are kept on, where the machine can do that. */
  core?: number;
}

/** A file of the API, as far as benchmarks look at it. */
export interface ApiFile {
  id: number;
  status: string;
  transcript: number | null;
  task: number;
  duration_seconds: number;
  error_detail: unknown;
}

/** A task of the API, as far as benchmarks look at it. */
export interface ApiTask {
  status: string;
  progress: number;
  eta_seconds: number | null;
}

/** Somebody who uploads. */
export interface Uploader {
  key: string;
  /** A project of theirs. */
  project: number;
}

/** Nobody else's: it opens a server that lives on loopback for the length of a benchmark. */
const API_KEY = "benchkey.0123456789012345678901234567890123456789";

/** Whom the server makes at its first start. */
const FIRST: Uploader = { key: API_KEY, project: 1 };

/** No limit of the service is what is measured here. */
const NO_LIMITS = {
  USPEECH_RATE_LIMIT: "100000000/sec",
  USPEECH_TRIAL_MINUTES: "1000000",
  USPEECH_MAX_AUDIO_SECONDS: "1000000",
};

const MAIN = path.join(import.meta.dirname, "../../../cli/src/main.ts");

export class Program {
  readonly dataDir: string;
  readonly baseUrl: string;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  /** Starts a server that has loaded its model and answers. @throws Error with what it said where it does not start */
  static async start({ model, workers, core }: ProgramOptions): Promise<Program> {
    const folder = temporaryFolder();
    const dataDir = path.join(folder, "data");
    mkdirSync(dataDir);
    symlinkSync(await testModels(), path.join(dataDir, "models"));
    const { command, args } = onCore(core, [MAIN, "serve"]);
    const child = spawn(command, args, {
      stdio: ["ignore", "ignore", "pipe"],
      env: {
        ...process.env,
        ...NO_LIMITS,
        USPEECH_PORT: "0",
        USPEECH_DATA_DIR: dataDir,
        USPEECH_MODEL: model,
        USPEECH_WORKERS: String(workers),
        USPEECH_ADMIN_API_KEY: API_KEY,
      },
    });
    endWithUs(child);
    return new Program(child, await addressOf(child.stderr), folder, dataDir);
  }

  private constructor(child: ChildProcess, baseUrl: string, folder: string, dataDir: string) {
    if (child.pid === undefined) throw new Error("The server has no process.");
    this.#child = child;
    this.#folder = folder;
    this.pid = child.pid;
    this.baseUrl = baseUrl;
    this.dataDir = dataDir;
  }

  get database(): string {
    return path.join(this.dataDir, "uspeech.sqlite");
  }

  get headers(): { authorization: string } {
    return { authorization: `Api-Key ${API_KEY}` };
  }

  /** Makes somebody else, with a project of their own. */
  async newcomer(email: string): Promise<Uploader> {
    await this.#command("users", "create", email);
    const key = (await this.#command("keys", "create", email)).trim();
    const body = JSON.stringify({ title: email });
    const init = { method: "POST", body, headers: { "content-type": "application/json" } };
    const { id: project } = await this.#ask<{ id: number }>("/api/projects/", init, key);
    return { key, project };
  }

  async #command(...args: string[]): Promise<string> {
    const env = { ...process.env, USPEECH_DATA_DIR: this.dataDir };
    return (await run(process.execPath, [MAIN, ...args], { env })).stdout;
  }

  /** Uploads a recording from disk, as it is read. */
  async upload(file: string, { key, project }: Uploader = FIRST): Promise<ApiFile> {
    const body = new FormData();
    body.set("project", String(project));
    body.set("file_type", "audio");
    body.set("file", await openAsBlob(file), path.basename(file));
    return this.#ask("/api/files/", { method: "POST", body }, key);
  }

  /** The first account's, as is what is asked below unless it says otherwise. */
  task(id: number): Promise<ApiTask> {
    return this.#ask(`/api/tasks/${id}/`);
  }

  /** Deletes a file, whatever is being done with it. */
  async remove(id: number): Promise<void> {
    await this.#send(`/api/files/${id}/`, { method: "DELETE" }, API_KEY);
  }

  /** Waits until a file is transcribed. @throws Error where it fails */
  async transcribed(id: number, by = FIRST): Promise<ApiFile> {
    const file = await this.settled(id, by);
    if (file.status === "transcribed") return file;
    throw new Error(`The file is ${file.status}: ${JSON.stringify(file.error_detail)}`);
  }

  /** Waits until a file's transcription has ended, however it did. */
  async settled(id: number, { key } = FIRST): Promise<ApiFile> {
    for (;;) {
      const file = await this.#ask<ApiFile>(`/api/files/${id}/?wait=30`, {}, key);
      if (file.status !== "transcribing") return file;
    }
  }

  async #ask<Body>(where: string, init: RequestInit = {}, key = API_KEY): Promise<Body> {
    return JSON.parse(await this.#send(where, init, key));
  }

  /** @returns the answer's body @throws Error for an answer that is an error */
  async #send(where: string, init: RequestInit, key: string): Promise<string> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Api-Key ${key}`);
    const answer = await fetch(new URL(where, this.baseUrl), { ...init, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${where} was answered with ${answer.status}: ${text}`);
    return text;
  }

  /** Ends the server as an operator does, and removes its data. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGTERM");
      await once(this.#child, "exit");
    }
    removeFolder(this.#folder);
  }
}

async function addressOf(stderr: Readable): Promise<string> {
  const said: string[] = [];
  for await (const line of createInterface({ input: stderr })) {
    said.push(line);
    const address = /answers at (http\S+)/.exec(line)?.[1];
    if (address !== undefined) {
      // What it says later must not fill the pipe.
      stderr.resume();
      return address;
    }
  }
  throw new Error(`The server did not start:\n${said.join("\n")}`);
}

/** Runs a program of this project on one processor; anywhere where none is named, or that cannot be done. */
export function onCore(core: number | undefined, args: string[]): { command: string; args: string[] } {
  if (core === undefined || !canPin()) return { command: process.execPath, args };
  return { command: "taskset", args: ["--cpu-list", String(core), process.execPath, ...args] };
}

/** Whether server and clients can be kept on processors of their own. */
export function canPin(): boolean {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  return availableParallelism() > 1 && folders.some((folder) => existsSync(path.join(folder, "taskset")));
}

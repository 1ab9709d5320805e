/** The real program as a process of its own, on a data folder of its own, spoken to over HTTP. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openAsBlob, symlinkSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { testModels } from "../../../server/test/models.ts";
import { endWithUs, removeFolder, temporaryFolder } from "./temporary.ts";

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
  duration_seconds: number;
  error_detail: unknown;
}

/** Nobody else's: it opens a server that lives on loopback for the length of a benchmark. */
const API_KEY = "benchkey.0123456789012345678901234567890123456789";

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
        USPEECH_LOG_LEVEL: "error",
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

  /** Uploads a recording from disk, as it is read. */
  async upload(file: string): Promise<ApiFile> {
    const body = new FormData();
    body.set("project", "1");
    body.set("file_type", "audio");
    body.set("file", await openAsBlob(file), path.basename(file));
    return this.#ask("/api/files/", { method: "POST", body });
  }

  /** Waits until a file is transcribed. @throws Error where it fails */
  async transcribed(id: number): Promise<ApiFile> {
    const file = await this.settled(id);
    if (file.status === "transcribed") return file;
    throw new Error(`The file is ${file.status}: ${JSON.stringify(file.error_detail)}`);
  }

  /** Waits until a file's transcription has ended, however it did. */
  async settled(id: number): Promise<ApiFile> {
    for (;;) {
      const file = await this.#ask(`/api/files/${id}/?wait=30`);
      if (file.status !== "transcribing") return file;
    }
  }

  async #ask(where: string, init: RequestInit = {}): Promise<ApiFile> {
    const answer = await fetch(new URL(where, this.baseUrl), { ...init, headers: this.headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${where} was answered with ${answer.status}: ${text}`);
    return JSON.parse(text);
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

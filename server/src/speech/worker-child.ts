/**
 * One worker process, seen from the server: started, given one task at a time, watched, killed.
 */
import { fork, type ChildProcess } from "node:child_process";
import { setImmediate as afterReads } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "../observe/log.ts";
import { SpeechEngineError } from "./recogniser.ts";
import type { Answer, Report, Task, WorkerModels } from "./worker-messages.ts";

const PROGRAM = fileURLToPath(new URL("./worker-process.ts", import.meta.url));

const LOADING_LINES_MAX = 10;
const LINE_CHARACTERS_MAX = 500;

/** Why a worker ended. */
export type DeathReason = "crash" | "hang" | "memory" | "close";

/** The worker ended before it answered. */
export class WorkerDied extends Error {
  override name = "WorkerDied";
}

/** The worker answered that the task cannot be done; another one would say the same. */
export class TaskRefused extends Error {
  override name = "TaskRefused";
}

interface Pending {
  id: number;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

export class WorkerChild {
  readonly #process: ChildProcess;
  readonly #log: Logger;
  #lastId = 0;
  #pending: Pending | null = null;
  #reason: DeathReason = "crash";
  #loaded = false;
  /** What native code wrote until then. */
  readonly #loadingLines: string[] = [];
  #gone = false;
  /** Native code caught its own exception since the task began, and gives an empty result for it. */
  #swallowed = false;
  #residentBytesAtStart = 1;
  #residentBytes = 1;
  /** Settles with the reason once the process is gone, however it went. */
  readonly ended: Promise<DeathReason>;

  /**
   * Starts a process and waits until its models are loaded.
   *
   * @throws SpeechEngineError when it ends, or cannot load its models, or is not ready in time
   */
  static async start(
    models: WorkerModels,
    options: { startMs: number; signal: AbortSignal; log: Logger },
  ): Promise<WorkerChild> {
    options.signal.throwIfAborted();
    const child = new WorkerChild(models, options.log);
    const abort = (): void => child.kill("close");
    options.signal.addEventListener("abort", abort, { once: true });
    try {
      await child.#ready(options.startMs);
    } finally {
      options.signal.removeEventListener("abort", abort);
    }
    return child;
  }

  private constructor(models: WorkerModels, log: Logger) {
    this.#process = fork(PROGRAM, [JSON.stringify(models)], {
      serialization: "advanced",
      execArgv: ["--expose-gc"],
      // Native code that reads hostile audio has no business with the server's secrets. One thread for its calls, since
      // there is one call at a time: each thread would keep a heap of its own.
      env: { UV_THREADPOOL_SIZE: "1" },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#log = log.child({ worker: this.#process.pid });
    this.ended = this.#watch();
    this.#listen();
  }

  /** Calls given to it so far. */
  get calls(): number {
    return this.#lastId;
  }

  /** What it holds beyond what it held when its models were loaded, as a share of that. */
  get growthShare(): number {
    return this.#residentBytes / this.#residentBytesAtStart - 1;
  }

  /**
   * Has a task done. One at a time.
   *
   * @throws WorkerDied when the process ended before its answer, by itself or because the time was over
   * @throws TaskRefused when the task cannot be done
   */
  run(task: Task, timeLimitMs: number): Promise<Answer> {
    if (this.#pending !== null) throw new Error("A worker takes one task at a time.");
    if (this.#gone) return Promise.reject(this.#died());
    this.#swallowed = false;
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.kill("hang"), timeLimitMs);
      this.#pending = { id, resolve, reject, timer };
      this.#process.send({ ...task, id }, (error) => {
        if (error !== null) this.kill("crash");
      });
    });
  }

  /** SIGKILL, since native code hears nothing else. {@link ended} tells when it is done. */
  kill(reason: DeathReason): void {
    if (this.#reason === "crash") this.#reason = reason;
    this.#process.kill("SIGKILL");
  }

  async #watch(): Promise<DeathReason> {
    const process = this.#process;
    await new Promise<void>((resolve) => {
      process.once("exit", (code, signal) => {
        this.#log.debug({ code, signal, reason: this.#reason }, "a speech worker ended");
        resolve(this.#end());
      });
      process.on("error", (error) => {
        this.#log.error({ err: error }, "a speech worker failed");
        // Where no process came to be, there is no exit.
        if (process.pid === undefined) resolve(this.#end());
        else this.kill("crash");
      });
      // A process that closed its channel can neither be asked nor answer.
      process.once("disconnect", () => process.kill("SIGKILL"));
    });
    return this.#reason;
  }

  #end(): void {
    this.#gone = true;
    this.#settle((pending) => pending.reject(this.#died()));
  }

  #died(): WorkerDied {
    return new WorkerDied(`The speech worker ended: ${this.#reason}.`);
  }

  #listen(): void {
    this.#process.on("message", (report: Report) => {
      if (report.kind === "answered") void this.#answered(report);
      if (report.kind === "refused")
        this.#settle((pending) => pending.reject(new TaskRefused(report.message)), report.id);
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => this.#overhear(text));
  }

  async #ready(startMs: number): Promise<void> {
    const refusal = await new Promise<string | null>((resolve) => {
      const timer = setTimeout(() => {
        this.kill("hang");
        resolve(`it was not ready after ${startMs / 1_000} seconds`);
      }, startMs);
      void this.ended
        .then((reason) => resolve(`its process ended (${reason})`))
        .finally(() => clearTimeout(timer));
      this.#process.on("message", (report: Report) => {
        if (report.kind === "ready") {
          this.#residentBytesAtStart = report.residentBytes;
          this.#residentBytes = report.residentBytes;
          this.#loaded = true;
          clearTimeout(timer);
          resolve(null);
        }
        if (report.kind === "unloadable") resolve(report.message);
      });
    });
    if (refusal === null) return this.#log.debug("a speech worker is ready");
    this.kill("crash");
    await this.ended;
    this.#log.error({ native: this.#loadingLines, refusal }, "a speech worker could not load its models");
    throw new SpeechEngineError(
      `The speech model could not be loaded: ${refusal}. Check its files with "uspeech models verify".`,
    );
  }

  async #answered(report: Extract<Report, { kind: "answered" }>): Promise<void> {
    this.#residentBytes = report.residentBytes;
    const empty = report.answer.kind === "recognised" && report.answer.recognition.text === "";
    // sherpa turns a failure inside the model (no memory, say) into an empty text and a complaint on standard error. The
    // complaint was written first, so it has been read once this turn of the event loop is over.
    if (empty) await afterReads();
    if (empty && this.#swallowed) return this.kill("crash");
    this.#settle((pending) => pending.resolve(report.answer), report.id);
  }

  #settle(how: (pending: Pending) => void, id?: number): void {
    const pending = this.#pending;
    if (pending === null || (id !== undefined && pending.id !== id)) return;
    clearTimeout(pending.timer);
    this.#pending = null;
    how(pending);
  }

  /** While a model is being loaded nothing was spoken yet. Later, only where in the native code a line comes from is kept. */
  #overhear(text: string): void {
    if (text.includes("Caught exception")) this.#swallowed = true;
    for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
      if (!this.#loaded && this.#loadingLines.length < LOADING_LINES_MAX)
        this.#loadingLines.push(line.slice(0, LINE_CHARACTERS_MAX));
      const place = /[\w.-]+\.(?:cc|h|cpp):\w+(?::\d+)?/.exec(line)?.[0];
      if (this.#loaded && place !== undefined) this.#log.debug({ place }, "native speech code complained");
    }
  }
}

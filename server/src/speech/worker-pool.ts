/**
 * The speech engine of this machine: supervised worker processes that all recordings share.
 *
 * A call that is aborted while it runs is answered at once and left to end in its worker: that takes seconds, bounded by
 * the longest clip, and costs less than loading the model again.
 */
import { setTimeout as pause } from "node:timers/promises";
import { LIMITS } from "../config/limits.ts";
import type { Logger } from "../observe/log.ts";
import { FairQueue } from "./fair-queue.ts";
import { DETECTOR, findModel, findRecogniser } from "./models/catalogue.ts";
import type { ModelEntry } from "./models/entry.ts";
import { isInstalled, modelFile } from "./models/installed.ts";
import {
  SAMPLE_RATE_HZ,
  SpeechEngineError,
  type AlignedWord,
  type Clip,
  type Detection,
  type RecogniseOptions,
  type Recognition,
  type Share,
  type SpeechEngine,
} from "./recogniser.ts";
import { SHERPA_FAMILIES } from "./sherpa-families.ts";
import type { SherpaModel } from "./sherpa.ts";
import { VAD_SETTINGS } from "./vad-settings.ts";
import { WorkerChild, WorkerDied, type DeathReason } from "./worker-child.ts";
import type { Answer, Task, WorkerModels } from "./worker-messages.ts";

export interface SpeechEngineOptions {
  modelsDir: string;
  /** Name of a recogniser in the catalogue. */
  model: string;
  /** Processes of one thread each: as many as there are cores. */
  workers: number;
  log: Logger;
  /** A worker has ended and another one takes its place. */
  onRestart?: (reason: DeathReason) => void;
  /** Other limits than the program's, for tests of them. */
  limits?: Partial<PoolLimits>;
}

export type PoolLimits = { readonly [name in keyof typeof LIMITS.speech]: number };

interface Call {
  key: string;
  task: Task;
  tries: number;
  /** Settles the caller's promise; once only, later ones do nothing. */
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
  /** Nobody waits for it any more. */
  dropped: boolean;
}

/** Where one worker stands, and after it the next. */
interface Place {
  /** Null while there is none. */
  child: WorkerChild | null;
  /** Deaths and failed starts since the last finished call. */
  failures: number;
}

/**
 * Starts the workers and waits until all of them have loaded the model.
 *
 * @throws ModelError when the catalogue has no such recogniser
 * @throws SpeechEngineError when the model is not installed or cannot be loaded; the sentence says what to do
 */
export async function startSpeechEngine(options: SpeechEngineOptions): Promise<SpeechEngine> {
  const entry = findRecogniser(options.model);
  const detector = findModel(DETECTOR);
  for (const needed of [entry, detector]) await requireInstalled(options.modelsDir, needed, entry);
  const paths = entry.files.map(({ role }) => [role, modelFile(options.modelsDir, entry, role)]);
  const recogniser: SherpaModel = { family: entry.family, paths: Object.fromEntries(paths), threads: 1 };
  const models = { recogniser, detectorPath: modelFile(options.modelsDir, detector, "model") };
  return WorkerPool.start({
    ...options,
    entry,
    models,
    clipSecondsMax: SHERPA_FAMILIES[entry.family].clipSecondsMax,
  });
}

/** Workers that find speech, and words in it, for those who have it recognised elsewhere. */
export type SpeechDetectors = Pick<SpeechEngine, "detect" | "align" | "close">;

/**
 * Starts workers that only find speech, and waits until all of them have loaded the detector.
 *
 * @throws SpeechEngineError when the detector is not installed or cannot be loaded; the sentence says what to do
 */
export async function startDetectors(options: Omit<SpeechEngineOptions, "model">): Promise<SpeechDetectors> {
  const entry = findModel(DETECTOR);
  await requireInstalled(options.modelsDir, entry, entry);
  const models = { recogniser: null, detectorPath: modelFile(options.modelsDir, entry, "model") };
  return WorkerPool.start({ ...options, model: entry.name, entry, models, clipSecondsMax: 0 });
}

async function requireInstalled(modelsDir: string, needed: ModelEntry, asked: ModelEntry): Promise<void> {
  if (await isInstalled(modelsDir, needed)) return;
  throw new SpeechEngineError(
    `The speech model ${needed.name} is not installed in ${modelsDir}. Install it with "uspeech models pull ${asked.name}".`,
  );
}

interface WorkerPoolOptions extends SpeechEngineOptions {
  entry: ModelEntry;
  models: WorkerModels;
  clipSecondsMax: number;
}

class WorkerPool implements SpeechEngine {
  readonly model: string;
  readonly languages: readonly string[];
  readonly workers: number;
  readonly clipSecondsMax: number;
  readonly #options: WorkerPoolOptions;
  readonly #limits: PoolLimits;
  readonly #log: Logger;
  readonly #queue = new FairQueue<Call>();
  readonly #places: Place[];
  readonly #idle = new Set<Place>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #keeping: Promise<void>[] = [];

  /**
   * Starts all workers and waits for them.
   *
   * @throws SpeechEngineError when one of them cannot load its models
   */
  static async start(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    const started = await Promise.allSettled(pool.#places.map((place) => pool.#fill(place)));
    const failed = started.find((result) => result.status === "rejected");
    if (failed !== undefined) {
      await pool.close();
      throw failed.reason;
    }
    pool.#keeping.push(...pool.#places.map((place) => pool.#keep(place)));
    return pool;
  }

  private constructor(options: WorkerPoolOptions) {
    this.model = options.entry.name;
    this.languages = options.entry.languages;
    this.workers = options.workers;
    this.clipSecondsMax = options.clipSecondsMax;
    this.#options = options;
    this.#limits = { ...LIMITS.speech, ...options.limits };
    this.#log = options.log;
    this.#places = Array.from({ length: options.workers }, () => ({ child: null, failures: 0 }));
  }

  async detect(clip: Clip, share: Share): Promise<Detection> {
    const answer = await this.#call({ kind: "detect", clip }, share);
    if (answer.kind !== "detected") throw new Error(`A worker answered "detect" with "${answer.kind}".`);
    return answer.detection;
  }

  async recognise(clip: Clip, options: RecogniseOptions, share: Share): Promise<Recognition> {
    const answer = await this.#call({ kind: "recognise", clip, options }, share);
    if (answer.kind !== "recognised") throw new Error(`A worker answered "recognise" with "${answer.kind}".`);
    return answer.recognition;
  }

  /** Goes before what waits of the same recording: it takes milliseconds, and what was heard is stored after it. */
  async align(clip: Clip, words: readonly string[], share: Share): Promise<AlignedWord[] | null> {
    const answer = await this.#call({ kind: "align", clip, words }, share, true);
    if (answer.kind !== "aligned") throw new Error(`A worker answered "align" with "${answer.kind}".`);
    return answer.words;
  }

  /** Refuses what waits, gives running calls a moment to end, and ends all workers. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#refuseWaiting("The speech engine is closing.");
    await Promise.race([Promise.all(this.#running), pause(this.#limits.closeMs, null, { ref: false })]);
    const children = this.#places.flatMap(({ child }) => child ?? []);
    for (const child of children) child.kill("close");
    await Promise.all(children.map((child) => child.ended));
    await Promise.all([...this.#keeping, ...this.#running]);
  }

  #call(task: Task, { key, signal }: Share, first = false): Promise<Answer> {
    signal.throwIfAborted();
    if (this.#closing.signal.aborted) throw new SpeechEngineError("The speech engine is closing.");
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const call: Call = { key, task, tries: 0, resolve, reject, dropped: false };
    const abort = (): void => {
      call.dropped = true;
      this.#queue.remove(key, call);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    this.#queue.push(key, call, first);
    this.#dispatch();
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  /** Gives waiting calls to idle workers. */
  #dispatch(): void {
    for (const place of this.#idle) {
      if (place.child === null) continue;
      const call = this.#queue.next();
      if (call === undefined) return;
      this.#idle.delete(place);
      const running = this.#run(place, place.child, call).finally(() => {
        this.#running.delete(running);
        this.#dispatch();
      });
      this.#running.add(running);
    }
  }

  async #run(place: Place, child: WorkerChild, call: Call): Promise<void> {
    call.tries++;
    try {
      call.resolve(await child.run(call.task, this.#timeLimitMs(call.task)));
      place.failures = 0;
    } catch (error) {
      if (error instanceof WorkerDied) return this.#retry(call);
      call.reject(new SpeechEngineError(`Speech recognition failed: ${messageOf(error)}`));
    }
    if (this.#outgrown(child)) child.kill("memory");
    else if (place.child === child) this.#idle.add(place);
  }

  #outgrown({ growthShare, calls }: WorkerChild): boolean {
    return growthShare > this.#limits.growthShareMax && calls >= this.#limits.growthCallsMin;
  }

  #retry(call: Call): void {
    if (call.dropped) return;
    if (this.#closing.signal.aborted)
      return call.reject(new SpeechEngineError("The speech engine is closing."));
    if (call.tries < this.#limits.triesMax) return this.#queue.push(call.key, call, true);
    const { startSample, endSample } = call.task.clip;
    call.reject(
      new SpeechEngineError(
        `The speech engine ended or hung ${call.tries} times on the audio from ${at(startSample)} to ${at(endSample)}.`,
      ),
    );
  }

  /** Sees to it that a place has a worker, until the engine closes. */
  async #keep(place: Place): Promise<void> {
    while (place.child !== null) {
      const reason = await place.child.ended;
      place.child = null;
      this.#idle.delete(place);
      if (this.#closing.signal.aborted) return;
      if (reason !== "memory") place.failures++;
      this.#log.warn({ reason }, "a speech worker ended and is replaced");
      this.#options.onRestart?.(reason);
      await this.#refill(place);
    }
  }

  async #refill(place: Place): Promise<void> {
    while (place.child === null && !this.#closing.signal.aborted) {
      try {
        await pause(this.#restartMs(place), null, { signal: this.#closing.signal });
        await this.#fill(place);
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        place.failures++;
        this.#log.error({ err: error }, "a speech worker could not be started");
        this.#giveUpWaiting(place, error);
      }
    }
  }

  async #fill(place: Place): Promise<void> {
    const { models, log } = this.#options;
    const child = await WorkerChild.start(models, {
      startMs: this.#limits.startMs,
      signal: this.#closing.signal,
      log,
    });
    place.child = child;
    this.#idle.add(place);
    this.#dispatch();
  }

  /** Nobody waits for ever for workers that do not come up. */
  #giveUpWaiting(place: Place, error: unknown): void {
    const none = this.#places.every(({ child }) => child === null);
    if (none && place.failures >= this.#limits.triesMax) this.#refuseWaiting(messageOf(error));
  }

  #refuseWaiting(message: string): void {
    for (const call of this.#queue.drain()) call.reject(new SpeechEngineError(message));
  }

  #restartMs(place: Place): number {
    if (place.failures <= 1) return 0;
    return Math.min(this.#limits.restartMs * 2 ** (place.failures - 2), this.#limits.restartMsMax);
  }

  #timeLimitMs(task: Task): number {
    const samples = task.clip.endSample - task.clip.startSample;
    const seconds = samples / SAMPLE_RATE_HZ;
    // A detection hears a slice of its clip, and the end of a stretch.
    const heard =
      task.kind === "detect"
        ? Math.min(seconds, VAD_SETTINGS.sliceSeconds + VAD_SETTINGS.stretchSecondsMax)
        : seconds;
    return this.#limits.callMs + this.#limits.callMsPerAudioSecond * heard;
  }
}

function at(sample: number): string {
  return `${(sample / SAMPLE_RATE_HZ).toFixed(1)} s`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

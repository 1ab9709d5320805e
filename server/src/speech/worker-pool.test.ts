import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testModels } from "../../test/models.ts";
import { childrenRunning, isAlive, processorTicks, until } from "../../test/processes.ts";
import {
  AMIABLE,
  clipOf,
  COLD_HEARTED,
  DASHWOOD,
  joined,
  plain,
  sentence,
  silence,
  temporaryFolder,
  writeSpool,
  YOUNG_MAN,
} from "../../test/spools.ts";
import { createLog } from "../observe/log.ts";
import { findModel } from "./models/catalogue.ts";
import { modelFile, modelFolder } from "./models/installed.ts";
import { SAMPLE_RATE_HZ, SpeechEngineError, type Clip, type Share, type SpeechEngine } from "./recogniser.ts";
import type { DeathReason } from "./worker-child.ts";
import { WorkerChild, WorkerDied } from "./worker-child.ts";
import { startSpeechEngine, type PoolLimits } from "./worker-pool.ts";

const PROGRAM = "worker-process.ts";
const MODEL = "moonshine-tiny";
const ENGLISH = { language: "en" };

/** Everything that is logged, as JSON lines. */
const lines: string[] = [];
const log = createLog("debug", { write: (line) => void lines.push(line) });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let modelsDir: string;
let youngMan: Clip;
/** 13 s: long enough in a worker to do something to it meanwhile. */
let long: Clip;

beforeAll(async () => {
  folder = await temporaryFolder();
  modelsDir = await testModels();
  youngMan = clipOf(await writeSpool(folder.path, await sentence(YOUNG_MAN)));
  const sentences = [await sentence(DASHWOOD), await sentence(COLD_HEARTED), await sentence(AMIABLE)];
  const whole = clipOf(await writeSpool(folder.path, joined(...sentences)));
  long = { ...whole, endSample: 13 * SAMPLE_RATE_HZ };
});

afterAll(() => folder[Symbol.asyncDispose]());

function share(key: string, signal: AbortSignal = new AbortController().signal): Share {
  return { key, signal };
}

interface Running extends AsyncDisposable {
  engine: SpeechEngine;
  restarts: DeathReason[];
}

async function started(workers: number, limits: Partial<PoolLimits> = {}): Promise<Running> {
  const restarts: DeathReason[] = [];
  const onRestart = (reason: DeathReason): number => restarts.push(reason);
  const engine = await startSpeechEngine({ modelsDir, model: MODEL, workers, log, limits, onRestart });
  return { engine, restarts, [Symbol.asyncDispose]: () => engine.close() };
}

/** What a promise is rejected with; watched from now on, so that it may fail before it is looked at. */
function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

async function onlyWorker(): Promise<number> {
  let pids: number[] = [];
  await until(async () => (pids = await childrenRunning(PROGRAM)).length === 1);
  const [pid] = pids;
  if (pid === undefined) throw new Error("There is no worker.");
  return pid;
}

/** Process ids of the workers that became ready, in order. */
function ready(): number[] {
  return lines
    .filter((line) => line.includes("a speech worker is ready"))
    .map((line) => Number(JSON.parse(line).worker));
}

/** Waits until a worker has used processor time after now: it is at work. */
async function atWork(pid: number): Promise<void> {
  const before = await processorTicks(pid);
  await until(async () => (await processorTicks(pid)) > before + 5);
}

describe("an engine", () => {
  let running: Running;
  beforeAll(async () => {
    running = await started(2);
  });
  afterAll(() => running[Symbol.asyncDispose]());

  test("says what it is", () => {
    const { model, languages, workers, clipSecondsMax } = running.engine;
    expect({ model, languages, workers, clipSecondsMax }).toEqual({
      model: MODEL,
      languages: ["en"],
      workers: 2,
      clipSecondsMax: 30,
    });
  });

  test("finds speech and recognises it", async () => {
    const { spans, nextSample } = await running.engine.detect(youngMan, share("a"));
    expect(nextSample).toBe(youngMan.endSample);
    expect(spans.length).toBeGreaterThan(0);
    const { text } = await running.engine.recognise(youngMan, ENGLISH, share("a"));
    expect(plain(text)).toContain("young man");
  });

  test("finds when the words of a clip are said", async () => {
    const words = "he was not an ill disposed young man".split(" ");
    const found = await running.engine.align(youngMan, words, share("a"));
    const starts = found?.map(({ start }) => start) ?? [];
    expect(starts).toHaveLength(words.length);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(await running.engine.align({ ...youngMan, endSample: 1600 }, words, share("a"))).toBeNull();
  });

  test("listens to the channel that it is told to", async () => {
    const spool = await writeSpool(folder.path, await sentence(YOUNG_MAN), await sentence(AMIABLE));
    const hear = async (mix: "left" | "right"): Promise<string> =>
      plain((await running.engine.recognise(clipOf(spool, mix), ENGLISH, share("a"))).text);
    expect(await hear("left")).toContain("young man");
    expect(await hear("left")).not.toContain("amiable");
    expect(await hear("right")).toContain("amiable");
    const both = await writeSpool(folder.path, await sentence(YOUNG_MAN), silence(1));
    const { text } = await running.engine.recognise(clipOf(both, "mono"), ENGLISH, share("a"));
    expect(plain(text)).toContain("young man");
  });

  test("refuses at once what no worker can do, and keeps its workers", async () => {
    const gone = { ...youngMan, spool: { ...youngMan.spool, path: path.join(folder.path, "gone") } };
    await expect(running.engine.recognise(gone, ENGLISH, share("a"))).rejects.toThrow(SpeechEngineError);
    await expect(running.engine.detect(gone, share("a"))).rejects.toThrow(SpeechEngineError);
    expect(running.restarts).toEqual([]);
  });

  test("does not begin a call whose signal has already fired", async () => {
    const fired = AbortSignal.abort(new Error("too late"));
    await expect(running.engine.detect(youngMan, share("a", fired))).rejects.toThrow("too late");
  });
});

describe("recordings share a worker", () => {
  test("in turn, so that a short one is not behind a long one", async () => {
    await using running = await started(1);
    const order: string[] = [];
    const call = async (key: string): Promise<void> => {
      await running.engine.recognise(youngMan, ENGLISH, share(key));
      order.push(key);
    };
    await Promise.all([...Array.from({ length: 6 }, () => call("long")), call("short"), call("short")]);
    expect(order).toEqual(["long", "long", "short", "long", "short", "long", "long", "long"]);
  });

  test("and an aborted call leaves at once, waiting or running, and holds nobody up", async () => {
    await using running = await started(1);
    const pid = await onlyWorker();
    const abort = new AbortController();
    const atOnce = running.engine.recognise(long, ENGLISH, share("a", abort.signal));
    const waiting = running.engine.recognise(long, ENGLISH, share("a", abort.signal));
    const other = running.engine.recognise(youngMan, ENGLISH, share("b"));
    await atWork(pid);
    abort.abort(new Error("cancelled"));
    await expect(atOnce).rejects.toThrow("cancelled");
    await expect(waiting).rejects.toThrow("cancelled");
    expect(plain((await other).text)).toContain("young man");
    expect(await childrenRunning(PROGRAM)).toEqual([pid]);
    expect(running.restarts).toEqual([]);
  });
});

describe("a worker", () => {
  test("that is killed in the middle of a call costs the caller nothing", async () => {
    await using running = await started(1);
    const before = await running.engine.recognise(long, ENGLISH, share("a"));
    const pid = await onlyWorker();
    const call = running.engine.recognise(long, ENGLISH, share("a"));
    await atWork(pid);
    process.kill(pid, "SIGKILL");
    expect(await call).toEqual(before);
    expect(running.restarts).toEqual(["crash"]);
  });

  test("that dies while it has nothing to do is replaced", async () => {
    await using running = await started(1);
    const pid = await onlyWorker();
    process.kill(pid, "SIGKILL");
    await until(() => running.restarts.length === 1);
    expect(plain((await running.engine.recognise(youngMan, ENGLISH, share("a"))).text)).toContain(
      "young man",
    );
  });

  test("that hangs is killed when its time is over, and the call is done by another", async () => {
    await using running = await started(1, { callMs: 4_000, callMsPerAudioSecond: 0 });
    process.kill(await onlyWorker(), "SIGSTOP");
    const { text } = await running.engine.recognise(youngMan, ENGLISH, share("a"));
    expect(plain(text)).toContain("young man");
    expect(running.restarts).toEqual(["hang"]);
  });

  test("is lost three times at most for one call, and the next call is answered", async () => {
    await using running = await started(1);
    const failure = errorOf(running.engine.recognise(long, ENGLISH, share("a")));
    const next = running.engine.recognise(youngMan, ENGLISH, share("a"));
    const before = ready().length - 1;
    for (const nth of [0, 1, 2]) {
      await until(() => ready().length > before + nth);
      const pid = ready()[before + nth];
      if (pid === undefined) throw new Error("There is no worker.");
      await atWork(pid);
      process.kill(pid, "SIGKILL");
    }
    expect(await failure).toMatchObject({
      name: "SpeechEngineError",
      message: expect.stringContaining("3 times on the audio from 0.0 s to 13.0 s"),
    });
    expect(plain((await next).text)).toContain("young man");
    expect(running.restarts).toEqual(["crash", "crash", "crash"]);
  });

  test("that cannot be started again does not let calls wait for ever", async () => {
    await using moved = await temporaryFolder();
    await cp(modelsDir, moved.path, { recursive: true });
    const engine = await startSpeechEngine({ modelsDir: moved.path, model: MODEL, workers: 1, log });
    await rm(modelFolder(moved.path, MODEL), { recursive: true });
    process.kill(await onlyWorker(), "SIGKILL");
    await expect(engine.recognise(youngMan, ENGLISH, share("a"))).rejects.toThrow("could not be loaded");
    await engine.close();
  });

  test("that has grown too large is replaced between calls", async () => {
    await using running = await started(1, { growthShareMax: -1, growthCallsMin: 1 });
    const calls = Array.from({ length: 2 }, () => running.engine.recognise(youngMan, ENGLISH, share("a")));
    for (const { text } of await Promise.all(calls)) expect(plain(text)).toContain("young man");
    await until(() => running.restarts.length === 2);
    expect(running.restarts).toEqual(["memory", "memory"]);
  });

  test("does not pass a failure inside the model for silence", async () => {
    // An encoder and a decoder of different sizes load, and fail in every run.
    const paths = {
      encoder: modelFile(modelsDir, findModel("moonshine-tiny"), "encoder"),
      "merged-decoder": modelFile(modelsDir, findModel("moonshine-base"), "merged-decoder"),
      tokens: modelFile(modelsDir, findModel("moonshine-base"), "tokens"),
    };
    const recogniser = { family: "moonshine", paths, threads: 1 } as const;
    const detectorPath = modelFile(modelsDir, findModel("silero-vad-v6"), "model");
    const child = await WorkerChild.start(
      { recogniser, detectorPath },
      { startMs: 60_000, signal: new AbortController().signal, log },
    );
    const run = child.run({ kind: "recognise", clip: youngMan, options: ENGLISH }, 60_000);
    await expect(run).rejects.toThrow(WorkerDied);
    await child.ended;
  });

  test("does not outlive a server that was killed", async () => {
    const script = `
      import { createLog } from ${JSON.stringify(path.resolve("server/src/observe/log.ts"))};
      import { startSpeechEngine } from ${JSON.stringify(path.resolve("server/src/speech/worker-pool.ts"))};
      await startSpeechEngine({ modelsDir: ${JSON.stringify(modelsDir)}, model: "${MODEL}", workers: 2, log: createLog("silent") });
      console.log("ready");
    `;
    const server = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(server.stdout, "data");
    const workers = await childrenRunning(PROGRAM, server.pid);
    expect(workers).toHaveLength(2);
    server.kill("SIGKILL");
    for (const pid of workers) await until(async () => !(await isAlive(pid)));
  });
});

test("no spoken word is logged", () => {
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) expect(line).not.toMatch(/young man|amiable|ill.disposed/i);
});

describe("closing", () => {
  test("lets running calls end, refuses the others, and leaves no process", async () => {
    const { engine } = await started(1, { closeMs: 60_000 });
    const pid = await onlyWorker();
    const first = engine.recognise(youngMan, ENGLISH, share("a"));
    const waiting = engine.recognise(youngMan, ENGLISH, share("a"));
    const refused = errorOf(waiting);
    await engine.close();
    expect(await refused).toMatchObject({ message: "The speech engine is closing." });
    expect(plain((await first).text)).toContain("young man");
    expect(await isAlive(pid)).toBe(false);
    await expect(engine.detect(youngMan, share("a"))).rejects.toThrow(SpeechEngineError);
    await engine.close();
  });

  test("does not wait for a call that hangs", async () => {
    const { engine } = await started(1, { closeMs: 50 });
    const pid = await onlyWorker();
    process.kill(pid, "SIGSTOP");
    const failure = errorOf(engine.recognise(youngMan, ENGLISH, share("a")));
    await engine.close();
    expect(await failure).toMatchObject({ message: "The speech engine is closing." });
    expect(await isAlive(pid)).toBe(false);
  });
});

describe("an engine does not start", () => {
  test("without its model, and says how to install it", async () => {
    await using empty = await temporaryFolder();
    const start = startSpeechEngine({ modelsDir: empty.path, model: MODEL, workers: 1, log });
    await expect(start).rejects.toThrow(SpeechEngineError);
    await expect(start).rejects.toThrow(`Install it with "uspeech models pull ${MODEL}"`);
  });

  test("with a damaged model, and says how to check it", async () => {
    await using damaged = await temporaryFolder();
    const vad = "silero-vad-v6";
    await cp(modelFolder(modelsDir, vad), modelFolder(damaged.path, vad), { recursive: true });
    await mkdir(modelFolder(damaged.path, MODEL));
    await cp(modelFolder(modelsDir, MODEL), modelFolder(damaged.path, MODEL), { recursive: true });
    const encoder = modelFile(damaged.path, findModel(MODEL), "encoder");
    await writeFile(encoder, Buffer.alloc((await stat(encoder)).size));
    const start = startSpeechEngine({ modelsDir: damaged.path, model: MODEL, workers: 2, log });
    await expect(start).rejects.toThrow(SpeechEngineError);
    await expect(start).rejects.toThrow("uspeech models verify");
    expect(await childrenRunning(PROGRAM)).toEqual([]);
  });

  test("with a model that only finds speech", async () => {
    const start = startSpeechEngine({ modelsDir, model: "silero-vad-v6", workers: 1, log });
    await expect(start).rejects.toThrow("Choose one of: moonshine-base");
  });
});

/** Asks a server for pages over a fixed number of connections, in a process of its own so that it slows nothing it measures. */
import { setMaxListeners } from "node:events";
import { Agent, get, type RequestOptions } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** What the program reads from its standard input, as JSON. */
export interface Load {
  baseUrl: string;
  headers: Record<string, string>;
  /** Asked for in turn, from the first again after the last. */
  paths: string[];
  connections: number;
  seconds: number;
  /**
   * Requests a second, sent when they are due and whatever became of those before: how long one waits for a connection is
   * part of its time. Null: each connection asks again as soon as it was answered.
   */
  ratePerSecond: number | null;
}

/** What it writes, as JSON. */
export interface LoadResult {
  answers: number;
  seconds: number;
  /** Answers other than 200, and requests without one. */
  failures: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** What is not answered this long after the last request is a failure. */
const GRACE_SECONDS = 10;

if (import.meta.main) {
  const load = await process.stdin.setEncoding("utf8").toArray();
  process.stdout.write(JSON.stringify(await run(JSON.parse(load.join("")))));
}

async function run(load: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
  const signal = AbortSignal.timeout((load.seconds + GRACE_SECONDS) * 1000);
  // One for each request that waits.
  setMaxListeners(0, signal);
  const tally = { latenciesMs: [] as number[], failures: 0 };
  const started = performance.now();
  const until = started + load.seconds * 1000;
  let asked = 0;
  const ask = async (dueMs: number): Promise<void> => {
    const path = load.paths[asked++ % load.paths.length] ?? "/";
    const status = await statusOf(new URL(path, load.baseUrl), { headers: load.headers, agent, signal });
    if (status === 200) tally.latenciesMs.push(performance.now() - dueMs);
    else tally.failures += 1;
  };
  if (load.ratePerSecond === null)
    await Promise.all(Array.from({ length: load.connections }, () => askUntil(until, ask)));
  else await askAtRate(started, until, 1000 / load.ratePerSecond, ask);
  agent.destroy();
  return {
    ...summary(tally.latenciesMs),
    failures: tally.failures,
    seconds: (performance.now() - started) / 1000,
  };
}

async function askUntil(untilMs: number, ask: (dueMs: number) => Promise<void>): Promise<void> {
  while (performance.now() < untilMs) await ask(performance.now());
}

async function askAtRate(
  fromMs: number,
  untilMs: number,
  everyMs: number,
  ask: (dueMs: number) => Promise<void>,
): Promise<void> {
  const open = new Set<Promise<void>>();
  for (let dueMs = fromMs; dueMs < untilMs; dueMs += everyMs) {
    while (performance.now() < dueMs) await pause(1);
    const asking = ask(dueMs).finally(() => open.delete(asking));
    open.add(asking);
  }
  await Promise.all(open);
}

/** Reads the whole answer. 0 where there is none. */
function statusOf(url: URL, options: RequestOptions): Promise<number> {
  return new Promise((resolve) => {
    const asking = get(url, options, (answer) => {
      answer.resume().once("close", () => resolve(answer.complete ? (answer.statusCode ?? 0) : 0));
    });
    asking.once("error", () => resolve(0));
  });
}

function summary(latenciesMs: number[]): Omit<LoadResult, "failures" | "seconds"> {
  const sorted = Float64Array.from(latenciesMs).sort();
  const at = (share: number): number =>
    sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return { answers: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/** Watches the memory of a server and its children, and the disk that it uses for decoded audio, while something runs. */
import { lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { commandOf, processTree, residentBytes } from "./process-tree.ts";

/** The most that was seen of each, in bytes. `total` is the largest sum at one moment, not the sum of the largest. */
export interface Peaks {
  total: number;
  server: number;
  workers: number;
  /** ffmpeg and ffprobe. */
  tools: number;
  scratch: number;
}

export interface WatchOptions {
  /** The server. */
  pid: number;
  everyMs: number;
  /** Where decoded audio goes; not looked at where not given. */
  scratchDir?: string;
}

/** Samples while `work` runs. */
export async function watchMemory<Result>(
  { pid, everyMs, scratchDir }: WatchOptions,
  work: () => Promise<Result>,
): Promise<{ result: Result; peaks: Peaks }> {
  const peaks: Peaks = { total: 0, server: 0, workers: 0, tools: 0, scratch: 0 };
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      raise(peaks, await sample(pid));
      if (scratchDir !== undefined) raise(peaks, { scratch: await diskBytes(scratchDir) });
      await pause(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  try {
    return { result: await work(), peaks };
  } finally {
    stop.abort();
    await watching;
  }
}

function raise(peaks: Peaks, seen: Partial<Peaks>): void {
  for (const name of Object.keys(peaks) as (keyof Peaks)[])
    peaks[name] = Math.max(peaks[name], seen[name] ?? 0);
}

async function sample(server: number): Promise<Partial<Peaks>> {
  const seen = { total: 0, server: 0, workers: 0, tools: 0 };
  for (const pid of await processTree(server)) {
    const bytes = await residentBytes(pid);
    seen[pid === server ? "server" : await kindOf(pid)] += bytes;
    seen.total += bytes;
  }
  return seen;
}

async function kindOf(pid: number): Promise<"workers" | "tools"> {
  return (await commandOf(pid)).includes("worker-process") ? "workers" : "tools";
}

/** What the files below a folder take of the disk; those that go meanwhile count as nothing. */
async function diskBytes(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      lstat(path.join(folder, name)).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

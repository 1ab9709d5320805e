import { spawn } from "node:child_process";
import path from "node:path";
import { text } from "node:stream/consumers";

const MAIN = path.join(import.meta.dirname, "../src/main.ts");

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Only these, and what a process needs. */
  env?: Record<string, string>;
  cwd?: string;
  /** Standard input; empty where not given. */
  input?: string;
}

/** Starts the real command as a process of its own. */
export function start(args: readonly string[], { env, cwd }: RunOptions = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("USPEECH_"));
  return spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...Object.fromEntries(kept), ...env } });
}

/** Runs the real command to its end. */
export async function uspeech(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = start(args, options);
  child.stdin.end(options.input ?? "");
  return ended(child);
}

/** What a started command said and how it ended. */
export async function ended(child: ReturnType<typeof start>): Promise<Ended> {
  const exit = new Promise<Pick<Ended, "code" | "signal">>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const [stdout, stderr, how] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { ...how, stdout, stderr };
}

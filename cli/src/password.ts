import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { LIMITS } from "@uspeech/server/config/limits.ts";
import { UsageError } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

/** What the server takes from somebody who logs in. */
const { passwordCharactersMin: CHARACTERS_MIN, passwordCharactersMax: CHARACTERS_MAX } = LIMITS.accounts;

/**
 * The password that was given; `-` stands for one line of standard input, typed unseen on a terminal.
 *
 * @returns null where none was given
 * @throws {UsageError} where it is too short or too long
 */
export async function readPassword(
  given: string | undefined,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string | null> {
  if (given === undefined) return null;
  const password = given === "-" ? await ask(terminal, signal) : given;
  const characters = Array.from(password).length;
  if (characters < CHARACTERS_MIN || characters > CHARACTERS_MAX)
    throw new UsageError(
      `A password has ${CHARACTERS_MIN} to ${CHARACTERS_MAX} characters; this has ${characters}.`,
    );
  return password;
}

async function ask(terminal: Terminal, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = terminal;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal, readline turns the echo off and edits the line by itself; what it would show goes nowhere.
  const lines = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY });
  lines.on("SIGINT", interrupt);
  try {
    if (stdin.isTTY) stderr.write("Password: ");
    return await firstLine(lines, signal);
  } finally {
    if (stdin.isTTY) stderr.write("\n");
    lines.close();
  }
}

async function firstLine(lines: ReturnType<typeof createInterface>, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  lines.once("line", resolve).once("close", () => resolve(""));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Ctrl-C comes to readline as a key. */
function interrupt(): void {
  process.kill(process.pid, "SIGINT");
}

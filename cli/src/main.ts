/** The `uspeech` command: finds the command that was typed, runs it, and turns what comes of it into an exit code. */

import { AccountError } from "@uspeech/server/accounts/users.ts";
import { ApiKeyError } from "@uspeech/server/api-keys/api-keys.ts";
import { SettingsError } from "@uspeech/server/config/env.ts";
import { FfmpegMissingError } from "@uspeech/server/media/ffmpeg.ts";
import { ListenError } from "@uspeech/server/http/listen-error.ts";
import { ModelError } from "@uspeech/server/speech/models/errors.ts";
import { SpeechEngineError } from "@uspeech/server/speech/recogniser.ts";
import { UspeechError } from "@uspeech/client";
import type { Command } from "./command.ts";
import { GROUPS } from "./commands.ts";
import { CliError, UsageError } from "./errors.ts";
import { Interrupted } from "./interrupts.ts";
import { nearest } from "./nearest.ts";
import { Terminal } from "./terminal.ts";
import { commandHelp, overview, usageLine } from "./usage.ts";
import { version } from "./version.ts";

const COMMANDS = Object.values(GROUPS).flat();

/** Errors whose message is a sentence that says what happened and what to do. */
const EXPLAINED = [
  CliError,
  AccountError,
  ApiKeyError,
  SettingsError,
  FfmpegMissingError,
  ModelError,
  SpeechEngineError,
  ListenError,
  UspeechError,
];

async function main(args: readonly string[]): Promise<number> {
  const terminal = new Terminal(process, beforeTerminator(args).includes("--json"));
  const { command, rest } = find(args);
  try {
    if (command) return await run(command, rest, terminal);
    return orient(args, terminal);
  } catch (error) {
    return report(error, command, terminal);
  }
}

async function run(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  if (beforeTerminator(args).includes("--help")) terminal.stdout.write(commandHelp(command));
  else await command.run(args, terminal);
  return 0;
}

function beforeTerminator(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return end < 0 ? args : args.slice(0, end);
}

/** The command whose words the arguments begin with. */
function find(args: readonly string[]): { command: Command | null; rest: readonly string[] } {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(" ");
    const command = COMMANDS.find((command) => command.name === name);
    if (command) return { command, rest: args.slice(words) };
  }
  return { command: null, rest: args };
}

/** Where no command was named: help that was asked for, or a fault with help. */
function orient(args: readonly string[], terminal: Terminal): number {
  const [first] = args;
  if (first === "--version") terminal.print({ version: version() }, `${version()}\n`);
  else if (first === "--help" || first === "help") terminal.stdout.write(overview(GROUPS));
  else if (first === undefined) throw new UsageError("No command was given.");
  else return orientInGroup(first, args.slice(1), terminal);
  return 0;
}

function orientInGroup(first: string, rest: readonly string[], terminal: Terminal): number {
  if (first.startsWith("-"))
    throw new UsageError(`${first} comes before any command. Options follow the command.`);
  const group = COMMANDS.filter((command) => command.name.startsWith(`${first} `));
  const [second = ""] = rest;
  if (group.length > 0 && second === "--help") {
    terminal.stdout.write(overview({ [`${first}:`]: group }));
    return 0;
  }
  const verbs = group.map((command) => command.name.slice(first.length + 1)).join(", ");
  if (group.length > 0 && second === "") throw new UsageError(`"${first}" needs one of: ${verbs}.`);
  const typed = group.length > 0 ? `${first} ${second}` : first;
  const names = COMMANDS.map((command) => command.name);
  throw new UsageError(
    `There is no command "${typed}".${nearest(`${first} ${second}`, names) || nearest(first, names)}`,
  );
}

function report(error: unknown, command: Command | null, terminal: Terminal): number {
  if (error instanceof Interrupted) return endBy(error.signal, terminal);
  const wrong = error instanceof UsageError;
  const explained = wrong || EXPLAINED.some((kind) => error instanceof kind);
  const message = error instanceof Error ? error.message : String(error);
  if (terminal.json) terminal.stderr.write(`${JSON.stringify({ error: described(error, message) })}\n`);
  else if (explained) terminal.stderr.write(`uspeech: ${message}\n`);
  else terminal.stderr.write(`uspeech failed in a way that it has no words for:\n${traceOf(error)}\n`);
  if (wrong && !terminal.json)
    terminal.stderr.write(`\n${command ? commandUsage(command) : overview(GROUPS)}`);
  return wrong ? 2 : 1;
}

function commandUsage(command: Command): string {
  return `Usage: ${usageLine(command)}\n"uspeech ${command.name} --help" says more.\n`;
}

function described(error: unknown, message: string): Record<string, unknown> {
  const details = typeof error === "object" && error !== null ? error : {};
  const kept = ["code", "status", "fields", "reason", "requestId"].filter((name) => name in details);
  const name = error instanceof Error ? error.name : "Error";
  return { name, message, ...Object.fromEntries(kept.map((key) => [key, Reflect.get(details, key)])) };
}

function traceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Ends by the signal that asked for it, so that a shell's loop ends with it. */
function endBy(signal: NodeJS.Signals, terminal: Terminal): number {
  terminal.say("Stopped.");
  process.kill(process.pid, signal);
  return 1;
}

// A reader such as `head` may have seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await main(process.argv.slice(2));

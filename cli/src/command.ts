import { parseArgs } from "node:util";
import { CliError, UsageError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import type { Terminal } from "./terminal.ts";

/** An option of a command. Those without `value` are switched on by being there. */
export interface Flag {
  /** What the usage calls its value, such as `DIR`. */
  value?: string;
  help: string;
  required?: boolean;
}

type Flags = Readonly<Record<string, Flag>>;

/** The options as given: texts for those that take a value, true for the others. */
export type FlagValues<F extends Flags> = {
  [N in keyof F as F[N] extends { required: true } ? N : never]: string;
} & {
  [N in keyof F as F[N] extends { required: true } ? never : N]?: F[N] extends { value: string }
    ? string
    : boolean;
};

export interface Invocation<F extends Flags> {
  /** As many as the command's usage says. */
  operands: string[];
  flags: FlagValues<F>;
  terminal: Terminal;
}

interface Definition<F extends Flags> {
  /** One word or two, as they are typed: `models pull`. */
  name: string;
  /** Names as the usage shows them; brackets for what may be left out, an ellipsis for what may be repeated. */
  operands: readonly string[];
  /** One sentence. */
  summary: string;
  /** Further paragraphs for the command's own help. */
  details?: string;
  flags: F;
  /** @throws what becomes a sentence on standard error and the exit code 1 */
  run(invocation: Invocation<F>): Promise<void>;
}

export type Command = Omit<Definition<Flags>, "run"> & {
  run(args: readonly string[], terminal: Terminal): Promise<void>;
};

/** Options that every command has. */
export const COMMON_FLAGS = {
  json: { help: "Print JSON for programs; errors come as JSON too, on standard error." },
  help: { help: "Show this help." },
} as const satisfies Flags;

/** A command whose `run` gets its options by type. */
export function defineCommand<const F extends Flags>(definition: Definition<F>): Command {
  return {
    ...definition,
    run: (args, terminal) => {
      const { operands, values } = readArguments(definition, args);
      // Checked against the definition just now, which is what the type is computed from.
      return definition.run({ operands, flags: values as FlagValues<F>, terminal });
    },
  };
}

/** @throws {UsageError} for whatever the usage does not show */
function readArguments(command: Omit<Definition<Flags>, "run">, args: readonly string[]) {
  const flags: Flags = { ...command.flags, ...COMMON_FLAGS };
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, { type: flag.value ? "string" : "boolean" } as const]),
  );
  refuseUnknown(args, options);
  const { values, positionals } = parsed(args, options);
  for (const [name, flag] of Object.entries(command.flags)) {
    if (flag.required && values[name] === undefined)
      throw new UsageError(`--${name} ${flag.value} is missing.`);
  }
  checkCount(command.operands, positionals);
  return { operands: positionals, values };
}

type Options = Record<string, { type: "string" | "boolean" }>;

function refuseUnknown(args: readonly string[], options: Options): void {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind !== "option" || Object.hasOwn(options, token.name)) continue;
    throw new UsageError(
      `There is no option ${token.rawName}.${nearest(token.rawName, Object.keys(options), "--")}`,
    );
  }
}

function parsed(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`${error.message.split("\n")[0]?.replace(/\.?$/, ".")}`, { cause: error });
  }
}

function checkCount(names: readonly string[], operands: readonly string[]): void {
  const missing = names.filter((name) => !name.startsWith("[")).at(operands.length);
  if (missing) throw new UsageError(`${missing.replace("…", "")} is missing.`);
  const surplus = operands[names.length];
  if (surplus !== undefined && !names.some((name) => name.includes("…")))
    throw new UsageError(`There is no place for ${JSON.stringify(surplus)}.`);
}

/** A whole number that was given as an option's value. @throws {UsageError} */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(
    `${flag} is ${JSON.stringify(text)}, which is not a whole number from ${min} to ${max}.`,
  );
}

/** An id that was given as an option's value or an operand. @throws {UsageError} where it is none */
export function idOf(name: string, text: string): number {
  return wholeNumber(name, text, 1, Number.MAX_SAFE_INTEGER);
}

/** One of the values that an option may have. @throws {UsageError} */
export function oneOf<const T extends string>(flag: string, text: string, values: readonly T[]): T {
  const value = values.find((candidate) => candidate === text);
  if (value !== undefined) return value;
  throw new UsageError(`${flag} is ${JSON.stringify(text)}, which is none of ${values.join(", ")}.`);
}

/** Sentences for failed parts of a command whose other parts were done. @throws {CliError} where there are any */
export function failWith(failures: readonly string[]): void {
  if (failures.length > 0) throw new CliError(failures.join("\n"));
}

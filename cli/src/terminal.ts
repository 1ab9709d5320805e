import type { ReadStream, WriteStream } from "node:tty";

export type Cell = string | number | null | undefined;

/** Where a command reads and writes. Data goes to standard output, everything said about it to standard error. */
export class Terminal {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  /** Whether `--json` was given. */
  readonly json: boolean;

  constructor(streams: Pick<NodeJS.Process, "env" | "stdin" | "stdout" | "stderr">, json: boolean) {
    this.env = streams.env;
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    this.json = json;
  }

  /** A sentence for a person; nothing with `--json`. */
  say(sentence: string): void {
    if (!this.json) this.stderr.write(`${sentence}\n`);
  }

  /** Data for people as text, for programs as JSON. */
  print(data: unknown, text: string): void {
    this.stdout.write(this.json ? `${JSON.stringify(data)}\n` : text);
  }

  /** What a command has done: a sentence for people, data for programs. */
  report(sentence: string, data: unknown): void {
    this.say(sentence);
    this.print(data, "");
  }

  /** A list as a table with a heading. The rows' texts come from strangers and lose what would steer the terminal. */
  printTable<Row>(data: readonly Row[], columns: Record<string, (row: Row) => Cell>): void {
    this.print(data, table(data, columns));
  }
}

function table<Row>(data: readonly Row[], columns: Record<string, (row: Row) => Cell>): string {
  const heading = Object.keys(columns);
  const cells = data.map((row) => Object.values(columns).map((value) => plain(value(row))));
  const lines = [heading, ...cells];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** One line, without control characters and without marks that turn the direction of text. */
export function plain(value: Cell): string {
  return String(value ?? "-").replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ");
}

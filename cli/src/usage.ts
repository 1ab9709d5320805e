import { COMMON_FLAGS, type Command, type Flag } from "./command.ts";

/** The line that shows how a command is typed. */
export function usageLine(command: Command): string {
  const flags = Object.entries(command.flags).map(([name, flag]) => {
    const typed = `--${name}${flag.value ? ` ${flag.value}` : ""}`;
    return flag.required ? typed : `[${typed}]`;
  });
  return ["uspeech", command.name, ...command.operands, ...flags].join(" ");
}

/** All that is said about one command. */
export function commandHelp(command: Command): string {
  const flags: [string, Flag][] = Object.entries({ ...command.flags, ...COMMON_FLAGS });
  const rows = flags.map(([name, flag]): [string, string] => [
    `--${name}${flag.value ? ` ${flag.value}` : ""}`,
    flag.help,
  ]);
  const details = command.details ? `\n${command.details}\n` : "";
  return `Usage: ${usageLine(command)}\n\n${command.summary}\n${details}\nOptions:\n${columns(rows)}`;
}

/** The commands of one group, or all there are, grouped by what they work on. */
export function overview(groups: Readonly<Record<string, readonly Command[]>>): string {
  const rows = Object.entries(groups).map(([title, commands]) => {
    const lines = commands.map((command): [string, string] => [
      ["uspeech", command.name, ...command.operands].join(" "),
      command.summary,
    ]);
    return `${title}\n${columns(lines)}`;
  });
  return `Usage: uspeech COMMAND …\n\n${rows.join("\n")}\n"uspeech COMMAND --help" says more about one of them.\n`;
}

function columns(rows: readonly [string, string][]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}

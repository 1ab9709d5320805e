/** Prints both sides of the guard. */
import { tableOf } from "../table.ts";
import type { Measured } from "./measure.ts";

type Planted = Extract<Measured, { side: "planted" }>;

export function reportOf(measured: readonly Measured[], { showMissed }: { showMissed: boolean }): string {
  const planted = measured.filter((one) => one.side === "planted");
  const turns = measured.filter((one) => one.side === "true");
  const groups = [...Map.groupBy(planted, ({ kind }) => kind), ["all", planted] as const];
  const rows = groups.map(([kind, group]) => {
    const found = group.filter(({ isFound }) => isFound).length;
    const flagged = group.filter(({ isFound, isFlagged }) => isFound && isFlagged).length;
    return [kind, String(group.length), String(found), String(flagged), percent(found, group.length)];
  });
  const accused = turns.filter(({ flag }) => flag !== null);
  const withheld = accused.filter(({ flag }) => flag !== "doubtful");
  return [
    tableOf([["planted", "plants", "found", "flagged", "found %"], ...rows]),
    "",
    `true turns ${turns.length}; accused ${accused.length} (${percent(accused.length, turns.length)} %), of them withheld ${withheld.length}`,
    ...accused.map(({ file, flag, text, evidence }) => `  ${flag} ${evidence.join(", ")} ${file}: ${text}`),
    ...(showMissed ? missedLines(planted) : []),
  ].join("\n");
}

function missedLines(planted: readonly Planted[]): string[] {
  return planted
    .filter(({ isFound }) => !isFound)
    .map(
      ({ kind, file, shown, evidence }) =>
        `  missed ${kind} [${evidence.join(", ")}] ${file}: ${shown.slice(0, 300)}`,
    );
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "-" : ((100 * part) / whole).toFixed(2);
}

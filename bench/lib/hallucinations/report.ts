/** Prints both sides of the guard. */
import type { Measured } from "./measure.ts";

type Planted = Extract<Measured, { side: "planted" }>;

export function reportOf(measured: readonly Measured[], { showMissed }: { showMissed: boolean }): string {
  const planted = measured.filter((one) => one.side === "planted");
  const turns = measured.filter((one) => one.side === "true");
  const groups = [...Map.groupBy(planted, ({ kind }) => kind), ["all", planted] as const];
  const rows = groups.map(([kind, group]) => {
    const found = group.filter(({ isFound }) => isFound).length;
    const flagged = group.filter(({ isFound, isFlagged }) => isFound && isFlagged).length;
    return [
      kind.padEnd(28),
      String(group.length).padStart(7),
      String(found).padStart(7),
      String(flagged).padStart(8),
      percent(found, group.length),
    ];
  });
  const accused = turns.filter(({ flag }) => flag !== null);
  const withheld = accused.filter(({ flag }) => flag !== "doubtful");
  return [
    ["planted".padEnd(28), "plants".padStart(7), "found".padStart(7), "flagged".padStart(8), "found %"].join(
      " ",
    ),
    ...rows.map((row) => row.join(" ")),
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

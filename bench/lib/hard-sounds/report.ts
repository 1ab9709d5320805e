/** Prints what was made of hard sounds. */
import type { Heard } from "../hear-recording.ts";
import { normalise } from "../normalise.ts";
import { tableOf } from "../table.ts";
import { rateOf, sumOf, type WordErrors } from "../word-error-rate.ts";

export interface Measured {
  kind: string;
  name: string;
  heard: Heard;
  bareText: string;
  /** Null where nothing is said. */
  errors: WordErrors | null;
  bareErrors: WordErrors | null;
}

export function hardSoundsReport(measured: readonly Measured[]): string {
  const wordless = measured.filter(({ errors }) => errors === null);
  const spoken = measured.filter(({ errors }) => errors !== null);
  const shown = wordless.filter(({ heard }) => hasWords(heard.text));
  return [
    tableOf([["without words", "clips", "with any word", "bare"], ...rowsOf(wordless, wordlessRow)]),
    "",
    ...shown.map(
      ({ kind, name, heard }) =>
        `  ${kind}, ${name}: "${heard.text.slice(0, 120)}" (${heard.speechSeconds.toFixed(1)} s taken for speech; ${heard.evidence.join(", ") || "no evidence"})`,
    ),
    "",
    tableOf([
      ["speech", "clips", "WER %", "bare WER %", "without text %", "withheld %", "refused"],
      ...rowsOf(spoken, spokenRow),
    ]),
  ].join("\n");
}

function rowsOf(measured: readonly Measured[], rowOf: (group: readonly Measured[]) => string[]): string[][] {
  const groups = [...Map.groupBy(measured, ({ kind }) => kind), ["all", measured] as const];
  return groups.map(([kind, group]) => [kind, String(group.length)].concat(rowOf(group)));
}

function hasWords(text: string): boolean {
  return normalise(text).length > 0;
}

function wordlessRow(group: readonly Measured[]): string[] {
  return [
    String(group.filter(({ heard }) => hasWords(heard.text)).length),
    String(group.filter(({ bareText }) => hasWords(bareText)).length),
  ];
}

function spokenRow(group: readonly Measured[]): string[] {
  const speech = group.reduce((sum, { heard }) => sum + heard.speechSeconds, 0);
  const share = (of: (heard: Heard) => number) =>
    percent(group.reduce((sum, { heard }) => sum + of(heard), 0) / Math.max(1e-9, speech));
  return [
    percent(rateOf(sumOf(group.flatMap(({ errors }) => errors ?? [])))),
    percent(rateOf(sumOf(group.flatMap(({ bareErrors }) => bareErrors ?? [])))),
    share((heard) => heard.uncoveredSeconds),
    share((heard) => heard.withheldSeconds),
    String(group.filter(({ heard }) => heard.reason !== null).length),
  ];
}

function percent(share: number): string {
  return (share * 100).toFixed(1);
}

/** Prints how languages were judged. */
import type { Evidence } from "../../server/src/pipeline/transcript.ts";
import { tableOf } from "./table.ts";

export interface Judged {
  path: string;
  dataset: string;
  /** What is really spoken, ISO 639-1. */
  language: string;
  speechSeconds: number;
  /**
   * `failed`: refused as another language. `withheld`, `doubtful`: the worst that happened to a part of it. `no transcript`:
   * failed for another reason, such as too little speech.
   */
  verdict: "failed" | "withheld" | "doubtful" | "trusted" | "no transcript";
  confidence: number | null;
  evidence: Evidence[];
}

const VERDICTS = ["failed", "withheld", "doubtful", "trusted", "no transcript"] as const;

/** Recordings with less speech than this are too short to tell. */
const LENGTHS = [5, 2] as const;

/** A table for each least length of speech, and the accused of the languages that the model speaks, by name. */
export function languageReport(judged: readonly Judged[], spoken: readonly string[]): string {
  const accused = judged.filter(
    ({ language, verdict, evidence }) =>
      spoken.includes(language) && (verdict === "failed" || evidence.length > 0),
  );
  return [
    ...LENGTHS.flatMap((seconds) => [
      `recordings with ${seconds} s of speech or more`,
      verdictTable(judged.filter(({ speechSeconds }) => speechSeconds >= seconds)),
      "",
    ]),
    `accused of what the model speaks: ${accused.length}`,
    ...accused.map(
      ({ path, verdict, evidence }) =>
        `  ${verdict} ${path}: ${evidence.map(({ value, text }) => `${value.toFixed(2)} "${text}"`).join("; ")}`,
    ),
  ].join("\n");
}

function verdictTable(judged: readonly Judged[]): string {
  const groups = [...Map.groupBy(judged, ({ language }) => language)].sort(([a], [b]) => a.localeCompare(b));
  const rows = groups.map(([language, group]) => {
    const counts = VERDICTS.map((verdict) => group.filter((one) => one.verdict === verdict).length);
    const unmeasured = group.filter(
      ({ verdict, confidence }) => verdict === "trusted" && confidence === null,
    );
    return [language].concat([group.length].concat(counts, unmeasured.length).map(String));
  });
  return tableOf([["language", "files", ...VERDICTS, "trusted unmeasured"], ...rows]);
}

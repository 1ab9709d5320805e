/** Prints what was measured. */
import { isTrue } from "./hallucinations/score.ts";
import type { Heard } from "./hear-recording.ts";
import type { HeardTurn } from "./heard-turns.ts";
import { normalise } from "./normalise.ts";
import { byDataset, sumScores, type Result, type Sum } from "./score.ts";
import { tableOf } from "./table.ts";
import { rateOf } from "./word-error-rate.ts";

/** Everything that a run measured, as text for a terminal. */
export function reportOf(results: readonly Result[], isBareMeasured: boolean): string {
  const speech = results.filter(({ recording }) => recording.kind !== "nonspeech");
  const nonspeech = results.filter(({ recording }) => recording.kind === "nonspeech");
  return [
    speechTable(speech, isBareMeasured),
    ...lossLines(speech),
    ...turnLines(speech),
    ...nonspeechLines(nonspeech),
    ...sameWordsLines(speech),
    ...failureLines(results),
  ].join("\n");
}

function speechTable(results: readonly Result[], isBareMeasured: boolean): string {
  const groups = [...byDataset(results), ["all", results] as const];
  const rows = groups.map(([name, group]) => {
    const ours = columnsOf(sumScores(group.map(({ ours }) => ours)), group);
    const bare = columnsOf(sumScores(group.map(({ bare }) => bare)), group);
    return [name, String(group.length)].concat(ours, isBareMeasured ? bare : []);
  });
  const columns = ["WER %", "sub", "del", "ins", "loops", "keywords %"];
  const bare = isBareMeasured ? columns.map((column) => `bare ${column}`) : [];
  return tableOf([["dataset", "files", ...columns, ...bare], ...rows]);
}

function columnsOf({ errors, keywordsHeard, loops }: Sum, group: readonly Result[]): string[] {
  const keywords = group.reduce((sum, { recording }) => sum + recording.keywords.length, 0);
  const { words, substitutions, deletions, insertions } = errors;
  return [
    words > 0 ? percent(rateOf(errors)) : "",
    ...[substitutions, deletions, insertions, loops].map(String),
    keywords > 0 ? percent(keywordsHeard / keywords) : "",
  ];
}

function lossLines(results: readonly Result[]): string[] {
  const heard = results.flatMap(({ heard }) => heard ?? []);
  const total = (of: (one: Heard) => number) => heard.reduce((sum, one) => sum + of(one), 0);
  const speech = total((one) => one.speechSeconds);
  const share = (seconds: number) => (speech > 0 ? percent(seconds / speech) : "0.00");
  const uncovered = total((one) => one.uncoveredSeconds);
  const withheld = total((one) => one.withheldSeconds);
  const lost = results.filter(
    ({ heard }) => heard !== null && heard.uncoveredSeconds + heard.withheldSeconds > 0,
  );
  return [
    "",
    `speech found ${speech.toFixed(1)} s; without text ${share(uncovered)} %; withheld ${share(withheld)} %`,
    ...lost.map(
      ({ recording, heard }) =>
        `  ${recording.path}: ${heard?.uncoveredSeconds.toFixed(1)} s without text, ${heard?.withheldSeconds.toFixed(1)} s withheld` +
        ` (${[...new Set(heard?.evidence)].join(", ")})`,
    ),
  ];
}

/** Turns of recordings whose text is known. True ones are those of {@link isTrue}. */
function turnLines(results: readonly Result[]): string[] {
  const turns = results.flatMap(({ recording: { path, text }, heard }) =>
    text === null || heard === null
      ? []
      : heard.turns.map((turn) => ({ ...turn, path, isTrue: isTrue(turn.text, text) })),
  );
  const known = turns.filter(({ isTrue }) => isTrue);
  const accused = known.filter(({ flag }) => flag !== null);
  const rows = FLAGS.map(([name, flag]) => [name, countOf(flag, turns), countOf(flag, known)]);
  return [
    "",
    tableOf([
      ["turns of recordings with a text", "all", "true"],
      ...rows,
      ["together", String(turns.length), String(known.length)],
    ]),
    `true turns accused: ${accused.length} of ${known.length} (${percent(accused.length / Math.max(1, known.length))} %)`,
    ...accused.map(({ path, flag, text }) => `  ${flag} ${path}: ${text}`),
  ];
}

function countOf(wanted: HeardTurn["flag"], turns: readonly HeardTurn[]): string {
  return String(turns.filter(({ flag }) => flag === wanted).length);
}

/** What is made of a turn, and what that is called. */
const FLAGS = [
  ["trusted", null],
  ["doubtful", "doubtful"],
  ["withheld", "withheld"],
  ["refused with its recording", "failed"],
] as const;

function nonspeechLines(results: readonly Result[]): string[] {
  if (results.length === 0) return [];
  const withWords = (of: (result: Result) => string | undefined) =>
    results.filter((result) => normalise(of(result) ?? "").length > 0);
  const ours = withWords(({ ours }) => ours?.text);
  const bare = withWords(({ bare }) => bare?.text);
  return [
    "",
    `non-speech clips with any word: ${ours.length} of ${results.length}; bare model ${bare.length}`,
    ...ours.map(({ recording, ours }) => `  ${recording.path}: ${ours?.text}`),
  ];
}

/** One recording in many containers must give the same words in all. */
function sameWordsLines(results: readonly Result[]): string[] {
  const variants = results.filter(({ recording }) => recording.dataset === "formats_jfk");
  if (variants.length === 0) return [];
  const paths = Map.groupBy(variants, ({ ours }) => normalise(ours?.text ?? "").join(" "));
  const groups = [...paths].sort(([, a], [, b]) => b.length - a.length);
  return [
    "",
    `formats_jfk: ${groups.length === 1 ? "the same words in all" : `${groups.length} wordings in`} ${variants.length} files`,
    ...(groups.length === 1 ? [] : groups).map(
      ([words, same]) =>
        `  ${same.length}x "${words}" ${same.length < 4 ? same.map((one) => one.recording.path).join(", ") : ""}`,
    ),
  ];
}

function failureLines(results: readonly Result[]): string[] {
  const errors = results.filter(({ error }) => error !== null);
  const refused = results.filter(({ heard, recording }) => recording.kind !== "nonspeech" && heard?.reason);
  return [
    "",
    `failures: ${errors.length}; speech that gave no transcript: ${refused.length}`,
    ...errors.map(({ recording, error }) => `  ${recording.path}: ${error}`),
    ...refused.map(({ recording, heard }) => `  ${recording.path}: ${heard?.reason}`),
  ];
}

function percent(share: number): string {
  return (share * 100).toFixed(2);
}

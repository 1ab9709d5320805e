/** Prints who was said to speak when, and how often wrongly. */
import type { Call } from "./calls.ts";
import { rateOf, sumOf, type DiarizationErrors } from "./diarization-error-rate.ts";
import type { Person } from "./persons.ts";
import { COLLAR_SECONDS, type Attempt, type Talk } from "./talks.ts";

/** What the built-in method's limits were chosen on. All else had not been heard by it before. */
const CHOSEN_ON = new Set([
  "ami/dev00.flac",
  "ami/dev01.flac",
  "ami/trn01.flac",
  "ami/trn02.flac",
  "ami/trn03.flac",
  "ami/trn04.flac",
  "simulated/conv2_p227_p228.flac",
]);

export function reportOf(talks: readonly Talk[], calls: readonly Call[]): string {
  const heldOut = talks.filter(({ path }) => !CHOSEN_ON.has(path));
  const groups: [string, readonly Talk[]][] = [
    ["chosen on", talks.filter(({ path }) => CHOSEN_ON.has(path))],
    ["others: meetings (ami)", heldOut.filter(({ path }) => path.startsWith("ami/"))],
    ["others: joined talk (simulated)", heldOut.filter(({ path }) => !path.startsWith("ami/"))],
    ["all others", heldOut],
  ];
  const rows = groups.flatMap(([name, group]) => groupRows(name, group));
  return [
    `collar ${COLLAR_SECONDS} s on either side of each edge; in brackets none; parts with the collar`,
    HEADER.join(" | "),
    ...rows,
    "",
    ...talks.flatMap(talkRows),
    "",
    ...calls.flatMap(callRows),
    "",
  ].join("\n");
}

const HEADER = [
  "recordings",
  "method",
  "DER % (no collar)",
  "missed",
  "false alarm",
  "confused",
  "number right",
];

function groupRows(name: string, talks: readonly Talk[]): string[] {
  const methods = [...new Set(talks.flatMap(({ attempts }) => attempts.map(({ method }) => method)))];
  return methods.map((method) => {
    const own = talks.flatMap(({ speakers, attempts }) =>
      attempts
        .filter((attempt) => attempt.method === method)
        .map((attempt) => ({ attempt, isRight: attempt.speakers === speakers })),
    );
    const forgiven = sumOf(own.map(({ attempt }) => attempt.forgiven));
    const strict = sumOf(own.map(({ attempt }) => attempt.strict));
    const right = own.filter(({ isRight }) => isRight).length;
    return [
      `${name} (${talks.length})`,
      method,
      ...figures(forgiven, strict),
      `${right} of ${own.length}`,
    ].join(" | ");
  });
}

function talkRows({ path, speakers, attempts }: Talk): string[] {
  return attempts.map((attempt) => [path, ...attemptCells(attempt, speakers)].join(" | "));
}

function callRows({ path, attempt, words, wordsRight }: Call): string[] {
  return [
    [path, ...attemptCells(attempt, 2)].join(" | "),
    `  words under the right name: ${wordsRight} of ${words}`,
  ];
}

function attemptCells({ method, speakers, certainty, forgiven, strict }: Attempt, truth: number): string[] {
  const sure = certainty === null ? "" : ` (${certainty.toFixed(2)})`;
  return [method, ...figures(forgiven, strict), `${speakers} of ${truth}${sure}`];
}

function figures(forgiven: DiarizationErrors, strict: DiarizationErrors): string[] {
  const share = (seconds: number) => percent(forgiven.speech > 0 ? seconds / forgiven.speech : 0);
  return [
    `${percent(rateOf(forgiven))} (${percent(rateOf(strict))})`,
    share(forgiven.missed),
    share(forgiven.falseAlarm),
    share(forgiven.confused),
  ];
}

/** Which recordings of one person were split. */
export function personRows(persons: readonly Person[]): string[] {
  const groups = Map.groupBy(
    persons,
    ({ method, isJoined }) => `${method}, ${isJoined ? "all files of one person joined" : "single files"}`,
  );
  return [...groups].flatMap(([name, own]) => {
    const split = own.filter(({ speakers }) => speakers > 1);
    const seconds = own.reduce((sum, person) => sum + person.seconds, 0);
    const heading = `recordings of one person, ${name}: ${split.length} of ${own.length} split (${Math.round(seconds)} s in all)`;
    const lines = split.map(
      (person) => `  ${person.name}: ${person.speakers} speakers in ${Math.round(person.seconds)} s`,
    );
    return [heading].concat(lines);
  });
}

function percent(share: number): string {
  return (share * 100).toFixed(1);
}

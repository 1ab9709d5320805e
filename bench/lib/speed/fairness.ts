/** How long somebody waits for a short recording while others keep the machine busy. */
import { setTimeout as pause } from "node:timers/promises";
import { findSpeech, makeRecording, type Speech } from "./long-speech.ts";
import { Program, type Uploader } from "./program.ts";
import type { Measured } from "./table.ts";
import { removeFolder, temporaryFolder } from "../temporary.ts";
import { lengthOf } from "./units.ts";

export interface FairnessOptions {
  model: string;
  workers: number;
  /** Length of the recording that keeps the machine busy. */
  longSeconds: number;
  /** Length of all others. */
  shortSeconds: number;
  /** How many short ones another user has uploaded before. */
  files: number;
  /** How often all of it is done. */
  rounds: number;
  /** A recording to take the speech from. */
  audio: string | undefined;
}

/** Seconds from the upload of a short recording until its transcript is there. */
interface Round {
  alone: number;
  besideLong: number;
  besideMany: number;
  /** How many of the other user's recordings were done by then. */
  othersDone: number;
}

interface Recordings {
  short: string;
  long: string;
  many: string[];
}

const EVERY_MS = 100;

export async function measureFairness(options: FairnessOptions): Promise<Measured> {
  const folder = temporaryFolder();
  const speech = await findSpeech(folder, options.audio);
  const recordings = await make(speech, options);
  const program = await Program.start(options);
  const newcomer = await program.newcomer("newcomer@example.org");
  const rounds: Round[] = [];
  for (let i = 0; i < options.rounds; i += 1) rounds.push(await measure(program, recordings, newcomer));
  await program.stop();
  removeFolder(folder);
  return report(rounds, speech, options);
}

async function make(
  speech: Speech,
  { longSeconds, shortSeconds, files }: FairnessOptions,
): Promise<Recordings> {
  const many: string[] = [];
  for (let i = 0; i < files; i += 1)
    many.push(
      await makeRecording(speech, {
        name: `part-${i}`,
        seconds: shortSeconds,
        startSeconds: i * shortSeconds,
      }),
    );
  return {
    short: await makeRecording(speech, { name: "short", seconds: shortSeconds }),
    long: await makeRecording(speech, { name: "long", seconds: longSeconds }),
    many,
  };
}

async function measure(
  program: Program,
  { short, long, many }: Recordings,
  newcomer: Uploader,
): Promise<Round> {
  const alone = await secondsFor(program, short, newcomer);

  const running = await program.upload(long);
  await untilUnderWay(program, running.task);
  const besideLong = await secondsFor(program, short, newcomer);
  await program.remove(running.id);

  const others = [];
  for (const file of many) others.push(await program.upload(file));
  const besideMany = await secondsFor(program, short, newcomer);
  const ended = await Promise.all(others.map(({ task }) => program.task(task)));
  for (const { id } of others) await program.remove(id);
  const othersDone = ended.filter(({ status }) => status === "succeeded").length;
  return { alone, besideLong, besideMany, othersDone };
}

async function secondsFor(program: Program, file: string, by: Uploader): Promise<number> {
  const started = performance.now();
  const { id } = await program.upload(file, by);
  await program.transcribed(id, by);
  return (performance.now() - started) / 1000;
}

async function untilUnderWay(program: Program, task: number): Promise<void> {
  while ((await program.task(task)).progress === 0) await pause(EVERY_MS);
}

const COLUMNS = [
  "round",
  "alone s",
  "beside a long one s",
  "times alone",
  "beside many s",
  "times alone",
  "of them done",
];

function report(rounds: readonly Round[], speech: Speech, options: FairnessOptions): Measured {
  const { model, workers, longSeconds, shortSeconds, files } = options;
  return {
    title: `Fairness: ${model}, ${workers} workers, a recording of ${lengthOf(shortSeconds)} of ${speech.name}`,
    rows: [COLUMNS, ...rounds.map(rowOf)],
    notes: [
      `The long one has ${lengthOf(longSeconds)} and is under way when the short one is uploaded. The many are ${files} of ${lengthOf(shortSeconds)} that`,
      "one user uploaded just before another uploads one. From the first byte uploaded until the transcript is there.",
    ],
    figures: { ...options, rounds },
  };
}

function rowOf({ alone, besideLong, besideMany, othersDone }: Round, i: number): string[] {
  return [
    String(i + 1),
    alone.toFixed(1),
    besideLong.toFixed(1),
    (besideLong / alone).toFixed(1),
    besideMany.toFixed(1),
    (besideMany / alone).toFixed(1),
    String(othersDone),
  ];
}

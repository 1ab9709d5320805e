/** How much of the time left that the API names is true. */
import { setTimeout as pause } from "node:timers/promises";
import { findSpeech, makeRecording, type Speech } from "./long-speech.ts";
import { Program } from "./program.ts";
import type { Measured } from "./table.ts";
import { removeFolder, temporaryFolder } from "../temporary.ts";
import { lengthOf } from "./units.ts";

export interface EtaOptions {
  model: string;
  workers: number;
  /** Length of the recording. */
  seconds: number;
  /** A recording to take the speech from. */
  audio: string | undefined;
}

/** What the API said at one moment. */
export interface Said {
  /** Since the upload. */
  atSeconds: number;
  /** 0 to 1. */
  progress: number;
  etaSeconds: number;
}

/** The same, with the truth. */
export interface Judged extends Said {
  leftSeconds: number;
  /** Share by which the estimate was wrong, below 0 where it was too short. */
  error: number;
}

const EVERY_MS = 100;

/** Shares of the recording at which the estimate is shown. */
const MARKS = [0.25, 0.5, 0.7, 0.9];

/** The estimate is in whole seconds: with less left, rounding alone is most of the error. */
const LEFT_SECONDS_MIN = 3;

/** … and the last twentieth is a few segments, which end all at once or one after the other. */
const LEFT_SHARE_MIN = 0.05;

export async function measureEta(options: EtaOptions): Promise<Measured> {
  const folder = temporaryFolder();
  const speech = await findSpeech(folder, options.audio);
  const recording = await makeRecording(speech, { name: "long", seconds: options.seconds });
  const program = await Program.start(options);
  const { said, tookSeconds } = await listen(program, recording);
  await program.stop();
  removeFolder(folder);
  return report(judge(said, tookSeconds), tookSeconds, speech, options);
}

async function listen(program: Program, recording: string): Promise<{ said: Said[]; tookSeconds: number }> {
  const { task } = await program.upload(recording);
  const started = performance.now();
  const said: Said[] = [];
  for (;;) {
    const { status, progress, eta_seconds: etaSeconds } = await program.task(task);
    const atSeconds = (performance.now() - started) / 1000;
    if (status === "succeeded") return { said, tookSeconds: atSeconds };
    if (status !== "queued" && status !== "running") throw new Error(`The transcription ${status}.`);
    if (etaSeconds !== null) said.push({ atSeconds, progress, etaSeconds });
    await pause(EVERY_MS);
  }
}

/** Compares what was said with when it was over. */
export function judge(said: readonly Said[], tookSeconds: number): Judged[] {
  return said.map((one) => {
    const leftSeconds = tookSeconds - one.atSeconds;
    return { ...one, leftSeconds, error: one.etaSeconds / leftSeconds - 1 };
  });
}

/** The worst estimate from the middle on, while there was enough left to judge by; null where there never was. */
export function worstOf(judged: readonly Judged[]): Judged | null {
  const counted = judged.filter(
    ({ progress, atSeconds, leftSeconds }) =>
      progress >= 0.5 &&
      leftSeconds >= Math.max(LEFT_SECONDS_MIN, LEFT_SHARE_MIN * (atSeconds + leftSeconds)),
  );
  return counted.toSorted((a, b) => Math.abs(b.error) - Math.abs(a.error))[0] ?? null;
}

const COLUMNS = ["progress", "said s", "left s", "off by %"];

function report(
  judged: readonly Judged[],
  tookSeconds: number,
  speech: Speech,
  { model, workers, seconds }: EtaOptions,
): Measured {
  const atMarks = MARKS.flatMap((mark) => judged.find(({ progress }) => progress >= mark) ?? []);
  const worst = worstOf(judged);
  return {
    title: `Time left: ${model}, ${workers} workers, ${lengthOf(seconds)} of ${speech.name}`,
    rows: [COLUMNS, ...atMarks.map(rowOf)],
    notes: [
      `The whole took ${tookSeconds.toFixed(1)} s. The API was asked every ${EVERY_MS} ms.`,
      worst === null
        ? "It was over too soon to say more."
        : `The worst estimate from the middle on, with ${100 * LEFT_SHARE_MIN} % of the time or more left, was off by ${percent(worst.error)} % (at ${worst.progress.toFixed(2)}).`,
    ],
    figures: { tookSeconds, atMarks, worst },
  };
}

function rowOf({ progress, etaSeconds, leftSeconds, error }: Judged): string[] {
  return [progress.toFixed(2), etaSeconds.toFixed(0), leftSeconds.toFixed(1), percent(error)];
}

function percent(share: number): string {
  return (100 * share).toFixed(0);
}

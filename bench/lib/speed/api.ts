/** How many authenticated reads the API answers, and how long one waits. */
import { spawn } from "node:child_process";
import path from "node:path";
import type { Load, LoadResult } from "./load-process.ts";
import { findSpeech, makeRecording } from "./long-speech.ts";
import { cpuSeconds } from "./process-tree.ts";
import { canPin, onCore, Program } from "./program.ts";
import { copyFile, type Copied } from "./rows.ts";
import type { Measured } from "./table.ts";
import { endWithUs, removeFolder, temporaryFolder } from "../temporary.ts";

export interface ApiOptions {
  model: string;
  /** Files with transcripts in the database. */
  rows: number;
  /** How many users they belong to, in equal parts; one of them asks. */
  users: number;
  connections: number;
  /** Length of each measurement. */
  seconds: number;
  /** Requests a second for the measurements at a steady rate. */
  ratePerSecond: number;
  /** Length of the recording whose transcript is multiplied. */
  recordingSeconds: number;
  audio: string | undefined;
}

/** Different things to read, so that no cache of one row is what is measured. */
const PATHS_MAX = 5_000;

/** The processors that the server and the client are kept on, so that neither takes from the other. */
const CORES = { server: 0, client: 1 };

/** What the service aims at: reads at the steady rate with 99 of 100 answered in less. */
const P99_AIM_MS = 20;

/** Code is compiled while it runs; the first seconds are slower. */
const WARM_UP_SECONDS = 2;

interface Case {
  what: string;
  paths: string[];
}

interface CaseResult extends LoadResult {
  what: string;
  ratePerSecond: number | null;
  /** What the server would give with one processor to itself, by the processor time that it took. */
  answersPerCpuSecond: number;
}

export async function measureApi(options: ApiOptions): Promise<Measured> {
  const program = await Program.start({ model: options.model, workers: 1, core: CORES.server });
  const started = performance.now();
  const copied = copyFile(program.database, { ...options, fileId: await transcribeOne(program, options) });
  const fillSeconds = (performance.now() - started) / 1000;
  const results: CaseResult[] = [];
  for (const one of casesOf(copied)) {
    await measure(program, one, { ...options, seconds: WARM_UP_SECONDS }, null);
    for (const rate of [null, options.ratePerSecond])
      results.push(await measure(program, one, options, rate));
  }
  await program.stop();
  return report(results, options, fillSeconds);
}

async function transcribeOne(program: Program, { audio, recordingSeconds }: ApiOptions): Promise<number> {
  const folder = temporaryFolder();
  const speech = await findSpeech(folder, audio);
  const { id } = await program.upload(
    await makeRecording(speech, { name: "short", seconds: recordingSeconds }),
  );
  await program.transcribed(id);
  removeFolder(folder);
  return id;
}

function casesOf({ fileIds, transcriptIds }: Copied): Case[] {
  const files = someOf(fileIds).map((id) => `/api/files/${id}/`);
  const transcripts = someOf(transcriptIds).map((id) => `/api/transcripts/${id}/`);
  const lists = files.map(() => "/api/files/");
  return [
    { what: "GET /api/files/{id}/", paths: files },
    { what: "GET /api/transcripts/{id}/", paths: transcripts },
    { what: "GET /api/files/", paths: ["/api/files/"] },
    {
      what: "the three in turn",
      paths: files.flatMap((file, i) => [file, transcripts[i] ?? file, lists[i] ?? file]),
    },
  ];
}

/** Spread over all of them, in no order that a page of the database has. */
function someOf(ids: readonly number[]): number[] {
  const step = Math.max(1, Math.floor(ids.length / PATHS_MAX));
  const some = ids.filter((_, i) => i % step === 0).slice(0, PATHS_MAX);
  // A step that shares no factor with the length visits all of them, far apart.
  const stride = 7_919;
  return some.map((_, i) => some[(i * stride) % some.length] ?? 0);
}

async function measure(
  program: Program,
  { what, paths }: Case,
  { connections, seconds }: ApiOptions,
  ratePerSecond: number | null,
): Promise<CaseResult> {
  const { baseUrl, headers } = program;
  const before = await cpuSeconds(program.pid);
  const result = await runLoad({ baseUrl, headers, paths, connections, seconds, ratePerSecond });
  const answersPerCpuSecond = result.answers / ((await cpuSeconds(program.pid)) - before);
  return { what, ratePerSecond, answersPerCpuSecond, ...result };
}

const LOAD_PROGRAM = path.join(import.meta.dirname, "load-process.ts");

async function runLoad(load: Load): Promise<LoadResult> {
  const { command, args } = onCore(CORES.client, [LOAD_PROGRAM]);
  const child = endWithUs(spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] }));
  child.stdin.end(JSON.stringify(load));
  const result = (await child.stdout.setEncoding("utf8").toArray()).join("");
  if (result === "") throw new Error("The client ended without a result.");
  return JSON.parse(result);
}

const COLUMNS = [
  "request",
  "asked for",
  "answers/s",
  "p50 ms",
  "p99 ms",
  "longest ms",
  "failures",
  "answers/CPU s",
];

function report(results: readonly CaseResult[], options: ApiOptions, fillSeconds: number): Measured {
  const { rows, users, connections, seconds } = options;
  const where = canPin()
    ? `The server is kept on one processor (taskset --cpu-list ${CORES.server}), the client on another (${CORES.client}).`
    : "Server and client share all processors.";
  const slow = results.filter(
    ({ ratePerSecond, p99Ms, failures }) => ratePerSecond !== null && (failures > 0 || p99Ms >= P99_AIM_MS),
  );
  return {
    title: `API: ${rows} files with transcripts of ${users === 1 ? "one user" : `${users} users`}, ${connections} connections`,
    rows: [
      COLUMNS,
      ...results.map((result) => [
        result.what,
        result.ratePerSecond === null ? "all it can" : `${result.ratePerSecond}/s`,
        (result.answers / result.seconds).toFixed(0),
        ...[result.p50Ms, result.p99Ms, result.maxMs].map((ms) => ms.toFixed(1)),
        String(result.failures),
        result.answersPerCpuSecond.toFixed(0),
      ]),
    ],
    notes: [
      `Each for ${seconds} s. ${where} All requests carry an API key. Times at a steady rate are counted from the moment at which`,
      `a request was due. The database was filled in ${fillSeconds.toFixed(0)} s. Requests are logged and counted as by default.`,
      `Aim: at ${options.ratePerSecond}/s, a p99 under ${P99_AIM_MS} ms. ${slow.length === 0 ? "Reached." : `Missed by ${slow.map(({ what }) => what).join(", ")}.`}`,
    ],
    figures: { ...options, results },
  };
}

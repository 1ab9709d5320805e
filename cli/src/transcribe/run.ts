/** Transcribes recordings on this machine: the server's own pipeline, with one speech engine for all of them. */

import { access, constants, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ExportDocument } from "@uspeech/server/exports/document.ts";
import { type ExportType, render, titleOf } from "@uspeech/server/exports/export.ts";
import { checkFfmpeg } from "@uspeech/server/media/ffmpeg.ts";
import { probe } from "@uspeech/server/media/probe.ts";
import { openScratch } from "@uspeech/server/media/scratch.ts";
import { createLog } from "@uspeech/server/observe/log.ts";
import { transcribe } from "@uspeech/server/pipeline/transcribe.ts";
import type { OpenAiConfig } from "@uspeech/server/config/config.ts";
import { openDataDir } from "@uspeech/server/config/data-dir.ts";
import { chooseDiarizer } from "@uspeech/server/speakers/choose-diarizer.ts";
import type { Diarizer } from "@uspeech/server/speakers/diarizer.ts";
import { startEngine } from "@uspeech/server/speech/choose-engine.ts";
import { neededModel, remedyBeyond } from "@uspeech/server/speech/needed-model.ts";
import type { SpeechEngine } from "@uspeech/server/speech/recogniser.ts";
import { pullWithBar } from "../commands/models.ts";
import type { Settings } from "../data-folder.ts";
import { CliError } from "../errors.ts";
import type { Terminal } from "../terminal.ts";
import type { Job } from "./outputs.ts";
import { Overview } from "./overview.ts";
import type { Result } from "./results.ts";

export { planOutputs } from "./outputs.ts";
export { failuresOf, shownResult } from "./results.ts";

export interface RunOptions {
  settings: Settings;
  /** A model of the catalogue, or `openai`. */
  model: string;
  /** The server that recognises; null where this machine does. */
  openai: OpenAiConfig | null;
  /** `auto` or a code that the model speaks. */
  language: string;
  workers: number;
  format: ExportType;
  overwrite: boolean;
  terminal: Terminal;
  signal: AbortSignal;
}

interface Studio extends RunOptions {
  engine: SpeechEngine;
  diarizer: Diarizer | null;
  scratchDir: string;
  overview: Overview;
}

/**
 * What became of each recording, in their order. One that fails does not keep the others from being done.
 *
 * @throws ModelError, SpeechEngineError, FfmpegMissingError where nothing can be transcribed; the signal's reason
 */
export async function transcribeAll(jobs: readonly Job[], options: RunOptions): Promise<Result[]> {
  const refused = await Promise.all(jobs.map((job) => fault(job, options)));
  if (refused.every((message) => message !== null))
    return jobs.map((job, i) => failed(job, refused[i] ?? ""));
  await checkFfmpeg();
  return inStudio(options, jobs, (studio) =>
    inParallel(jobs, studio.workers + 1, async (job, index) => {
      const message = refused[index] ?? null;
      const result = message === null ? await attempt(job, index, studio) : failed(job, message);
      studio.overview.finished(index);
      return result;
    }),
  );
}

/** What can be said against a recording before any work, in a sentence; null for nothing. */
async function fault({ input, output }: Job, { overwrite }: RunOptions): Promise<string | null> {
  const stats = await stat(input).catch(codeOf);
  if (stats === "ENOENT") return "There is no such file.";
  if (typeof stats === "string") return `It cannot be read (${stats}).`;
  if (stats.isDirectory()) return "This is a folder. Name the files in it.";
  if (output === null) return null;
  return (
    (await cannotHold(path.dirname(path.resolve(output)))) ?? (overwrite ? null : standsInTheWay(output))
  );
}

/** Whether a folder, or what it can be made in, takes files: better told before an hour of work than after it. */
async function cannotHold(folder: string): Promise<string | null> {
  // The dot makes an error of what is no folder.
  const code = await access(`${folder}/.`, constants.W_OK).then(() => null, codeOf);
  if (code === null) return null;
  return code === "ENOENT" ? cannotHold(path.dirname(folder)) : `${folder} cannot be written in (${code}).`;
}

async function standsInTheWay(output: string): Promise<string | null> {
  if ((await stat(output).catch(codeOf)) === "ENOENT") return null;
  return `${output} is there already. Give --overwrite to replace it, or --output DIR to write elsewhere.`;
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? error.message;
}

/** Has the model, the engine and a folder for decoded audio ready while work runs. */
async function inStudio<T>(
  options: RunOptions,
  jobs: readonly Job[],
  work: (studio: Studio) => Promise<T>,
): Promise<T> {
  const { settings, model, openai, workers, terminal, signal } = options;
  const { folders, env } = settings;
  const modelsDir = folders.models;
  const needed = neededModel({ model, openai });
  await openDataDir(settings.config.dataDir);
  await pullWithBar(needed, { modelsDir, terminal, signal });
  const log = createLog(env.USPEECH_LOG_LEVEL ?? "silent", terminal.stderr);
  const scratchDir = await openScratch(folders.scratch);
  const overview = new Overview(
    terminal,
    jobs.map((job) => path.basename(job.input)),
  );
  try {
    const openaiApiKey = env.USPEECH_OPENAI_API_KEY ?? null;
    const engine = await startEngine({ model, openai, openaiApiKey, modelsDir, workers, log });
    const diarizer = chooseDiarizer(settings.config.speakers, modelsDir);
    try {
      signal.throwIfAborted();
      return await work({ ...options, engine, diarizer, scratchDir, overview });
    } finally {
      await engine.close();
    }
  } finally {
    overview.clear();
    await rm(scratchDir, { recursive: true, force: true });
  }
}

/** Runs work on all items, so many at once, and gives the results in the items' order. */
async function inParallel<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return results;
}

async function attempt(job: Job, index: number, studio: Studio): Promise<Result> {
  try {
    return await transcribeOne(job, index, studio);
  } catch (error) {
    studio.signal.throwIfAborted();
    return failed(job, error instanceof Error ? error.message : String(error));
  }
}

async function transcribeOne(job: Job, index: number, studio: Studio): Promise<Result> {
  const { engine, diarizer, scratchDir, language, settings, overview, signal } = studio;
  const found = await probe(job.input, { filename: path.basename(job.input), signal });
  const outcome = await transcribe(
    { path: job.input, probe: found },
    {
      engine,
      scratchDir,
      shareKey: job.input,
      signal,
      language,
      remedy: remedyBeyond(engine.languages),
      speakers: diarizer && { diarizer, expected: null },
      secondsMax: settings.config.audioSecondsMax,
      // Nothing is kept of a run that is stopped.
      checkpoint: { load: async () => [], save: async () => undefined },
      onProgress: (progress) => overview.show(index, progress),
    },
  );
  if (outcome.kind === "failed") {
    const { reason, detail } = outcome;
    return { ...job, status: "failed", message: `${detail.message} (${reason})`, reason, detail };
  }
  const document: ExportDocument = {
    title: titleOf(path.basename(job.input)),
    transcript: outcome.transcript,
    createdAt: new Date(),
    returnTimestamps: true,
  };
  await deliver(job, document, studio);
  return { ...job, status: "transcribed", document };
}

/** Writes a transcript where it belongs: whole or not at all. With `--json`, printing is left to the command. */
async function deliver({ output }: Job, document: ExportDocument, studio: Studio): Promise<void> {
  const { format, overwrite, terminal, overview } = studio;
  if (output === null && terminal.json) return;
  const bytes = await render(format, document);
  if (output === null) {
    overview.clear();
    await new Promise<void>((resolve) => void terminal.stdout.write(bytes, () => resolve()));
    return;
  }
  await mkdir(path.dirname(output), { recursive: true });
  const draft = `${output}.${process.pid}.part`;
  try {
    await writeFile(draft, bytes);
    // Somebody may have written there in the meantime.
    const inTheWay = overwrite ? null : await standsInTheWay(output);
    if (inTheWay !== null) throw new CliError(inTheWay);
    await rename(draft, output);
  } finally {
    await rm(draft, { force: true });
  }
  overview.note(`Wrote ${output}.`);
}

function failed(job: Job, message: string): Result {
  return { ...job, status: "failed", message, reason: null, detail: null };
}

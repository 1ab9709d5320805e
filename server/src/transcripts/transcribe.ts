import type { BlobStore } from "../blobs/blob-store.ts";
import type { Config, DataFolders } from "../config/config.ts";
import { LIMITS } from "../config/limits.ts";
import type { Database, Tx } from "../database/open.ts";
import { RecordingTooLongError } from "../media/decode.ts";
import { type Probe, UndecodableError } from "../media/probe.ts";
import type { Changes } from "../observe/changes.ts";
import type { Logger } from "../observe/log.ts";
import { type Progress, transcribe as runPipeline } from "../pipeline/transcribe.ts";
import type { Outcome } from "../pipeline/transcript.ts";
import { type Delivery, type Queue, StopWork } from "../queue/queue.ts";
import { remedyBeyond } from "../speech/needed-model.ts";
import type { Diarizer } from "../speakers/diarizer.ts";
import type { SpeechEngine } from "../speech/recogniser.ts";
import { notifyEnd } from "../notifications/notify.ts";
import { claimTask, failTranscript, reportProgress, type Task } from "../tasks/tasks.ts";
import { announceEnd } from "../webhooks/announce.ts";
import { languageFault } from "./language-fault.ts";
import { storedSegments } from "./segments.ts";
import { releaseMinutes, settleMinutes } from "../usage/ledger.ts";
import { saveTranscript } from "./transcripts.ts";

export interface TranscribeServices {
  db: Database;
  queue: Queue;
  blobs: BlobStore;
  engine: SpeechEngine;
  /** Null where speakers are told apart by channels alone. */
  diarizer: Diarizer | null;
  config: Config;
  folders: DataFolders;
  changes: Changes;
  /** There is new work in a queue. */
  wake: () => void;
  log: Logger;
  /** Where the links in mails lead. */
  siteUrl: () => string;
  now: () => Date;
}

/** The recording cannot be transcribed here, however often it is tried; the message says what to do. */
class HopelessError extends Error {
  override name = "HopelessError";
}

/** The task was cancelled, deleted or taken over while it ran. */
class NoLongerOursError extends Error {
  override name = "NoLongerOursError";
}

/** The job behind a delivery: load, run, save, report. Never rejects for the recording's sake. */
export async function transcribe(
  services: TranscribeServices,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<void> {
  const task = await services.db.transaction().execute((tx) => claimTask(tx, delivery, services.now()));
  if (!task) return void (await services.queue.settle(services.db, delivery));
  const log = services.log.child({ task: task.id, file: task.file_id });
  log.info({ attempt: task.attempt, delivery: delivery.timesDelivered }, "transcription started");
  try {
    const outcome = await listen(services, task, delivery, signal);
    await finish(services, task, delivery, outcome);
    log.info({ outcome: outcome.kind }, "transcription finished");
  } catch (error) {
    await giveUp(services, task, delivery, error, log);
  }
  services.changes.announce(task.file_id);
  services.wake();
}

async function listen(
  services: TranscribeServices,
  task: Task,
  delivery: Delivery,
  signal: AbortSignal,
): Promise<Outcome> {
  const recording = await load(services, task.file_id);
  const fault = languageFault(services.engine, recording.language);
  if (fault) throw new HopelessError(fault);
  const reporter = new Reporter(services, task, delivery);
  return services.blobs.withFile(recording.blobKey, (path) =>
    runPipeline(
      { path, probe: recording.probe },
      {
        engine: services.engine,
        scratchDir: services.folders.scratch,
        shareKey: `user ${task.user_id}`,
        signal: AbortSignal.any([signal, reporter.signal]),
        language: recording.language,
        remedy: remedyBeyond(services.engine.languages),
        speakers: services.diarizer && { diarizer: services.diarizer, expected: recording.speakersExpected },
        secondsMax: services.config.audioSecondsMax,
        checkpoint: storedSegments(services.db, task, () => services.changes.announce(task.file_id)),
        onProgress: (progress) => reporter.report(progress),
        onMissing: (stage, error) =>
          services.log.error({ err: error, task: task.id, stage }, "a stage failed"),
      },
    ),
  );
}

async function load(services: TranscribeServices, fileId: number) {
  const row = await services.db
    .selectFrom("files")
    .innerJoin("projects", "projects.id", "files.project_id")
    .select(["files.blob_key", "files.probe_json", "projects.language", "projects.speakers_expected"])
    .where("files.id", "=", fileId)
    .executeTakeFirst();
  if (!row) throw new NoLongerOursError("The file is gone.");
  if (row.probe_json === null) throw new HopelessError("This file holds no audio.");
  return {
    blobKey: row.blob_key,
    probe: JSON.parse(row.probe_json) as Probe,
    language: row.language,
    speakersExpected: row.speakers_expected,
  };
}

/** Writes progress to the task's row, one write at a time, and stops the work when the row is no longer ours. */
class Reporter {
  readonly #services: TranscribeServices;
  readonly #task: Task;
  readonly #delivery: Delivery;
  readonly #stop = new AbortController();
  #latest: Progress | null = null;
  #writing = false;

  constructor(services: TranscribeServices, task: Task, delivery: Delivery) {
    this.#services = services;
    this.#task = task;
    this.#delivery = delivery;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  report(progress: Progress): void {
    this.#latest = progress;
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      while (this.#latest) {
        const { stage, fraction: progress, secondsLeft } = this.#latest;
        this.#latest = null;
        const { db, now } = this.#services;
        const ours = await reportProgress(db, this.#delivery, { stage, progress, secondsLeft }, now());
        if (!ours) this.#stop.abort(new NoLongerOursError("The task was cancelled or taken over."));
        this.#services.changes.announce(this.#task.file_id);
      }
    } catch (error) {
      this.#services.log.warn({ err: error, task: this.#task.id }, "progress could not be written");
    } finally {
      this.#writing = false;
    }
  }
}

/** One transaction: the transcript or the reason why there is none, the minutes, the task, the queue. */
async function finish(
  services: TranscribeServices,
  task: Task,
  delivery: Delivery,
  outcome: Outcome,
): Promise<void> {
  await whileOurs(services, task, delivery, async (tx) => {
    const now = services.now();
    if (outcome.kind === "transcribed") {
      const { transcript, evidence } = outcome;
      await saveTranscript(tx, task.transcript_id, transcript, evidence, now);
      await noteDuration(tx, task.file_id, transcript.durationSeconds);
      await settleMinutes(tx, task.id, transcript.speechSeconds, now);
      await end(tx, task, { status: "succeeded", progress: 1 }, now);
    } else {
      await failTranscript(tx, task.transcript_id, outcome.reason, outcome.detail, now);
      await noteDuration(tx, task.file_id, outcome.durationSeconds);
      await releaseMinutes(tx, task.id, "failed", now);
      await end(
        tx,
        task,
        { status: "failed", error_reason: outcome.reason, error: outcome.detail.message },
        now,
      );
    }
    await tellOfEnd(tx, services, task.id, now);
    await services.queue.settle(tx, delivery);
  });
}

/** Programs by webhook, people by mail; both are only queued here, and go out once this is committed. */
async function tellOfEnd(tx: Tx, services: TranscribeServices, taskId: number, now: Date): Promise<void> {
  await announceEnd(tx, services.queue, taskId, now);
  await notifyEnd(tx, services, taskId, now);
}

/** What came out of the decoder is truer than what the container says. */
async function noteDuration(tx: Tx, fileId: number, durationSeconds: number): Promise<void> {
  await tx.updateTable("files").set({ duration_seconds: durationSeconds }).where("id", "=", fileId).execute();
}

type Ending = Partial<Pick<Task, "status" | "progress" | "error_reason" | "error">>;

async function end(tx: Tx, task: Task, ending: Ending, now: Date): Promise<void> {
  await tx
    .updateTable("tasks")
    .set({ ...ending, claim: null, stage: null, finished_at: now.toISOString() })
    .where("id", "=", task.id)
    .execute();
}

/** Runs `write` in a transaction, unless the task went to somebody else meanwhile: then nothing is written. */
async function whileOurs(
  services: TranscribeServices,
  task: Task,
  delivery: Delivery,
  write: (tx: Tx) => Promise<void>,
): Promise<void> {
  await services.db.transaction().execute(async (tx) => {
    const ours = await tx
      .selectFrom("tasks")
      .select("id")
      .where("id", "=", task.id)
      .where("claim", "=", delivery.token)
      .executeTakeFirst();
    if (ours) await write(tx);
  });
}

/** Decides what an error means for the task: hand back, try again later, or fail for good. */
async function giveUp(
  services: TranscribeServices,
  task: Task,
  delivery: Delivery,
  error: unknown,
  log: Logger,
): Promise<void> {
  if (error instanceof NoLongerOursError) return log.info({ why: error.message }, "transcription dropped");
  if (error instanceof StopWork) return handBack(services, task, delivery, log);
  if (HOPELESS.some((type) => error instanceof type) && error instanceof Error) {
    log.warn({ why: error.message }, "the recording cannot be transcribed");
    return failForGood(services, task, delivery, error.message);
  }
  log.error({ err: error }, "transcription failed");
  if (task.attempt < LIMITS.tasks.attemptsMax && delivery.timesDelivered < LIMITS.tasks.deliveriesMax)
    return tryAgainLater(services, task, delivery);
  return failForGood(services, task, delivery, UPSTREAM_FAILURE);
}

/** Errors that say something of the recording, and would say it again. */
const HOPELESS = [HopelessError, UndecodableError, RecordingTooLongError];

const UPSTREAM_FAILURE =
  "The recording could not be transcribed because a part of the service failed three times. Nothing is wrong with the " +
  "recording. Retry it; if it fails again, tell the operator, whose log has the cause under this task's id.";

async function handBack(
  services: TranscribeServices,
  task: Task,
  delivery: Delivery,
  log: Logger,
): Promise<void> {
  await whileOurs(services, task, delivery, async (tx) => {
    await tx.updateTable("tasks").set({ status: "queued", claim: null }).where("id", "=", task.id).execute();
    await services.queue.putBack(tx, delivery, services.now());
  });
  log.info("transcription handed back; it goes on from its last segment");
}

async function tryAgainLater(services: TranscribeServices, task: Task, delivery: Delivery): Promise<void> {
  const pauseMs = LIMITS.tasks.retryPausesMs[task.attempt - 1] ?? LIMITS.tasks.retryPausesMs[0];
  await whileOurs(services, task, delivery, async (tx) => {
    await tx
      .updateTable("tasks")
      .set({ status: "queued", claim: null, attempt: task.attempt + 1 })
      .where("id", "=", task.id)
      .execute();
    await services.queue.putBack(tx, delivery, new Date(services.now().getTime() + pauseMs));
  });
}

async function failForGood(
  services: TranscribeServices,
  task: Task,
  delivery: Delivery,
  message: string,
): Promise<void> {
  await whileOurs(services, task, delivery, async (tx) => {
    const now = services.now();
    await failTranscript(tx, task.transcript_id, null, { message }, now);
    await releaseMinutes(tx, task.id, "failed", now);
    await end(tx, task, { status: "failed", error: message }, now);
    await tellOfEnd(tx, services, task.id, now);
    await services.queue.settle(tx, delivery);
  });
}

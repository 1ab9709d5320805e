import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { type Selectable, sql } from "kysely";
import type { Actor } from "../accounts/users.ts";
import { type BlobStore, BlobTooLargeError, type StoredBlob } from "../blobs/blob-store.ts";
import { doomBlobs } from "../blobs/doomed.ts";
import type { Config } from "../config/config.ts";
import { LIMITS } from "../config/limits.ts";
import { compiledOnce } from "../database/compiled.ts";
import type { Executor, Tx } from "../database/open.ts";
import type { FileType, Tables, TranscriptStatus } from "../database/tables.ts";
import { PayloadTooLarge, ValidationError } from "../http/errors.ts";
import { FfmpegFailedError } from "../media/ffmpeg.ts";
import { NOT_MEDIA, type Probe, probe, UndecodableError } from "../media/probe.ts";
import type { Transcript } from "../pipeline/transcript.ts";
import { inVisibleProject } from "../projects/access.ts";
import type { Queue } from "../queue/queue.ts";
import { dropWorkOn, type Queueing, transcribeLater } from "../tasks/tasks.ts";
import { createTranscribed } from "../transcripts/transcripts.ts";
import { refusalOf } from "../usage/ledger.ts";
import { parseSubtitles, SubtitleError, type Subtitles, type SubtitleType } from "./subtitles.ts";

export const FILE_TYPES = ["audio", "csv", "xlsx", "srt", "vtt"] as const satisfies FileType[];

/** A file with what its transcript and its latest task say of it. */
export type FileRow = Selectable<Tables["files"]> & {
  transcript_id: number | null;
  transcript_status: TranscriptStatus | null;
  error_reason: string | null;
  error_detail_json: string | null;
  task_id: number | null;
  task_progress: number | null;
};

export type FileStatus = "uploaded" | TranscriptStatus;

/** A file's status is its transcript's; without one nothing was asked of it yet. */
export function fileStatus(row: Pick<FileRow, "transcript_status">): FileStatus {
  return row.transcript_status ?? "uploaded";
}

function fileRows(executor: Executor) {
  return executor
    .selectFrom("files")
    .leftJoin("transcripts", "transcripts.file_id", "files.id")
    .leftJoin("tasks", (join) =>
      join.on("tasks.id", "=", (eb) =>
        eb
          .selectFrom("tasks as latest")
          .whereRef("latest.file_id", "=", "files.id")
          .select((tasks) => tasks.fn.max("latest.id").as("id")),
      ),
    )
    .selectAll("files")
    .select(["transcripts.id as transcript_id", "transcripts.status as transcript_status"])
    .select(["transcripts.error_reason", "transcripts.error_detail_json"])
    .select(["tasks.id as task_id", "tasks.progress as task_progress"]);
}

/** Undefined where there is none for this actor. */
export async function findFile(executor: Executor, actor: Actor, id: number): Promise<FileRow | undefined> {
  const [file] = await visibleFiles(executor, actor.userId, id);
  return file;
}

const visibleFiles = compiledOnce((executor, userId: number, id: number) =>
  fileRows(executor).where("files.id", "=", id).where(inVisibleProject(executor, { userId })),
);

/** In the order of the ids, of which the caller has made sure that the actor sees them; those gone meanwhile are left out. */
export async function filesById(executor: Executor, ids: readonly number[]): Promise<FileRow[]> {
  const rows = await filesIn(executor, JSON.stringify(ids));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

const filesIn = compiledOnce((executor, ids: string) =>
  fileRows(executor).where("files.id", "in", sql<number>`(select value from json_each(${ids}))`),
);

/** Streams an upload to the blob store. @throws {PayloadTooLarge} */
export async function receive(
  blobs: BlobStore,
  source: Readable,
  sizeBytesMax: number,
  signal: AbortSignal,
): Promise<StoredBlob> {
  try {
    return await blobs.put(source, { sizeBytesMax, signal });
  } catch (error) {
    if (error instanceof BlobTooLargeError) throw new PayloadTooLarge(error.sizeBytesMax, "The file");
    throw error;
  }
}

/** A file as its sender described it, with its stored bytes. */
export interface Upload {
  projectId: number;
  fileType: FileType;
  filename: string;
  blob: StoredBlob;
}

/** What an upload holds, found out before anything is written about it. */
export interface Inspected {
  probe: Probe | null;
  /** Of subtitles, whose text is the transcript. */
  transcript: Transcript | null;
}

/** Looks into a stored upload. @throws {ValidationError} on `file` where it is not what it says it is */
export async function inspect(
  upload: Omit<Upload, "projectId">,
  services: { blobs: BlobStore; config: Config },
  signal: AbortSignal,
): Promise<Inspected> {
  return services.blobs.withFile(upload.blob.key, async (path) => {
    if (upload.fileType === "srt" || upload.fileType === "vtt")
      return { probe: null, transcript: await readTranscript(path, upload.fileType) };
    if (upload.fileType !== "audio") return { probe: null, transcript: null };
    return { probe: await probeUpload(path, upload.filename, services.config, signal), transcript: null };
  });
}

/** Reads one byte more than subtitles may have and no further: the parser then says that it is too much. */
async function readTranscript(path: string, type: SubtitleType): Promise<Transcript> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(LIMITS.subtitles.sizeBytesMax + 1);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return importedTranscript(parseSubtitles(bytes.subarray(0, bytesRead), type));
  } catch (error) {
    throw error instanceof SubtitleError ? new ValidationError({ file: [error.message] }) : error;
  } finally {
    await file.close();
  }
}

/** What a person wrote covers what they wanted covered; no model is named and no language guessed. */
function importedTranscript({ speakers, turns, durationSeconds }: Subtitles): Transcript {
  return {
    model: "",
    language: "",
    languageConfidence: null,
    durationSeconds,
    speechSeconds: turns.reduce((seconds, turn) => seconds + turn.end - turn.start, 0),
    speakers,
    speakersConfidence: null,
    turns,
    coverage: { ratio: 1, uncovered: [], withheld: [] },
    missing: [],
  };
}

async function probeUpload(
  path: string,
  filename: string,
  config: Config,
  signal: AbortSignal,
): Promise<Probe> {
  const found = await probe(path, { filename, signal }).catch((error: unknown) => {
    if (error instanceof UndecodableError) throw new ValidationError({ file: [error.message] });
    // A file that crashes FFmpeg, or drives it to its bounds, does so again: it is refused and not tried.
    if (error instanceof FfmpegFailedError) throw new ValidationError({ file: [NOT_MEDIA] });
    throw error;
  });
  if (found.durationSeconds > config.audioSecondsMax)
    throw new ValidationError({ file: [tooLong(found, config)] });
  return found;
}

function tooLong(found: Probe, config: Config): string {
  const lengthHours = (found.durationSeconds / 3600).toFixed(1);
  return `This recording is ${lengthHours} hours long. The limit is ${(config.audioSecondsMax / 3600).toFixed(1)} hours: cut it into parts.`;
}

/**
 * Writes a file's row and, for audio, queues its transcription, all in the caller's transaction: either the file is there
 * with its task, or neither is. Where the actor has too few minutes left, the file is kept and nothing is queued.
 *
 * @returns the file's id
 */
export async function createFile(
  tx: Tx,
  queueing: Queueing,
  upload: Upload & Inspected,
  actor: Actor,
  now: Date,
): Promise<number> {
  const { probe: audio } = upload;
  const { userId } = actor;
  const refusal = audio && (await refusalOf(tx, queueing.config, userId, audio.durationSeconds, now));
  const { id } = await tx
    .insertInto("files")
    .values({
      project_id: upload.projectId,
      uploaded_by: actor.userId,
      original_filename: upload.filename,
      file_type: upload.fileType,
      blob_key: upload.blob.key,
      size_bytes: upload.blob.sizeBytes,
      sha256: upload.blob.sha256,
      duration_seconds: upload.probe?.durationSeconds ?? upload.transcript?.durationSeconds ?? null,
      probe_json: upload.probe && JSON.stringify(upload.probe),
      uploaded_at: now.toISOString(),
      notice_reason: refusal,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  if (upload.transcript) await createTranscribed(tx, id, upload.transcript, now);
  if (audio && !refusal) await transcribeLater(tx, queueing, { fileId: id, userId }, now);
  return id;
}

/** Deletes a file with its transcript and tasks; a running transcription finds its task gone and stops. */
export async function deleteFile(tx: Tx, queue: Queue, id: number, now: Date): Promise<void> {
  await dropWorkOn(tx, queue, id, now);
  await doomBlobs(tx, (files) => files.where("id", "=", id));
  await tx.deleteFrom("files").where("id", "=", id).execute();
}

export async function renameFile(executor: Executor, id: number, filename: string): Promise<void> {
  await executor.updateTable("files").set({ original_filename: filename }).where("id", "=", id).execute();
}

import type { Actor } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import type { Tx } from "../database/open.ts";
import { titleOf } from "../exports/export.ts";
import {
  createFile,
  type FileRow,
  fileStatus,
  inspect,
  type Inspected,
  receive,
  type Upload,
} from "../files/files.ts";
import { discard, type UploadServices } from "../files/upload.ts";
import { settledFile } from "../files/wait.ts";
import { NotFound } from "../http/errors.ts";
import { readForm } from "../http/multipart.ts";
import type { Valid } from "../http/serializer.ts";
import type { Answer, Call } from "../http/view.ts";
import { type Endpoint, type KeptAnswer, once } from "../idempotency/idempotency.ts";
import type { Changes } from "../observe/changes.ts";
import { createProject, PROJECT_DEFAULTS } from "../projects/projects.ts";
import { asTranscript, findTranscript, turnsOf } from "../transcripts/transcripts.ts";
import { usageBody } from "../usage/ledger.ts";
import { answerWith } from "./answer.ts";
import { NOT_AGAIN, OpenAiError, outOfMinutes } from "./errors.ts";
import { offeredModels, theModel } from "./models.ts";
import { readRequest, type TRANSCRIPTION_REQUEST } from "./request.ts";

export interface TranscribeServices extends UploadServices {
  changes: Changes;
  /** When the server was started. */
  since: Date;
}

const ENDPOINT = "POST /v1/audio/transcriptions" satisfies Endpoint;

type Wanted = Valid<typeof TRANSCRIPTION_REQUEST>;

/**
 * `POST /v1/audio/transcriptions`: the upload becomes a file as any other does, with the same task for the same minutes, and is
 * waited for. A client that goes away, or waits too long, leaves all of it to be found under `/api/files/`.
 */
export async function transcribeNow(services: TranscribeServices, call: Call<Actor>): Promise<Answer> {
  const { id, wanted, replayed } = await take(services, call);
  const { waitMs, answerMs } = LIMITS.openaiApi;
  call.allowSilence(waitMs + answerMs);
  const file = await settledFile(services, call.actor, id, { waitMs, signal: call.signal });
  if (!file) throw new NotFound();
  const answer = await answerWith(await documentOf(services, call.actor, file), {
    format: wanted.response_format,
    withWords: wanted["timestamp_granularities[]"]?.includes("word") ?? false,
  });
  return { ...answer, headers: { ...answer.headers, ...replayed } };
}

interface Taken {
  /** Of the file. */
  id: number;
  wanted: Wanted;
  /** Headers of an answer about a recording that came before, under the same `Idempotency-Key`. */
  replayed: Answer["headers"];
}

/** Whatever ends it early, no blob stays behind; nor does one that came before. */
async function take(services: TranscribeServices, call: Call<Actor>): Promise<Taken> {
  const { blobs, config } = services;
  const form = await readForm(call, {
    fileField: "file",
    fileBytesMax: config.uploadBytesMax,
    onFile: (stream) => receive(blobs, stream, config.uploadBytesMax, call.signal),
    discard: (blob) => discard(services, blob),
  });
  let stored = false;
  try {
    const wanted = await readRequest(config, form);
    theModel(offeredModels(config, services.since), wanted.model);
    const { filename, kept: blob } = wanted.file;
    const upload = { fileType: "audio", filename, blob } as const;
    const inspected = await inspect(upload, services, call.signal);
    const language = wanted.language ?? "auto";
    const { answer, isNew } = await once(services, call, ENDPOINT, [language, filename, blob.sha256], (tx) =>
      store(tx, services, call.actor, { ...upload, ...inspected }, language),
    );
    stored = isNew;
    if (isNew) services.wake();
    return { id: Number(answer.body), wanted, replayed: answer.headers };
  } finally {
    if (form.file && !stored) await discard(services, form.file.kept);
  }
}

/** @returns the file's id, which is what an `Idempotency-Key` stands for: the text may not be there yet */
async function store(
  tx: Tx,
  services: TranscribeServices,
  actor: Actor,
  upload: Omit<Upload, "projectId"> & Inspected,
  language: string,
): Promise<KeptAnswer> {
  const now = services.now();
  const projectId = (await firstProject(tx, actor, language)) ?? (await newProject(tx, actor, language, now));
  return { status: 200, body: await createFile(tx, services, { ...upload, projectId }, actor, now) };
}

/** The user's own first project for recordings in a language, since it is the project that says which is spoken. */
async function firstProject(tx: Tx, actor: Actor, language: string): Promise<number | undefined> {
  const project = await tx
    .selectFrom("projects")
    .select("id")
    .where("owner_id", "=", actor.userId)
    .where("kind", "=", "audio")
    .where("language", "=", language)
    .orderBy("id")
    .executeTakeFirst();
  return project?.id;
}

function newProject(tx: Tx, actor: Actor, language: string, now: Date): Promise<number> {
  const title = language === "auto" ? "OpenAI API" : `OpenAI API (${language})`;
  return createProject(tx, actor, { ...PROJECT_DEFAULTS, title, language }, now);
}

/** @throws {OpenAiError} where nothing was transcribed, or not yet */
async function documentOf({ db }: TranscribeServices, actor: Actor, file: FileRow) {
  const status = fileStatus(file);
  if (status === "uploaded") throw refused(file);
  if (status === "failed") throw failed(file);
  if (status === "transcribing") throw stillWaiting(file);
  const row = file.transcript_id === null ? undefined : await findTranscript(db, actor, file.transcript_id);
  if (!row) throw new NotFound();
  return {
    title: titleOf(file.original_filename),
    transcript: asTranscript(row, await turnsOf(db, row.id)),
    createdAt: new Date(row.created_at),
    returnTimestamps: row.return_timestamps === 1,
  };
}

/** As in an upload, the file is kept and can be transcribed once there are minutes. */
function refused({ id, notice_reason }: FileRow): OpenAiError {
  if (notice_reason === null) throw new Error(`File ${id} was neither queued nor refused.`);
  return outOfMinutes(usageBody(notice_reason).detail);
}

/** What is wrong with the recording is the request's fault; all else is the server's. */
function failed({ error_reason, error_detail_json }: FileRow): OpenAiError {
  const detail: unknown = JSON.parse(error_detail_json ?? "null");
  const message = String(Object(detail).message ?? "The recording could not be transcribed.");
  if (error_reason === null) return new OpenAiError(500, message, { headers: NOT_AGAIN });
  return new OpenAiError(400, message, { param: "file", code: error_reason });
}

function stillWaiting({ id }: FileRow): OpenAiError {
  const message = `The transcription is not done yet. It goes on: ask for it with GET /api/files/${id}/ and do not send the recording again.`;
  return new OpenAiError(504, message, { code: "timeout", headers: NOT_AGAIN });
}

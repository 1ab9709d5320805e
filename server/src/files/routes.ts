import type { Actor } from "../accounts/users.ts";
import { removeDoomedBlobs } from "../blobs/doomed.ts";
import { LIMITS } from "../config/limits.ts";
import type { Tx } from "../database/open.ts";
import { mediaLink } from "../downloads/routes.ts";
import type { LinkSigner } from "../downloads/links.ts";
import { NotFound, ValidationError } from "../http/errors.ts";
import { SEARCH_PARAMETER } from "../http/filters.ts";
import { ONCE, once } from "../idempotency/idempotency.ts";
import { PAGE_PARAMETERS } from "../http/pagination.ts";
import { float } from "../http/python.ts";
import { lastParam } from "../http/query.ts";
import type { ApiServer } from "../http/server.ts";
import { objectOf } from "../http/shapes.ts";
import { apiTime } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import type { Changes } from "../observe/changes.ts";
import { authorize } from "../projects/access.ts";
import { readTask, TASK } from "../tasks/routes.ts";
import { transcribeLater } from "../tasks/tasks.ts";
import { fileEvents } from "./events.ts";
import { deleteFile, type FileRow, fileStatus, findFile, renameFile } from "./files.ts";
import { FILE_FILTERS, FILE_ORDERING, listFiles } from "./list.ts";
import { FILE, FILE_CHANGE, presentFile } from "./present.ts";
import { upload, type UploadServices } from "./upload.ts";
import { settledFile } from "./wait.ts";

export interface FileServices extends UploadServices {
  changes: Changes;
  links: LinkSigner;
}

export function fileRoutes(server: ApiServer<Actor>, services: FileServices): void {
  view(server, "/api/files/", {
    name: "File List",
    tag: "files",
    actions: {
      GET: {
        summary: "List the files of projects that you can see",
        query: [
          ...FILE_FILTERS.parameters,
          SEARCH_PARAMETER,
          ...FILE_ORDERING.parameters,
          ...PAGE_PARAMETERS,
        ],
        responses: { 200: pageOf(FILE.shape) },
        handle: (call) => listFiles(services.db, call),
      },
      POST: {
        summary: "Upload a file; audio is transcribed",
        ...ONCE,
        rate: "uploads",
        body: FILE,
        responses: { 201: FILE.shape },
        handle: (call) => upload(services, call),
      },
    },
  });
  view(server, "/api/files/:id/", {
    name: "File Instance",
    tag: "files",
    actions: {
      GET: {
        summary: "Read a file, or wait for its transcription",
        query: [
          {
            name: "wait",
            description: "Answer when the file is no longer `transcribing`, or after so many seconds.",
            schema: { type: "number", minimum: 0, maximum: LIMITS.files.waitSecondsMax },
          },
        ],
        responses: { 200: FILE.shape },
        handle: (call) => read(services, call),
      },
      PATCH: {
        summary: "Rename a file",
        body: FILE_CHANGE,
        responses: { 200: FILE.shape },
        handle: (call) => rename(services, call),
      },
      DELETE: {
        summary: "Delete a file with its transcript; a running transcription stops",
        responses: { 204: null },
        handle: (call) => remove(services, call),
      },
    },
  });
  fileActions(server, services);
}

function fileActions(server: ApiServer<Actor>, services: FileServices): void {
  view(server, "/api/files/:id/transcribe/", {
    name: "File Transcribe",
    tag: "files",
    actions: {
      POST: {
        summary: "Transcribe a file that has no transcript",
        ...ONCE,
        responses: { 202: TASK.shape },
        handle: (call) => transcribe(services, call),
      },
    },
  });
  view(server, "/api/files/:id/events/", {
    name: "File Events",
    tag: "files",
    produces: ["text/event-stream"],
    actions: {
      GET: {
        summary: "Follow a transcription as server-sent events: `progress`, `turn`, `status`",
        responses: { 200: null },
        handle: (call) => events(services, call),
      },
    },
  });
  view(server, "/api/files/:id/media/", {
    name: "File Media",
    tag: "files",
    actions: {
      GET: {
        summary: "A time-limited link to the recording itself, for players",
        responses: { 200: objectOf({ url: "string", expires_at: "datetime" }) },
        handle: async (call) => {
          const { id } = await theFile(services, call);
          const { url, until } = mediaLink(services, call.baseUrl, id);
          return { status: 200, body: { url, expires_at: apiTime(until.toISOString()) } };
        },
      },
    },
  });
}

async function theFile({ db }: Pick<FileServices, "db">, call: Call<Actor>): Promise<FileRow> {
  const file = await findFile(db, call.actor, call.id());
  if (!file) throw new NotFound();
  return file;
}

/** @throws {PermissionDenied} where the actor may see it only */
async function theFileToEdit(services: Pick<FileServices, "db">, call: Call<Actor>): Promise<FileRow> {
  const file = await theFile(services, call);
  await authorize(services.db, call.actor, file.project_id, "edit");
  return file;
}

async function read(services: FileServices, call: Call<Actor>) {
  const wait = { waitMs: waitMs(call.query), signal: call.signal };
  const file = await settledFile(services, call.actor, call.id(), wait);
  if (!file) throw new NotFound();
  return { status: 200, body: presentFile(file) };
}

/** @throws {ValidationError} for what is no number of seconds, or less than none; more than the limit is the limit */
function waitMs(query: URLSearchParams): number {
  const text = lastParam(query, "wait");
  if (text === undefined || text === "") return 0;
  const seconds = float(text);
  if (seconds === undefined || !Number.isFinite(seconds))
    throw new ValidationError({ wait: ["Enter a number."] });
  if (seconds < 0) throw new ValidationError({ wait: ["Ensure this value is greater than or equal to 0."] });
  return Math.min(seconds, LIMITS.files.waitSecondsMax) * 1000;
}

async function events(services: FileServices, call: Call<Actor>) {
  const file = await theFile(services, call);
  const lastEventId = call.request.headers["last-event-id"];
  return fileEvents(services, call.actor, file, lastEventId?.toString(), call.signal);
}

async function rename(services: FileServices, call: Call<Actor>) {
  const { id } = await theFileToEdit(services, call);
  const { original_filename } = await FILE_CHANGE.validatePartial(await call.json());
  if (original_filename !== undefined) await renameFile(services.db, id, original_filename);
  return { status: 200, body: presentFile(await theFile(services, call)) };
}

async function remove(services: FileServices, call: Call<Actor>) {
  const { id } = await theFileToEdit(services, call);
  await services.db.transaction().execute((tx) => deleteFile(tx, services.queue, id, services.now()));
  services.changes.announce(id);
  await removeDoomedBlobs(services.db, services.blobs, services.log);
  return { status: 204 };
}

async function transcribe(services: FileServices, call: Call<Actor>) {
  const { id: fileId } = await theFileToEdit(services, call);
  const { answer, isNew } = await once(services, call, "POST /api/files/{id}/transcribe/", [fileId], (tx) =>
    beginTranscribing(tx, services, call),
  );
  if (isNew) services.changes.announce(fileId);
  if (isNew) services.wake();
  return answer;
}

async function beginTranscribing(tx: Tx, services: FileServices, call: Call<Actor>) {
  const file = await theFileToEdit({ db: tx }, call);
  if (file.file_type !== "audio") throw new ValidationError("Only audio files can be transcribed.");
  if (fileStatus(file) === "transcribed") throw new ValidationError("This file is already transcribed.");
  const wanted = { fileId: file.id, userId: call.actor.userId };
  const id = await transcribeLater(tx, services, wanted, services.now());
  return { status: 202, body: await readTask({ ...services, db: tx }, call.actor, id) };
}

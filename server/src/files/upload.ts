import type { Actor } from "../accounts/users.ts";
import type { BlobStore, StoredBlob } from "../blobs/blob-store.ts";
import type { Config } from "../config/config.ts";
import type { Database, Tx } from "../database/open.ts";
import { PermissionDenied } from "../http/errors.ts";
import { readForm } from "../http/multipart.ts";
import { int } from "../http/python.ts";
import type { Form } from "../http/serializer.ts";
import type { Answer, Call } from "../http/view.ts";
import {
  fingerprint,
  type IdempotencyKey,
  type KeptAnswer,
  keepAnswer,
  keptAnswer,
  keyFrom,
  replay,
} from "../idempotency/idempotency.ts";
import type { Logger } from "../observe/log.ts";
import { authorize, permits } from "../projects/access.ts";
import { findProject } from "../projects/projects.ts";
import type { Queue } from "../queue/queue.ts";
import { createFile, findFile, inspect, type Inspected, receive, type Upload } from "./files.ts";
import { FILE, presentFile } from "./present.ts";

export interface UploadServices {
  db: Database;
  blobs: BlobStore;
  queue: Queue;
  config: Config;
  log: Logger;
  now: () => Date;
  /** There is new work in the queue. */
  wake: () => void;
}

/**
 * `POST /api/files/`: the body streams to the blob store, is looked into, and becomes a row with its task. Whatever ends
 * it early, no blob stays behind.
 */
export async function upload(services: UploadServices, call: Call<Actor>): Promise<Answer> {
  const keyText = keyFrom(call.request.headers["idempotency-key"]);
  const form = await receiveForm(services, call);
  const blob = form.file?.kept;
  let stored = false;
  try {
    const wanted = await describe(services, call, form);
    const key = keyText === null ? null : nameRequest(call.actor, keyText, wanted);
    const answered = key && (await keptAnswer(services.db, key, services.now()));
    if (answered) return replay(answered);
    const inspected = await inspect(wanted, services, call.signal);
    const answer = await services.db
      .transaction()
      .execute((tx) => store(tx, services, call.actor, { ...wanted, ...inspected }, key));
    stored = !answer.replayed;
    services.wake();
    return answer.replayed ? replay(answer) : answer;
  } finally {
    if (blob && !stored) await discard(services, blob);
  }
}

function receiveForm(
  { blobs, config, ...services }: UploadServices,
  call: Call<Actor>,
): Promise<Form<StoredBlob>> {
  return readForm(call, {
    fileField: "file",
    fileBytesMax: config.uploadBytesMax,
    async onFile(stream, _filename, before) {
      await refuseViewer(services.db, call.actor, before.get("project"));
      return receive(blobs, stream, config.uploadBytesMax, call.signal);
    },
    discard: (blob) => discard({ blobs, ...services }, blob),
  });
}

/**
 * Refuses who may only look at a project before their file has come, where its name came before. What is no project of
 * theirs is told with the form's other faults.
 *
 * @throws {PermissionDenied}
 */
async function refuseViewer(db: Database, actor: Actor, projectId = ""): Promise<void> {
  const id = Number(int(projectId) ?? 0);
  const project = Number.isSafeInteger(id) && id > 0 ? await findProject(db, actor, id) : undefined;
  if (project && !permits(project.role, "edit")) throw new PermissionDenied();
}

/** An upload that came to nothing must leave nothing; a blob that resists is removed by the next sweep for orphans. */
export async function discard(
  { blobs, log }: Pick<UploadServices, "blobs" | "log">,
  blob: StoredBlob,
): Promise<void> {
  await blobs
    .remove(blob.key)
    .catch((error: unknown) => log.warn({ err: error }, "a refused upload could not be removed yet"));
}

async function describe({ db }: UploadServices, call: Call<Actor>, form: Form<StoredBlob>): Promise<Upload> {
  const { project, file, file_type } = await FILE.validate(form, {
    relations: { project: (id: number) => findProject(db, call.actor, id) },
  });
  if (!permits(project.role, "edit")) throw new PermissionDenied();
  return { projectId: project.id, fileType: file_type, filename: file.filename, blob: file.kept };
}

/** Two uploads are the same request if the same bytes go under the same name to the same place. */
function nameRequest(actor: Actor, key: string, wanted: Upload): IdempotencyKey {
  return {
    userId: actor.userId,
    endpoint: "POST /api/files/",
    key,
    fingerprint: fingerprint([wanted.projectId, wanted.fileType, wanted.filename, wanted.blob.sha256]),
  };
}

async function store(
  tx: Tx,
  services: UploadServices,
  actor: Actor,
  wanted: Upload & Inspected,
  key: IdempotencyKey | null,
): Promise<KeptAnswer & { replayed: boolean }> {
  const now = services.now();
  const earlier = key && (await keptAnswer(tx, key, now));
  if (earlier) return { ...earlier, replayed: true };
  // The project may have been deleted, or closed to the actor, while the file came in and was looked into.
  await authorize(tx, actor, wanted.projectId, "edit");
  const id = await createFile(tx, services, wanted, actor, now);
  const row = await findFile(tx, actor, id);
  if (!row) throw new Error("A file that was just stored is not visible to its uploader.");
  const answer = { status: 201, body: presentFile(row) };
  if (key) await keepAnswer(tx, key, answer, now);
  return { ...answer, replayed: false };
}

import type { Actor } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import type { Database } from "../database/open.ts";
import type { Changes } from "../observe/changes.ts";
import { type FileRow, fileStatus, findFile } from "./files.ts";

interface WaitServices {
  db: Database;
  changes: Changes;
  now: () => Date;
}

/**
 * A file once it is no longer `transcribing`, or as it is after so long, or when the signal aborts or the server ends; undefined where the actor
 * does not see it, or no longer.
 */
export async function settledFile(
  services: WaitServices,
  actor: Actor,
  id: number,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<FileRow | undefined> {
  const deadline = services.now().getTime() + waitMs;
  const end = AbortSignal.any([signal, services.changes.closing]);
  for (;;) {
    const file = await findFile(services.db, actor, id);
    const leftMs = deadline - services.now().getTime();
    if (!file || leftMs <= 0 || end.aborted || fileStatus(file) !== "transcribing") return file;
    await services.changes.next(id, Math.min(leftMs, LIMITS.files.watchEveryMs), end);
  }
}

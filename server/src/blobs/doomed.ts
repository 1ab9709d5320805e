import type { SelectQueryBuilder } from "kysely";
import type { Database, Tx } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";
import type { Logger } from "../observe/log.ts";
import type { BlobStore } from "./blob-store.ts";

type FileQuery = SelectQueryBuilder<Tables, "files", object>;

/**
 * Marks the blobs of some files for removal, in the transaction that deletes their rows. They are removed after it
 * commits, by {@link removeDoomedBlobs}, at the latest at the next start.
 */
export async function doomBlobs(tx: Tx, which: (files: FileQuery) => FileQuery): Promise<void> {
  await tx
    .insertInto("doomed_blobs")
    .columns(["blob_key"])
    .expression(which(tx.selectFrom("files")).select("files.blob_key"))
    .execute();
}

/** Removes what was marked. A blob that cannot be removed now stays marked, and that is logged. */
export async function removeDoomedBlobs(db: Database, blobs: BlobStore, log: Logger): Promise<void> {
  for (const { blob_key } of await db.selectFrom("doomed_blobs").selectAll().execute()) {
    try {
      await blobs.remove(blob_key);
      await db.deleteFrom("doomed_blobs").where("blob_key", "=", blob_key).execute();
    } catch (error) {
      log.error(
        { err: error, blob: blob_key },
        "a deleted file's blob could not be removed; it is tried again later",
      );
    }
  }
}

/** Removes blobs that no file knows: left by a process that died between storing a blob and committing its row. */
export async function removeOrphanBlobs(
  db: Database,
  blobs: BlobStore,
  before: Date,
  log: Logger,
): Promise<number> {
  let removed = 0;
  for await (const key of blobs.keysBefore(before)) {
    const known = await db.selectFrom("files").select("id").where("blob_key", "=", key).executeTakeFirst();
    if (known) continue;
    await blobs.remove(key);
    removed += 1;
  }
  if (removed > 0) log.info({ removed }, "removed stored files that no row knew");
  return removed;
}

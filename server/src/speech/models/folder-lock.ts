import { setTimeout as pause } from "node:timers/promises";
import Database from "better-sqlite3";
import { LIMITS } from "../../config/limits.ts";

/**
 * Runs `work` while no other process, and no other call in this one, holds the lock of the same file. The lock is the
 * operating system's, through SQLite: it goes when its holder goes, be it by `kill -9`.
 *
 * @param path a file of its own for the lock; made where missing, and left there
 */
export async function withLock<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const lock = new Database(path, { timeout: 0 });
  try {
    while (!acquired(lock)) await pause(LIMITS.models.lockPollMs, undefined, { signal });
    return await work();
  } finally {
    lock.close();
  }
}

function acquired(lock: Database.Database): boolean {
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return false;
    throw error;
  }
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { migrate } from "../src/database/migrate.ts";
import { type Database, openDatabase } from "../src/database/open.ts";

/** A folder that is gone when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "uspeech-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A database on disk with the newest schema, closed and removed when the test ends. */
export async function temporaryDatabase(): Promise<Database> {
  const db = await openDatabase(join(await temporaryFolder(), "test.sqlite"));
  onTestFinished(() => db.destroy());
  await migrate(db);
  return db;
}

/** A clock that stands until it is moved. */
export class TestClock {
  #ms: number;

  constructor(start = "2026-05-17T14:02:11.000Z") {
    this.#ms = Date.parse(start);
  }

  readonly now = (): Date => new Date(this.#ms);

  advance(ms: number): void {
    this.#ms += ms;
  }
}

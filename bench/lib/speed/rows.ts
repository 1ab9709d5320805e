/** Fills a database with copies of one transcribed file, as rows alone: what a service has after years, in a minute. */
import { closeSync, fsyncSync, openSync } from "node:fs";
import Sqlite from "better-sqlite3";

export interface Copies {
  /** The file that is copied, with its transcript, turns and task. */
  fileId: number;
  /** How many copies. */
  rows: number;
  /** How many users they belong to, in equal parts, the file's own user among them. */
  users: number;
}

/** Ids that exist after {@link copyFile}, of what the first user sees. */
export interface Copied {
  fileIds: number[];
  transcriptIds: number[];
}

/** SQL for the columns of a copy that differ from the original's; `n` counts the copies from 1. */
type Differences = Record<string, string>;

/** Copies in one transaction. A log of a gigabyte, from one for all of them, made each step search it: 100,000 took 9 minutes. */
const COPIES_AT_ONCE = 2_000;

/** Copies whatever columns there are, so that it need not be told of new ones. */
export function copyFile(database: string, { fileId, rows, users }: Copies): Copied {
  const db = new Sqlite(database, { timeout: 60_000 });
  // Nobody needs these rows after a power cut.
  db.pragma("synchronous = OFF");
  const ids = idsOf(db, fileId);
  copyUsers(db, ids, users - 1);
  for (let first = 1; first <= rows; first += COPIES_AT_ONCE) {
    const numbers = { first, last: Math.min(first + COPIES_AT_ONCE - 1, rows) };
    db.transaction(() => copyFiles(db, ids, users, numbers))();
  }
  db.close();
  for (const file of [database, `${database}-wal`]) bringToDisk(file);
  const own = Array.from({ length: Math.floor(rows / users) }, (_, i) => (i + 1) * users);
  return { fileIds: own.map((n) => fileId + n), transcriptIds: own.map((n) => ids.transcript + n) };
}

/** Else what is measured next waits at its first commit until a gigabyte is written. */
function bringToDisk(path: string): void {
  const file = openSync(path, "r+");
  fsyncSync(file);
  closeSync(file);
}

interface Ids {
  user: number;
  project: number;
  file: number;
  transcript: number;
  task: number;
}

function idsOf(db: Sqlite.Database, fileId: number): Ids {
  const found = db
    .prepare<[number], Ids>(
      `select uploaded_by as user, project_id as project, files.id as file, transcripts.id as transcript, tasks.id as task
       from files join transcripts on transcripts.file_id = files.id join tasks on tasks.file_id = files.id
       where files.id = ?`,
    )
    .get(fileId);
  if (found === undefined) throw new Error(`There is no transcribed file ${fileId}.`);
  return found;
}

interface Numbers {
  first: number;
  last: number;
}

/** More users, with a project each. */
function copyUsers(db: Sqlite.Database, { user, project }: Ids, last: number): void {
  const numbers = { first: 1, last };
  const owner = `${user} + n`;
  copy(db, "users", `id = ${user}`, numbers, { id: owner, email: "'user' || n || '@example.org'" });
  copy(db, "projects", `id = ${project}`, numbers, { id: `${project} + n`, owner_id: owner });
}

/** The file with all that belongs to it, for one user after the other. */
function copyFiles(db: Sqlite.Database, ids: Ids, users: number, numbers: Numbers): void {
  const file = `${ids.file} + n`;
  const transcript = `${ids.transcript} + n`;
  const user = `${ids.user} + n % ${users}`;
  copy(db, "files", `id = ${ids.file}`, numbers, {
    id: file,
    project_id: `${ids.project} + n % ${users}`,
    uploaded_by: user,
    original_filename: "'recording ' || n || '.flac'",
    blob_key: "blob_key || '-' || n",
  });
  copy(db, "transcripts", `id = ${ids.transcript}`, numbers, { id: transcript, file_id: file });
  copy(db, "turns", `transcript_id = ${ids.transcript}`, numbers, { id: "null", transcript_id: transcript });
  copy(db, "tasks", `id = ${ids.task}`, numbers, {
    id: `${ids.task} + n`,
    file_id: file,
    transcript_id: transcript,
    user_id: user,
  });
}

function copy(
  db: Sqlite.Database,
  table: string,
  which: string,
  { first, last }: Numbers,
  differences: Differences,
): void {
  const columns = db.prepare<[string], { name: string }>("select name from pragma_table_info(?)").all(table);
  const values = columns.map(({ name }) => differences[name] ?? name);
  db.prepare(
    `with recursive numbers(n) as (select ? union all select n + 1 from numbers where n < ?)
     insert into ${table} (${columns.map(({ name }) => name).join(", ")})
     select ${values.join(", ")} from numbers, ${table} where ${which} and n <= ?`,
  ).run(first, last, last);
}

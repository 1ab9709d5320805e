import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";

/** What a subject has used of its period. */
export interface Count {
  used: number;
  /** Milliseconds since the epoch. */
  endsAtMs: number;
}

/** How long one process waits for another's count, which takes microseconds. */
const BUSY_TIMEOUT_MS = 2_000;

/** Each count writes one page to the log; the smaller, the longer until the log must go to disk. */
const PAGE_BYTES = 1_024;

/**
 * Pages in the log before it goes to disk, for which everybody waits up to 20 ms: every 8 seconds at 500 requests a second.
 * With 1,000 pages, SQLite's default, it would be one request in a hundred.
 */
const LOG_PAGES = 4_000;

/**
 * Counts by subject and period, exact among all processes on one data folder: each count is one atomic statement.
 *
 * The file is its own because counts may be lost in a power cut and the rest may not. Here a commit does not wait for the
 * disk (`synchronous = NORMAL` keeps the file whole and survives `kill -9`): 17 µs at the median, against 4 ms in the
 * database. No count waits for a long transaction there either.
 */
export class Counters {
  readonly #db: Sqlite.Database;
  readonly #count: Sqlite.Statement<[string, number, number, number], Count>;
  readonly #peek: Sqlite.Statement<[string, number], Count>;
  readonly #reset: Sqlite.Statement<[string]>;
  readonly #forget: Sqlite.Statement<[number]>;

  /** Opens the file, making it where there is none. */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#db = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
    this.#db.pragma(`page_size = ${PAGE_BYTES}`);
    this.#db.pragma("journal_mode = WAL");
    this.#db.pragma(`wal_autocheckpoint = ${LOG_PAGES}`);
    this.#db.pragma("synchronous = NORMAL");
    this.#db.exec(TABLE);
    this.#count = this.#db.prepare(COUNT);
    this.#peek = this.#db.prepare(PEEK);
    this.#reset = this.#db.prepare("delete from counters where subject = ?");
    this.#forget = this.#db.prepare("delete from counters where ends_at_ms <= ?");
  }

  /** Counts one more. A period begins with the first count in it. @returns what is used, this one included */
  count(subject: string, periodMs: number, nowMs: number): Count {
    // `get` would stop at the first row, and SQLite brings its log to disk after statements that ran to their end.
    const [counted] = this.#count.all(subject, nowMs + periodMs, nowMs, nowMs);
    if (!counted) throw new Error("The counters' file answered a count with nothing.");
    return counted;
  }

  /** What is used, without counting; null where no period runs. */
  peek(subject: string, nowMs: number): Count | null {
    return this.#peek.get(subject, nowMs) ?? null;
  }

  /** Lets a subject begin anew, as after a password that was right. */
  reset(subject: string): void {
    this.#reset.run(subject);
  }

  /** Removes the counts of periods that are over. */
  forgetOld(nowMs: number): void {
    this.#forget.run(nowMs);
  }

  close(): void {
    this.#db.close();
  }
}

const TABLE = `
  create table if not exists counters (
    subject text primary key, used integer not null, ends_at_ms integer not null
  ) without rowid`;

const COUNT = `
  insert into counters (subject, used, ends_at_ms) values (?, 1, ?)
  on conflict (subject) do update set
    used = case when ends_at_ms <= ? then 1 else used + 1 end,
    ends_at_ms = case when ends_at_ms <= ? then excluded.ends_at_ms else ends_at_ms end
  returning used, ends_at_ms as endsAtMs`;

const PEEK = `
  select used, ends_at_ms as endsAtMs from counters where subject = ? and ends_at_ms > ?`;

import type Sqlite from "better-sqlite3";
import type { SqliteDatabase } from "kysely";

/** More than the program has; some 10 kB of memory each. */
const STATEMENTS_MAX = 500;

/** Longer ones insert many rows at once and differ with their number. */
const CHARACTERS_MAX = 10_000;

type Statement = Sqlite.Statement;

/**
 * A database that keeps its statements prepared. Kysely has each query compiled anew by SQLite, which took 28 % of the
 * processor time of a server that did nothing but read. SQLite itself compiles a kept statement again when the schema changes.
 */
export class PreparedDatabase implements SqliteDatabase {
  readonly #sqlite: Sqlite.Database;
  /** By their SQL, the one used last at the end. */
  readonly #kept = new Map<string, Statement>();

  constructor(sqlite: Sqlite.Database) {
    this.#sqlite = sqlite;
  }

  prepare(sql: string): Statement {
    if (sql.length > CHARACTERS_MAX) return this.#sqlite.prepare(sql);
    const kept = this.#kept.get(sql);
    // One whose rows are still being read cannot be run a second time meanwhile.
    if (kept?.busy) return this.#sqlite.prepare(sql);
    const statement = kept ?? this.#sqlite.prepare(sql);
    this.#keep(sql, statement);
    return statement;
  }

  close(): void {
    this.#kept.clear();
    this.#sqlite.close();
  }

  #keep(sql: string, statement: Statement): void {
    this.#kept.delete(sql);
    this.#kept.set(sql, statement);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > STATEMENTS_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

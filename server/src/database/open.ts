import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import Sqlite from "better-sqlite3";
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  SqliteDialect,
  SqliteDriver,
  SqliteQueryCompiler,
  type Transaction,
} from "kysely";
import { PreparedDatabase } from "./prepared.ts";
import type { Tables } from "./tables.ts";

export type Database = Kysely<Tables>;
export type Tx = Transaction<Tables>;
/** What a function takes that may be called inside or outside a transaction. */
export type Executor = Database | Tx;

/**
 * Deferred transactions lost 9 of 900 read-then-write transactions that ran at once, whatever the busy timeout: a reader
 * that turns writer cannot wait. So every transaction takes the write lock at its beginning.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }
}

/**
 * Where a bare `?` may influence the plan, SQLite compiles the whole statement again each time another value is bound to it
 * (sqlite.org/c3ref/prepare.html, for builds with STAT4 such as this one): a join of three tables by id took 124 µs, and
 * takes 21 µs as `+?`, which is the same value without a say in the plan.
 */
class StablePlanCompiler extends SqliteQueryCompiler {
  protected override getCurrentParameterPlaceholder(): string {
    return "+?";
  }
}

class EmbeddedDialect extends SqliteDialect {
  readonly #driver: ImmediateDriver;

  constructor(sqlite: Sqlite.Database) {
    const database = new PreparedDatabase(sqlite);
    super({ database });
    this.#driver = new ImmediateDriver({ database });
  }

  override createDriver(): ImmediateDriver {
    return this.#driver;
  }

  override createQueryCompiler(): StablePlanCompiler {
    return new StablePlanCompiler();
  }
}

/** How long a writer waits for another process's transaction before it gives up. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens the embedded database, making it where there is none. It is safe for several processes at once and loses no
 * committed transaction to `kill -9` or a power cut (write-ahead log, synced at every commit).
 */
export async function openDatabase(path: string): Promise<Database> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const sqlite = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = FULL");
  sqlite.pragma("foreign_keys = ON");
  // SQLite's own knows the case of ASCII letters only; PostgreSQL's knows them all.
  sqlite.function("lower", { deterministic: true }, (text: unknown) => String(text).toLowerCase());
  return new Kysely<Tables>({ dialect: new EmbeddedDialect(sqlite) });
}

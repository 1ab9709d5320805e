import { access } from "node:fs/promises";
import { type Config, configure, type DataFolders, dataFolders } from "@uspeech/server/config/config.ts";
import { openDataDir } from "@uspeech/server/config/data-dir.ts";
import { type Env, readEnv } from "@uspeech/server/config/env.ts";
import type { Database } from "@uspeech/server/database/open.ts";
import { CliError } from "./errors.ts";

export interface Settings {
  env: Env;
  config: Config;
  folders: DataFolders;
}

/** The settings that a server started here would have. @throws {SettingsError} */
export function readSettings(variables: NodeJS.ProcessEnv): Settings {
  const env = readEnv(variables);
  const config = configure(env);
  return { env, config, folders: dataFolders(config.dataDir) };
}

/**
 * Runs work on the database of the data folder, which a server may be using at the same time.
 *
 * @param options.create whether a database is made where there is none; a misspelt folder is an error otherwise
 */
export async function withDatabase<T>(
  { folders, config }: Settings,
  options: { create: boolean },
  work: (db: Database) => Promise<T>,
): Promise<T> {
  if (options.create) await openDataDir(config.dataDir);
  else await requireDatabase(folders.database, config.dataDir);
  // Loaded here, since commands that need no database would take twice as long to start.
  const { openDatabase } = await import("@uspeech/server/database/open.ts");
  const { migrate } = await import("@uspeech/server/database/migrate.ts");
  const db = await openDatabase(folders.database);
  try {
    await migrate(db);
    return await work(db);
  } finally {
    await db.destroy();
  }
}

async function requireDatabase(path: string, dataDir: string): Promise<void> {
  try {
    await access(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code))))
      throw new CliError(
        `The database in ${dataDir} cannot be read by this user. Run the command as the user that runs the server.`,
        { cause: error },
      );
    throw new CliError(
      `There is no database in ${dataDir}. Set USPEECH_DATA_DIR to the server's data folder, or make the first user with \`uspeech users create\`.`,
      { cause: error },
    );
  }
}

import { access, constants, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { dataFolders } from "./config.ts";
import { SettingsError } from "./env.ts";

/**
 * Makes the data folder where there is none, for its owner alone, and makes sure that files can be put into it.
 *
 * @param dataDir absolute
 * @throws {SettingsError} where it is no folder, or cannot be made or written to
 */
export async function openDataDir(dataDir: string): Promise<void> {
  try {
    await makeFolders(dataDir);
    // Some file systems let nothing be made in folders that look writable, /proc for one.
    await makeFolders(dataFolders(dataDir).scratch);
    await access(dataDir, constants.W_OK);
  } catch (error) {
    throw new SettingsError([await faultOf(dataDir, error)]);
  }
}

/** Not Node's own recursive `mkdir`, which never ends where a folder cannot be made although its parent is there. */
async function makeFolders(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    await makeFolders(dirname(path));
    await makeFolder(path);
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
}

async function faultOf(dataDir: string, error: unknown): Promise<string> {
  const remedy = "Name a folder that this user can write to, or a place where one can be made.";
  const file = await fileOn(dataDir);
  if (file === dataDir) return `USPEECH_DATA_DIR is "${dataDir}", which is a file. ${remedy}`;
  if (file !== null) return `USPEECH_DATA_DIR is "${dataDir}", which lies below ${file}, a file. ${remedy}`;
  return `USPEECH_DATA_DIR is "${dataDir}", where nothing can be written (${codeOf(error)}). ${remedy}`;
}

/** What stands in the place of a folder on the way to this path; null for nothing. */
async function fileOn(path: string): Promise<string | null> {
  const there = await stat(path).catch(() => null);
  if (there !== null) return there.isDirectory() ? null : path;
  return dirname(path) === path ? null : fileOn(dirname(path));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}

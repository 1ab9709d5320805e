import { createHash, randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import {
  type BlobStore,
  BlobNotFoundError,
  BlobTooLargeError,
  type ByteRange,
  type StoredBlob,
} from "./blob-store.ts";

const KEY = /^[0-9a-f]{32}$/;

/**
 * Blobs as files below one folder, spread over 256 subfolders by the first two digits of their random keys. Half-written
 * ones stand in a folder of their own on the same disk, so that the last step is one rename.
 */
export class DiskBlobStore implements BlobStore {
  readonly #folder: string;
  readonly #drafts: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#drafts = join(folder, "drafts");
  }

  async put(source: Readable, options: { sizeBytesMax: number; signal: AbortSignal }): Promise<StoredBlob> {
    const key = randomBytes(16).toString("hex");
    const draft = join(this.#drafts, key);
    // A source that fails before it is read would end the process; the error is met again when it is read.
    source.on("error", () => undefined);
    await mkdir(this.#drafts, { recursive: true, mode: 0o700 });
    const file = await open(draft, "wx", 0o600);
    try {
      const written = await copy(source, file, options);
      await file.sync();
      await this.#publish(draft, key);
      return { key, ...written };
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  async #publish(draft: string, key: string): Promise<void> {
    const path = this.#path(key);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rename(draft, path);
    await syncFolder(dirname(path));
  }

  async open(key: string, range?: ByteRange): Promise<Readable> {
    const path = this.#path(key);
    const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" ? new BlobNotFoundError(key) : error;
    });
    // Node's `end` is inclusive.
    return file.createReadStream(range && { start: range.start, end: range.end - 1 });
  }

  async withFile<T>(key: string, use: (path: string) => Promise<T>): Promise<T> {
    const path = this.#path(key);
    await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" ? new BlobNotFoundError(key) : error;
    });
    return use(path);
  }

  async remove(key: string): Promise<void> {
    await rm(this.#path(key), { force: true });
  }

  async *keysBefore(time: Date): AsyncIterable<string> {
    for (const folder of await entries(this.#folder)) {
      for (const name of await entries(join(this.#folder, folder))) {
        const facts = await stat(join(this.#folder, folder, name)).catch(() => undefined);
        if (KEY.test(name) && folder !== "drafts" && facts && facts.mtime < time) yield name;
      }
    }
  }

  /** Removes drafts that nobody has written to since `time`: what a killed process left. */
  async sweepDrafts(time: Date): Promise<number> {
    let swept = 0;
    for (const name of await entries(this.#drafts)) {
      const path = join(this.#drafts, name);
      const facts = await stat(path).catch(() => undefined);
      if (!facts || facts.mtime >= time) continue;
      await rm(path, { force: true });
      swept += 1;
    }
    return swept;
  }

  async check(): Promise<void> {
    await mkdir(this.#drafts, { recursive: true, mode: 0o700 });
    const path = join(this.#drafts, `check-${randomBytes(6).toString("hex")}`);
    await writeFile(path, "");
    await rm(path);
  }

  #path(key: string): string {
    if (!KEY.test(key)) throw new BlobNotFoundError(key);
    return join(this.#folder, key.slice(0, 2), key);
  }
}

async function copy(
  source: Readable,
  file: FileHandle,
  options: { sizeBytesMax: number; signal: AbortSignal },
): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const abort = (): void => void source.destroy(options.signal.reason);
  options.signal.addEventListener("abort", abort, { once: true });
  try {
    options.signal.throwIfAborted();
    for await (const chunk of source as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > options.sizeBytesMax) throw new BlobTooLargeError(options.sizeBytesMax);
      hash.update(chunk);
      await writeAll(file, chunk);
    }
    options.signal.throwIfAborted();
  } finally {
    options.signal.removeEventListener("abort", abort);
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}

/** A write may take less than it was given, for one on a disk that is nearly full. */
async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  let offset = 0;
  while (offset < chunk.length) offset += (await file.write(chunk, offset)).bytesWritten;
}

/** A rename is durable once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
    throw error;
  });
}

import type { Readable } from "node:stream";

/** What was stored, counted and hashed while it streamed by. */
export interface StoredBlob {
  key: string;
  sizeBytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** Half-open range of bytes. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Where uploaded files live. Keys are made by the store and say nothing of a file's name. */
export interface BlobStore {
  /**
   * Streams a blob in. It is there whole and durably when this resolves, and not at all when it rejects.
   *
   * @throws {BlobTooLargeError} after `sizeBytesMax` bytes; the rest of the source is not read
   */
  put(source: Readable, options: { sizeBytesMax: number; signal: AbortSignal }): Promise<StoredBlob>;
  /** @throws {BlobNotFoundError} */
  open(key: string, range?: ByteRange): Promise<Readable>;
  /** Gives a path that other programs can read while `use` runs. */
  withFile<T>(key: string, use: (path: string) => Promise<T>): Promise<T>;
  /** Removing what is not there is no error. */
  remove(key: string): Promise<void>;
  /** All keys that were stored before the given time. */
  keysBefore(time: Date): AsyncIterable<string>;
  /** Proves that the store can be written to, or rejects. */
  check(): Promise<void>;
}

export class BlobTooLargeError extends Error {
  override name = "BlobTooLargeError";
  readonly sizeBytesMax: number;

  constructor(sizeBytesMax: number) {
    super(`The file is larger than ${sizeBytesMax} bytes.`);
    this.sizeBytesMax = sizeBytesMax;
  }
}

export class BlobNotFoundError extends Error {
  override name = "BlobNotFoundError";

  constructor(key: string) {
    super(`There is no stored file ${key}.`);
  }
}

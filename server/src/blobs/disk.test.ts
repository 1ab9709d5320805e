import { createHash, randomBytes } from "node:crypto";
import { readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/database.ts";
import { BlobNotFoundError, BlobTooLargeError } from "./blob-store.ts";
import { DiskBlobStore } from "./disk.ts";

const anySize = { sizeBytesMax: 1e9, signal: new AbortController().signal };

async function setUp() {
  const folder = await temporaryFolder();
  const files = async (): Promise<string[]> =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
  return { folder, files, blobs: new DiskBlobStore(folder) };
}

test("what was put in comes out, whole and in ranges, with its size and hash", async () => {
  const { blobs } = await setUp();
  const bytes = randomBytes(300_000);
  const stored = await blobs.put(
    Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]),
    anySize,
  );
  expect(stored).toMatchObject({
    sizeBytes: 300_000,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  });
  expect((await buffer(await blobs.open(stored.key))).equals(bytes)).toBe(true);
  const part = await buffer(await blobs.open(stored.key, { start: 10, end: 20 }));
  expect(part.equals(bytes.subarray(10, 20))).toBe(true);
});

test("a source that is too large, fails, or is aborted leaves nothing", async () => {
  const { blobs, files } = await setUp();
  const large = blobs.put(Readable.from([Buffer.alloc(11)]), { ...anySize, sizeBytesMax: 10 });
  await expect(large).rejects.toBeInstanceOf(BlobTooLargeError);
  const broken = new Readable({ read() {} });
  broken.push("half");
  setImmediate(() => broken.destroy(new Error("connection lost")));
  await expect(blobs.put(broken, anySize)).rejects.toThrow("connection lost");
  const controller = new AbortController();
  const endless = new Readable({ read() {} });
  endless.push("half");
  setImmediate(() => controller.abort(new Error("went away")));
  await expect(blobs.put(endless, { sizeBytesMax: 10, signal: controller.signal })).rejects.toThrow(
    "went away",
  );
  expect(await files()).toEqual([]);
});

test("a removed blob is not found, removing it again is no error, and a key never leaves the folder", async () => {
  const { blobs } = await setUp();
  const { key } = await blobs.put(Readable.from([Buffer.from("x")]), anySize);
  await blobs.remove(key);
  await blobs.remove(key);
  await expect(blobs.open(key)).rejects.toBeInstanceOf(BlobNotFoundError);
  await expect(blobs.open("../../etc/passwd")).rejects.toBeInstanceOf(BlobNotFoundError);
});

test("old blobs are listed, and drafts that nobody writes to are swept", async () => {
  const { blobs, folder, files } = await setUp();
  const { key } = await blobs.put(Readable.from([Buffer.from("x")]), anySize);
  const waiting = new Readable({ read() {} });
  waiting.push("half");
  const unfinished = blobs.put(waiting, anySize).catch((error: Error) => error.message);
  await expect.poll(async () => (await readdir(join(folder, "drafts"))).length).toBe(1);
  const [draft = ""] = await readdir(join(folder, "drafts"));
  await utimes(join(folder, "drafts", draft), 1, 1);
  expect(await Array.fromAsync(blobs.keysBefore(new Date(Date.now() + 1000)))).toEqual([key]);
  expect(await Array.fromAsync(blobs.keysBefore(new Date(0)))).toEqual([]);
  expect(await blobs.sweepDrafts(new Date(10_000))).toBe(1);
  waiting.destroy(new Error("gone"));
  expect(await unfinished).toBe("gone");
  expect(await files()).toEqual([key]);
});

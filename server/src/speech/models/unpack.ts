import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import type { Package, PackageMember } from "./entry.ts";
import { ModelError } from "./errors.ts";
import { moonshineTokens } from "./tokens.ts";

/**
 * Hash of a file, read in pieces.
 * @returns lower-case hex for `sha256`, and what registries call integrity (`sha512-…`) for `sha512`
 */
export async function hashFile(
  file: string,
  algorithm: "sha256" | "sha512",
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash, { signal });
  return algorithm === "sha256" ? hash.digest("hex") : `sha512-${hash.digest("base64")}`;
}

/**
 * Takes the members that the catalogue names out of a package's tarball and writes them, under the catalogue's names,
 * into `folder`. No name of the tarball becomes a path. The tarball's integrity has been checked before.
 *
 * @throws ModelError `model_altered` where a member is missing
 */
export async function unpack(
  tarball: string,
  from: Package,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Map(from.members.map((member) => [member.path, member]));
  const members = extract();
  const take = async () => {
    for await (const stream of members) {
      const member = wanted.get(stream.header.name);
      wanted.delete(stream.header.name);
      if (member === undefined) stream.resume();
      else await make(member, Readable.from(stream), folder, signal);
    }
  };
  await Promise.all([pipeline(createReadStream(tarball), createGunzip(), members, { signal }), take()]);
  const [missing] = wanted.keys();
  if (missing !== undefined) {
    throw new ModelError(
      "model_altered",
      `${from.name}@${from.version} holds no ${missing}. Nothing was installed.`,
    );
  }
}

async function make(
  member: PackageMember,
  content: Readable,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const target = path.join(folder, member.file);
  const file = await open(target, "wx");
  await pipeline(content, file.createWriteStream({ flush: true }), { signal });
  if (member.make === "moonshine-tokens") {
    await writeFile(target, moonshineTokens(await readFile(target, "utf8")), { flush: true });
  }
}

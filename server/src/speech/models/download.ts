import { createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { LIMITS } from "../../config/limits.ts";
import { ModelError } from "./errors.ts";
import type { Network } from "./network.ts";

export interface Tries {
  signal: AbortSignal;
  /** Waiting times before each further try. */
  retryPausesMs: readonly number[];
}

export interface DownloadOptions extends Tries {
  /** Called with the bytes that are on disk so far. */
  onBytes: (receivedBytes: number) => void;
}

/** An address for people and records: credentials and signatures stay out. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** May be gone at the next try: a busy server, a connection that broke. */
class PassingFault extends Error {}

/**
 * Brings what is at an address into a file of exactly `sizeBytes`. What an earlier call left in the file is gone on
 * from where the server can do that. Whether the bytes are the right ones is for the caller to check.
 *
 * @throws ModelError `model_unreachable` after the last try, `model_refused` where the server says no or sends
 *   another size, `disk_full`
 */
export async function download(
  url: URL,
  target: string,
  sizeBytes: number,
  network: Network,
  options: DownloadOptions,
): Promise<void> {
  const attempt = () => receive(url, target, sizeBytes, network, options);
  await persist(url, attempt, () => sizeOnDisk(target), options);
}

/**
 * Reads a small document.
 * @throws ModelError as {@link download} does
 */
export async function downloadText(
  url: URL,
  headers: OutgoingHttpHeaders,
  network: Network,
  options: Tries,
): Promise<string> {
  const attempt = async () => {
    const response = await open(url, headers, network, options.signal);
    if (response.statusCode !== 200) throw refused(url, response);
    return readText(url, response);
  };
  return persist(url, attempt, async () => 0, options);
}

/** Tries again after passing faults, for as long as it gets further than ever before or pauses are left. */
async function persist<T>(
  url: URL,
  attempt: () => Promise<T>,
  bytesSoFar: () => Promise<number>,
  { signal, retryPausesMs }: Tries,
): Promise<T> {
  let furthest = await bytesSoFar();
  for (let tries = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      const reached = await bytesSoFar();
      if (reached > furthest) tries = 0;
      furthest = Math.max(furthest, reached);
      const pauseMs = retryPausesMs[tries];
      if (pauseMs === undefined) throw unreachable(url, error);
      await pause(pauseMs, undefined, { signal });
    }
  }
}

async function receive(
  url: URL,
  target: string,
  sizeBytes: number,
  network: Network,
  { signal, onBytes }: DownloadOptions,
): Promise<void> {
  let have = await sizeOnDisk(target);
  if (have > sizeBytes) {
    await rm(target);
    have = 0;
  }
  onBytes(have);
  if (have === sizeBytes) return;
  const headers: OutgoingHttpHeaders = { "accept-encoding": "identity" };
  if (have > 0) headers["range"] = `bytes=${have}-`;
  const response = await open(url, headers, network, signal);
  // Without If-Range: the caller's checksum finds a file that changed in between, and then it is brought anew.
  const resumes = response.statusCode === 206 && startsAt(response, have, sizeBytes);
  if (!resumes && (response.statusCode === 206 || response.statusCode === 416)) {
    response.destroy();
    await rm(target, { force: true });
    throw new PassingFault("it could not go on from where the download stopped");
  }
  if (!resumes && response.statusCode !== 200) throw refused(url, response);
  if (!resumes) have = 0;
  const file = createWriteStream(target, { flags: resumes ? "a" : "w", flush: true });
  await pipeline(response, atMost(url, sizeBytes, have, onBytes), file, { signal });
  if ((await sizeOnDisk(target)) < sizeBytes) throw new PassingFault("the connection ended early");
}

function startsAt(response: IncomingMessage, first: number, sizeBytes: number): boolean {
  return response.headers["content-range"] === `bytes ${first}-${sizeBytes - 1}/${sizeBytes}`;
}

/** Counts, and stops a server that sends more than was agreed. */
function atMost(url: URL, sizeBytes: number, have: number, onBytes: (bytes: number) => void): Transform {
  let received = have;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      if (received > sizeBytes) {
        done(
          new ModelError(
            "model_altered",
            `${shown(url)} holds more than the ${sizeBytes} bytes that belong to the model. Nothing was installed. ` +
              "Ask whoever runs that server.",
          ),
        );
        return;
      }
      onBytes(received);
      done(null, chunk);
    },
  });
}

/** Follows redirects, never from https to http. */
async function open(
  url: URL,
  headers: OutgoingHttpHeaders,
  network: Network,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let here = url;
  for (let redirects = 0; redirects <= LIMITS.models.redirectsMax; redirects++) {
    const response = await network.get(here, headers, signal);
    const status = response.statusCode ?? 0;
    if (status === 408 || status === 429 || status >= 500) {
      response.destroy();
      throw new PassingFault(`it answered ${status}`);
    }
    const location = response.headers.location;
    if (status < 300 || status >= 400 || location === undefined) return response;
    response.destroy();
    here = redirected(here, location);
  }
  throw new ModelError(
    "model_refused",
    `${shown(url)} redirects more than ${LIMITS.models.redirectsMax} times. Check the address, or bring the files with "uspeech models pull NAME --from DIR".`,
  );
}

function redirected(from: URL, location: string): URL {
  const to = URL.parse(location, from.href);
  const safe = to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:");
  if (to === null || !safe) {
    throw new ModelError(
      "model_refused",
      `${shown(from)} redirects to an address that is not secure, which is not followed. Check the registry or mirror, or bring the files with "uspeech models pull NAME --from DIR".`,
    );
  }
  return to;
}

async function readText(url: URL, response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > LIMITS.models.metadataBytesMax) {
      response.destroy();
      throw new ModelError(
        "model_refused",
        `${shown(url)} answers with more than ${LIMITS.models.metadataBytesMax} bytes. Check that it is a package registry.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function sizeOnDisk(path: string): Promise<number> {
  const stats = await stat(path).catch(() => null);
  return stats?.size ?? 0;
}

function refused(url: URL, response: IncomingMessage): ModelError {
  response.destroy();
  return new ModelError(
    "model_refused",
    `${shown(url)} answered ${response.statusCode}. Check the registry with "npm config get registry", or bring the files with "uspeech models pull NAME --from DIR".`,
  );
}

function unreachable(url: URL, cause: unknown): ModelError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ModelError(
    "model_unreachable",
    `${shown(url)} could not be reached: ${reason}. Run the same command again to go on from where it stopped. ` +
      'Without a connection, bring the files from another machine and name their folder: "uspeech models pull NAME --from DIR".',
    { cause },
  );
}

/** What a file system says; everything else that goes wrong here is the network. */
const DISK_FAULTS = new Set([
  "EACCES",
  "EDQUOT",
  "EFBIG",
  "EIO",
  "EISDIR",
  "EMFILE",
  "ENOENT",
  "ENOSPC",
  "EPERM",
  "EROFS",
]);

function isPassing(error: unknown): boolean {
  if (error instanceof ModelError || !(error instanceof Error)) return false;
  // A firewall may answer `connect` with EPERM.
  if ("syscall" in error && error.syscall === "connect") return true;
  return !("code" in error && typeof error.code === "string" && DISK_FAULTS.has(error.code));
}

/** What a large upload costs the server's memory. */
import { once } from "node:events";
import { request } from "node:http";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { watchMemory } from "./memory-watch.ts";
import { Program } from "./program.ts";
import type { Measured } from "./table.ts";
import { megabytes } from "./units.ts";

export interface UploadOptions {
  model: string;
  /** Of the recording that is uploaded. */
  sizeBytes: number;
}

/** A short one before it, so that what every first upload costs (code, threads) is not taken for the size's. */
const WARM_UP_BYTES = 1_000_000;

const EVERY_MS = 50;

export async function measureUpload({ model, sizeBytes }: UploadOptions): Promise<Measured> {
  const program = await Program.start({ model, workers: 1 });
  await program.settled(await upload(program, WARM_UP_BYTES));
  const before = await watchMemory({ pid: program.pid, everyMs: EVERY_MS }, async () => undefined);
  const started = performance.now();
  const { peaks } = await watchMemory({ pid: program.pid, everyMs: EVERY_MS }, () =>
    upload(program, sizeBytes),
  );
  const wallSeconds = (performance.now() - started) / 1000;
  await program.stop();
  const growthBytes = peaks.server - before.peaks.server;
  return {
    title: "A large upload",
    rows: [
      ["size", "wall s", "MB/s", "server before", "server's peak", "growth"],
      [
        megabytes(sizeBytes),
        wallSeconds.toFixed(1),
        (sizeBytes / 1e6 / wallSeconds).toFixed(0),
        ...[before.peaks.server, peaks.server, growthBytes].map(megabytes),
      ],
    ],
    notes: [
      `Noise in a WAV file, made as it is sent. Resident memory of the server process, looked at every ${EVERY_MS} ms from the first byte`,
      "until the answer, which comes when the file is hashed, stored and looked into.",
    ],
    figures: {
      sizeBytes,
      wallSeconds,
      beforeBytes: before.peaks.server,
      peakBytes: peaks.server,
      growthBytes,
    },
  };
}

const BOUNDARY = "uspeech-bench-boundary";

/** Uploads a recording that exists nowhere, over one connection. @returns the file's id */
async function upload({ baseUrl, headers }: Program, sizeBytes: number): Promise<number> {
  const head = Buffer.from(
    ["project", "file_type"].map((name) => textPart(name, name === "project" ? "1" : "audio")).join("") +
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="noise.wav"\r\n` +
      "Content-Type: audio/wav\r\n\r\n",
  );
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const sending = request(new URL("/api/files/", baseUrl), {
    method: "POST",
    headers: {
      ...headers,
      "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
      "content-length": head.length + sizeBytes + tail.length,
    },
  });
  const answered = once(sending, "response");
  await pipeline(Readable.from(bodyOf(head, sizeBytes, tail), { objectMode: false }), sending);
  const [answer] = await answered;
  const text = (await answer.setEncoding("utf8").toArray()).join("");
  if (answer.statusCode !== 201)
    throw new Error(`The upload was answered with ${answer.statusCode}: ${text}`);
  return JSON.parse(text).id;
}

function textPart(name: string, value: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

function* bodyOf(head: Buffer, sizeBytes: number, tail: Buffer): Generator<Buffer> {
  yield head;
  yield* noise(sizeBytes);
  yield tail;
}

const HEADER_BYTES = 44;
const SAMPLE_RATE_HZ = 48_000;
const FRAME_BYTES = 4;

/** A stereo WAV file of so many bytes. The same second of noise all through, which nothing on the way can know. */
function* noise(sizeBytes: number): Generator<Buffer> {
  yield wavHeader(sizeBytes - HEADER_BYTES);
  const second = randomBytes(SAMPLE_RATE_HZ * FRAME_BYTES);
  for (let left = sizeBytes - HEADER_BYTES; left > 0; left -= second.length) yield second.subarray(0, left);
}

function wavHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("RIFF", 0);
  header.writeUInt32LE(HEADER_BYTES - 8 + dataBytes, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  header.writeUInt32LE(SAMPLE_RATE_HZ * FRAME_BYTES, 28);
  header.writeUInt16LE(FRAME_BYTES, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

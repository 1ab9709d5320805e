import type { RequestBody } from "./transport.ts";

/** What can be uploaded, and the body that carries it. Nothing is held in memory that is not there already. */

/** A stream with what it does not know of itself. */
export interface NamedStream {
  stream: ReadableStream<Uint8Array>;
  filename: string;
  /** For progress. */
  sizeBytes?: number | undefined;
}

/** A path (Node only), the platform's `File` or `Blob`, or a stream. */
export type UploadSource = string | Blob | ReadableStream<Uint8Array> | NamedStream;

export interface UploadBody {
  body: () => RequestBody;
  headers: Record<string, string>;
  /** Whether `body` can be made more than once. */
  repeatable: boolean;
}

interface Content {
  filename: string;
  sizeBytes: number | null;
  /** Lasting, so that it can be sent again; or a stream, which can be read once. */
  bytes: Blob | ReadableStream<Uint8Array>;
}

export interface UploadFields {
  project: number;
  file_type: string;
}

/** Called as bytes are taken by the connection. @param sizeBytes null where it is not known */
export type OnSent = (sentBytes: number, sizeBytes: number | null) => void;

/**
 * @param filename instead of the source's own
 * @throws {TypeError} where a stream or blob has no name and none is given
 */
export async function uploadBody(
  source: UploadSource,
  fields: UploadFields,
  options: { filename?: string | undefined; onSent?: OnSent | undefined },
): Promise<UploadBody> {
  const content = await contentOf(source);
  const filename = options.filename ?? content.filename;
  if (filename === "") throw new TypeError("The upload has no name: give `filename`.");
  return formBody(content, { ...fields, filename }, options.onSent);
}

async function contentOf(source: UploadSource): Promise<Content> {
  if (typeof source === "string") return fileAt(source);
  if (source instanceof Blob) {
    return { filename: "name" in source ? String(source.name) : "", sizeBytes: source.size, bytes: source };
  }
  if (source instanceof ReadableStream) return { filename: "", sizeBytes: null, bytes: source };
  return { filename: source.filename, sizeBytes: source.sizeBytes ?? null, bytes: source.stream };
}

/** Not imported by name, so that bundlers for browsers have nothing to stumble over. */
async function fileAt(path: string): Promise<Content> {
  const fs = globalThis.process?.getBuiltinModule?.("node:fs");
  if (!fs) throw new TypeError("Paths can be uploaded on Node only. Give a File or a Blob.");
  await fs.promises.access(path, fs.constants.R_OK);
  const bytes = await fs.openAsBlob(path);
  return { filename: path.split(/[\\/]/).at(-1) ?? "", sizeBytes: bytes.size, bytes };
}

/**
 * The form by hand (RFC 7578): the platform's cannot hold a stream, and turns `"` in names into `%22`. Made of blobs it
 * has a length, and can be sent again.
 */
function formBody(
  { bytes, sizeBytes }: Content,
  { filename, ...fields }: UploadFields & { filename: string },
  onSent: OnSent | undefined,
): UploadBody {
  const boundary = `uspeech-${crypto.randomUUID()}`;
  const texts = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const disposition = `Content-Disposition: form-data; name="file"; filename="${quoted(filename)}"`;
  const head = `${texts.join("")}--${boundary}\r\n${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const tail = `\r\n--${boundary}--\r\n`;
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
  const isBlob = bytes instanceof Blob;
  if (isBlob && !(onSent && canStreamRequests()))
    return { body: () => new Blob([head, bytes, tail]), headers, repeatable: true };
  const body = () => {
    const content = counted(isBlob ? bytes.stream() : bytes, sizeBytes, onSent);
    return joined(encoded(head), content, encoded(tail));
  };
  return { body, headers, repeatable: isBlob };
}

/** As a quoted string (RFC 9110, section 5.6.4), which has no line breaks. */
function quoted(filename: string): string {
  return filename.replace(/[\r\n]+/g, " ").replace(/["\\]/g, "\\$&");
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function joined(
  head: Uint8Array,
  content: ReadableStream<Uint8Array>,
  tail: Uint8Array,
): ReadableStream<Uint8Array> {
  const frame = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(head),
    flush: (controller) => controller.enqueue(tail),
  });
  return content.pipeThrough(frame);
}

function counted(
  content: ReadableStream<Uint8Array>,
  sizeBytes: number | null,
  onSent: OnSent | undefined,
): ReadableStream<Uint8Array> {
  if (!onSent) return content;
  let sentBytes = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      sentBytes += chunk.byteLength;
      onSent(sentBytes, sizeBytes);
    },
  });
  return content.pipeThrough(counter);
}

/** Firefox and Safari cannot, and Chromium over HTTP/2 only: there an upload has no progress. */
function canStreamRequests(): boolean {
  return globalThis.process?.versions?.node !== undefined;
}

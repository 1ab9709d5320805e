import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import { ClientGone, hasNoBody, requireMediaType } from "./body.ts";
import { ParseError, PayloadTooLarge } from "./errors.ts";
import { FormFile } from "./field.ts";
import { parseMediaType } from "./negotiation.ts";
import { Form } from "./serializer.ts";
import type { HttpLimits } from "./server.ts";

export interface FormOptions<Kept> {
  /** The name of the part that is the file; files under other names are read past. */
  fileField: string;
  /** Keeps the file. It must read the stream to its end or throw. @param before the texts that came before it */
  onFile: (stream: Readable, filename: string, before: ReadonlyMap<string, string>) => Promise<Kept>;
  /** Undoes `onFile`: a later file took this one's place, or the form turned out broken. */
  discard: (kept: Kept) => Promise<void>;
  fileBytesMax: number;
}

/**
 * Reads `multipart/form-data` while it arrives: parts in any order, files handed on as streams and never held. Of
 * several texts or files with one name the last counts, but for fields that take several. What `onFile` kept is either in the form given back, or was
 * discarded before this throws.
 *
 * A part is a file where it has a `filename`, which is data: it is given as it came. With an empty one, as browsers send
 * it for an empty box, it is text, as in Django.
 * @throws {UnsupportedMediaType} {@link ParseError} {@link PayloadTooLarge} what `onFile` throws
 * @throws {ClientGone}
 */
export async function readForm<Kept>(
  call: { request: { raw: IncomingMessage }; limits: HttpLimits },
  options: FormOptions<Kept>,
): Promise<Form<Kept>> {
  const request = call.request.raw;
  if (hasNoBody(request)) return new Form<Kept>(new Map());
  requireMediaType(request, "multipart/form-data");
  const boundary = boundaryOf(request.headers["content-type"] ?? "");
  const wholeBytesMax = options.fileBytesMax + call.limits.formOverheadBytesMax;
  if (Number(request.headers["content-length"] ?? 0) > wholeBytesMax) throw tooLarge(options);
  const reading = new FormReading(options, call.limits);
  try {
    await reading.run(request, boundary, wholeBytesMax);
    return await reading.form();
  } catch (error) {
    await reading.discardAll();
    throw error;
  }
}

/** Django's own rule for what can be one. */
function boundaryOf(contentType: string): string {
  const boundary = parseMediaType(contentType).parameters.get("boundary");
  if (boundary !== undefined && /^[ -~]{0,200}[!-~]$/.test(boundary)) return boundary;
  throw malformed(`Invalid boundary in multipart: ${boundary ?? "None"}`);
}

function malformed(why: string): ParseError {
  return new ParseError(`Multipart form parse error - ${why}`);
}

function tooLarge(options: { fileBytesMax: number }): PayloadTooLarge {
  return new PayloadTooLarge(options.fileBytesMax, "The file");
}

/** One form on its way in. */
class FormReading<Kept> {
  readonly options: FormOptions<Kept>;
  readonly limits: HttpLimits;
  readonly values = new Map<string, string>();
  readonly lists = new Map<string, string[]>();
  readonly files = new Map<string, FormFile>();
  readonly keeping: Promise<FormFile<Kept>>[] = [];
  readonly streams = new Set<BusboyFileStream>();
  readonly done = Promise.withResolvers<void>();

  constructor(options: FormOptions<Kept>, limits: HttpLimits) {
    this.options = options;
    this.limits = limits;
  }

  async run(request: IncomingMessage, boundary: string, wholeBytesMax: number): Promise<void> {
    const parser = this.parser(boundary);
    let sizeBytes = 0;
    const onData = (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > wholeBytesMax) this.done.reject(tooLarge(this.options));
    };
    const onGone = () => {
      if (!request.readableEnded) this.done.reject(new ClientGone());
    };
    request.on("data", onData).once("error", onGone).once("close", onGone);
    request.pipe(parser);
    try {
      await this.done.promise;
    } catch (error) {
      for (const stream of this.streams) stream.destroy(error instanceof Error ? error : undefined);
      throw error;
    } finally {
      request.unpipe(parser).off("data", onData).off("close", onGone);
    }
  }

  parser(boundary: string): BusboyInstance {
    const { limits } = this;
    const { reject, resolve } = this.done;
    const fail = (why: string) => () => reject(malformed(why));
    return new Busboy({
      headers: { "content-type": `multipart/form-data; boundary="${boundary.replace(/["\\]/g, "\\$&")}"` },
      preservePath: true,
      isPartAFile: (_name, _contentType, filename) => !!filename,
      limits: {
        fields: limits.formFieldsMax,
        files: limits.formFieldsMax,
        fieldSize: limits.formFieldBytesMax,
        headerSize: limits.formHeaderBytesMax,
        fileSize: this.options.fileBytesMax,
      },
    })
      .on("field", (name, value, _nameTruncated, truncated) => {
        if (truncated) reject(new PayloadTooLarge(limits.formFieldBytesMax, `The field "${name}"`));
        else if (name !== undefined) this.text(name, value);
      })
      .on("file", (name, stream, filename) => this.file(name, stream, filename))
      .on("fieldsLimit", fail(`More than ${limits.formFieldsMax} fields.`))
      .on("filesLimit", fail(`More than ${limits.formFieldsMax} files.`))
      .on("error", (error) => reject(malformed(error instanceof Error ? error.message : String(error))))
      .on("finish", resolve);
  }

  text(name: string, value: string): void {
    this.values.set(name, value);
    this.lists.set(name, [...(this.lists.get(name) ?? []), value]);
  }

  file(name: string | undefined, stream: BusboyFileStream, filename: string): void {
    this.streams.add(stream);
    stream.once("close", () => this.streams.delete(stream));
    // A broken form breaks the stream too; `done` tells why.
    stream.on("error", () => undefined);
    stream.once("limit", () => {
      const error = tooLarge(this.options);
      this.done.reject(error);
      stream.destroy(error);
    });
    if (name === this.options.fileField) {
      this.keep(stream, filename);
      return;
    }
    stream.resume();
    if (name !== undefined) this.files.set(name, new FormFile(filename, 1, undefined));
  }

  keep(stream: BusboyFileStream, filename: string): void {
    const keeping = this.options
      .onFile(stream, filename, this.values)
      .then((kept) => new FormFile(filename, stream.bytesRead, kept));
    keeping.catch(this.done.reject);
    this.keeping.push(keeping);
  }

  /** Waits until all files are kept. */
  async form(): Promise<Form<Kept>> {
    const kept = await Promise.all(this.keeping);
    const file = kept.at(-1);
    if (file) this.files.set(this.options.fileField, file);
    for (const earlier of kept.slice(0, -1)) await this.options.discard(earlier.kept);
    return new Form(this.values, this.files, file, this.lists);
  }

  async discardAll(): Promise<void> {
    for (const result of await Promise.allSettled(this.keeping)) {
      if (result.status === "fulfilled") await this.options.discard(result.value.kept);
    }
  }
}

import type { IncomingMessage } from "node:http";
import { TextDecoder } from "node:util";
import { ApiError, ParseError, PayloadTooLarge, UnsupportedMediaType } from "./errors.ts";
import { JsonError, parseJson } from "./json.ts";
import { isMediaType, parseMediaType } from "./negotiation.ts";
import type { Json } from "./python.ts";

/** The client went away; there is nobody to answer. */
export class ClientGone extends Error {
  override name = "ClientGone";
  constructor() {
    super("The client closed the connection before its request was over.");
  }
}

/** Whether the request says that no body follows. */
export function hasNoBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return request.headers["transfer-encoding"] === undefined && (length === undefined || Number(length) === 0);
}

/**
 * Checks what a body says it is, as DRF does before parsing. @throws {UnsupportedMediaType} also for compressed bodies
 */
export function requireMediaType(request: IncomingMessage, mediaType: string): void {
  const contentType = request.headers["content-type"] ?? "";
  if (!isMediaType(contentType, mediaType)) throw new UnsupportedMediaType(contentType);
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") throw new UnsupportedMediaType(`${contentType}; ${encoding}`);
}

/**
 * The body as JSON; no body at all is `{}`, as in DRF.
 * @throws {UnsupportedMediaType} {@link PayloadTooLarge} {@link ParseError}
 * @throws {ClientGone}
 */
export async function readJson(
  request: IncomingMessage,
  limits: { jsonBytesMax: number; jsonBodyMs: number; jsonDepthMax: number },
): Promise<Json> {
  if (hasNoBody(request)) return {};
  requireMediaType(request, "application/json");
  const bytes = await readAll(request, limits.jsonBytesMax, limits.jsonBodyMs);
  if (bytes.length === 0) return {};
  try {
    return parseJson(decode(bytes, request.headers["content-type"] ?? ""), limits.jsonDepthMax);
  } catch (error) {
    if (error instanceof JsonError) throw new ParseError(`JSON parse error - ${error.message}`);
    throw error;
  }
}

/** @throws {PayloadTooLarge} as soon as it is known @throws 408 where the body does not come in time */
async function readAll(request: IncomingMessage, sizeBytesMax: number, timeoutMs: number): Promise<Buffer> {
  if (Number(request.headers["content-length"] ?? 0) > sizeBytesMax) throw new PayloadTooLarge(sizeBytesMax);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const timer = setTimeout(() => reject(new ApiError(408, "The body did not arrive in time.")), timeoutMs);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > sizeBytesMax) reject(new PayloadTooLarge(sizeBytesMax));
  };
  const onEnd = () => resolve(Buffer.concat(chunks));
  const onGone = () => reject(new ClientGone());
  request.on("data", onData).once("end", onEnd).once("error", onGone).once("close", onGone);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    request.pause().off("data", onData).off("end", onEnd).off("close", onGone);
  }
}

/** Text in the charset that the body names, UTF-8 where it names none or one that nobody knows. */
function decode(bytes: Buffer, contentType: string): string {
  const charset = parseMediaType(contentType).parameters.get("charset") ?? "utf-8";
  try {
    return decoder(charset).decode(bytes);
  } catch {
    throw new JsonError(`'${charset.toLowerCase()}' codec can't decode the body: it is not ${charset} text`);
  }
}

/** Python also knows names with other dashes than the web's: `latin-1` for `latin1`. */
function decoder(charset: string): TextDecoder {
  for (const name of [charset, charset.replace(/[-_]/g, "")]) {
    try {
      return new TextDecoder(name, { fatal: true, ignoreBOM: true });
    } catch {
      // Not a name that is known here.
    }
  }
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
}

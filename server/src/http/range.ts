/** Serving bytes of known size: ranges, validators and names (RFC 9110 sections 13 and 14, RFC 6266). */

import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { RangeNotSatisfiable } from "./errors.ts";

export interface Content {
  sizeBytes: number;
  contentType: string;
  /** Of these bytes and no others, in its quotes: `"sha256…"`. */
  etag?: string;
  /** Shown as the name to save under; any Unicode. */
  filename?: string;
  /** To save, or to show in place. `attachment` unless given. */
  disposition?: "attachment" | "inline";
  /** @param start first byte @param end last byte, included */
  open: (start: number, end: number) => Promise<Readable> | Readable;
}

export interface ContentAnswer {
  status: number;
  headers: Record<string, string>;
  /** Absent for HEAD, for 304 and for nothing at all. */
  stream?: Readable;
}

/**
 * The answer to GET or HEAD for these bytes: whole (200), one range of them (206), or nothing new (304). Several ranges
 * at once, and ranges that cannot be read, are answered with the whole, as RFC 9110 allows.
 * @throws {RangeNotSatisfiable} 416
 */
export async function sendContent(
  request: { method: string; headers: IncomingHttpHeaders },
  content: Content,
): Promise<ContentAnswer> {
  const { sizeBytes, etag } = content;
  const headers = contentHeaders(content);
  if (etag !== undefined && isNamed(request.headers["if-none-match"], etag)) return { status: 304, headers };
  const range = request.method === "GET" ? rangeOf(request.headers, sizeBytes, etag) : undefined;
  const [start, end] = range ?? [0, sizeBytes - 1];
  headers["content-length"] = String(end - start + 1);
  if (range) headers["content-range"] = `bytes ${start}-${end}/${sizeBytes}`;
  const status = range ? 206 : 200;
  if (request.method === "HEAD" || sizeBytes === 0) return { status, headers };
  return { status, headers, stream: await content.open(start, end) };
}

function contentHeaders({ contentType, etag, filename, disposition }: Content): Record<string, string> {
  return {
    "content-type": contentType,
    "accept-ranges": "bytes",
    ...(etag !== undefined && { etag }),
    ...(filename !== undefined && { "content-disposition": contentDisposition(filename, disposition) }),
  };
}

function isNamed(header: string | undefined, etag: string): boolean {
  const names = (header ?? "").split(",").map((name) => name.trim().replace(/^W\//, ""));
  return header?.trim() === "*" || names.includes(etag);
}

/** First and last byte; undefined where the whole is to be sent. */
function rangeOf(
  headers: IncomingHttpHeaders,
  sizeBytes: number,
  etag: string | undefined,
): [number, number] | undefined {
  const ifRange = headers["if-range"];
  if (ifRange !== undefined && ifRange !== etag) return undefined;
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(headers.range ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (first === "" && last === "") return undefined;
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  const start = first === "" ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === "" || last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (start >= sizeBytes) throw new RangeNotSatisfiable(sizeBytes);
  return [start, end];
}

/** The header's value: a plain name for old clients, and the true one for all others (RFC 6266, RFC 8187). */
export function contentDisposition(
  filename: string,
  disposition: "attachment" | "inline" = "attachment",
): string {
  const plain = filename.replace(/[^ -~]|["\\%]/gu, "_");
  const encoded = encodeURIComponent(filename.toWellFormed()).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const extended = plain === filename ? "" : `; filename*=UTF-8''${encoded}`;
  return `${disposition}; filename="${plain}"${extended}`;
}

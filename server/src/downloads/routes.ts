import { Readable } from "node:stream";
import type { Actor } from "../accounts/users.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import { LIMITS } from "../config/limits.ts";
import type { Database } from "../database/open.ts";
import { EXPORT_FORMATS, exportFilename, type ExportType, render, titleOf } from "../exports/export.ts";
import { NotFound, PermissionDenied, ValidationError } from "../http/errors.ts";
import { choice } from "../http/fields.ts";
import { lastParam } from "../http/query.ts";
import { sendContent } from "../http/range.ts";
import { serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { objectOf, oneOf } from "../http/shapes.ts";
import { apiTime } from "../http/times.ts";
import { type Answer, type Call, view } from "../http/view.ts";
import { asTranscript, findTranscript, linkedTranscript, turnsOf } from "../transcripts/transcripts.ts";
import type { Link, LinkSigner } from "./links.ts";
import { mediaType } from "./media-types.ts";

export const EXPORT_TYPES = Object.keys(EXPORT_FORMATS) as ExportType[];

/** What a download is asked for with. */
const DOWNLOAD = serializer("Download", { type: choice(EXPORT_TYPES) });

export interface DownloadServices {
  db: Database;
  blobs: BlobStore;
  links: LinkSigner;
  now: () => Date;
}

export function downloadRoutes(server: ApiServer<Actor>, services: DownloadServices): void {
  view(server, "/api/transcripts/:id/download/", {
    name: "Transcript Download",
    tag: "transcripts",
    actions: {
      GET: {
        summary: "A link to a transcript as a document, for 15 minutes",
        query: [{ name: "type", description: "The format.", schema: { type: "string", enum: EXPORT_TYPES } }],
        responses: {
          200: objectOf({
            url: "string",
            type: oneOf(EXPORT_TYPES),
            filename: "string",
            expires_at: "datetime",
          }),
        },
        handle: (call) => offer(services, call),
      },
    },
  });
  view(server, "/api/downloads/:token/", {
    name: "Download",
    tag: "transcripts",
    permission: "public",
    produces: ["*/*"],
    actions: {
      GET: {
        summary: "What a link leads to; it needs no credentials",
        rate: "downloads",
        responses: { 200: null, 206: null },
        handle: (call) => follow(services, call),
      },
    },
  });
}

async function offer({ db, links, now }: DownloadServices, call: Call<Actor>): Promise<Answer> {
  const row = await findTranscript(db, call.actor, call.id());
  if (!row) throw new NotFound();
  const asked = lastParam(call.query, "type");
  const { type } = await DOWNLOAD.validate(asked === undefined ? {} : { type: asked });
  if (row.status !== "transcribed") throw new ValidationError("The transcript is not ready.");
  const until = new Date(now().getTime() + LIMITS.downloads.linkMs);
  const url = linkUrl(links, call.baseUrl, {
    kind: "export",
    transcript: row.id,
    type,
    until: until.getTime(),
  });
  const filename = exportFilename(row.original_filename, type);
  return { status: 200, body: { url, type, filename, expires_at: apiTime(until.toISOString()) } };
}

/** A link to a recording, for players. */
export function mediaLink(
  { links, now }: Pick<DownloadServices, "links" | "now">,
  baseUrl: string,
  file: number,
) {
  const until = new Date(now().getTime() + LIMITS.downloads.mediaLinkMs);
  return { url: linkUrl(links, baseUrl, { kind: "media", file, until: until.getTime() }), until };
}

function linkUrl(links: LinkSigner, baseUrl: string, link: Link): string {
  return `${baseUrl}/api/downloads/${links.sign(link)}/`;
}

async function follow(services: DownloadServices, call: Call<Actor>): Promise<Answer> {
  const check = services.links.check(call.param("token"), services.now());
  if (check.kind === "expired") throw new PermissionDenied("This link has expired.");
  if (check.kind === "altered") throw new PermissionDenied("This link is not valid.");
  const answer =
    check.link.kind === "export"
      ? await sendExport(services, call, check.link.transcript, check.link.type)
      : await sendMedia(services, call, check.link.file);
  return { ...answer, headers: { ...answer.headers, ...FOR_PLAYERS } };
}

/** What is uploaded may be anything: it may be played, in pages of others too, and never run. */
const FOR_PLAYERS = {
  "content-security-policy": "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox",
  "cross-origin-resource-policy": "cross-origin",
};

async function sendExport(
  { db }: DownloadServices,
  call: Call<Actor>,
  id: number,
  type: ExportType,
): Promise<Answer> {
  const row = await linkedTranscript(db, id);
  if (!row) throw new NotFound();
  const transcript = asTranscript(row, await turnsOf(db, id));
  const bytes = await render(type, {
    title: titleOf(row.original_filename),
    transcript,
    createdAt: new Date(row.created_at),
    returnTimestamps: row.return_timestamps === 1,
  });
  return sendContent(call.request, {
    sizeBytes: bytes.length,
    contentType: EXPORT_FORMATS[type].mime,
    filename: exportFilename(row.original_filename, type),
    open: (start, end) => Readable.from([bytes.subarray(start, end + 1)]),
  });
}

async function sendMedia({ db, blobs }: DownloadServices, call: Call<Actor>, id: number): Promise<Answer> {
  const file = await db.selectFrom("files").selectAll().where("id", "=", id).executeTakeFirst();
  if (!file) throw new NotFound();
  return sendContent(call.request, {
    sizeBytes: file.size_bytes,
    contentType: mediaType(file),
    etag: `"${file.sha256}"`,
    filename: file.original_filename,
    disposition: "inline",
    open: (start, end) => blobs.open(file.blob_key, { start, end: end + 1 }),
  });
}

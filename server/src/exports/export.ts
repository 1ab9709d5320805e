import { renderDocx } from "./docx.ts";
import type { ExportDocument } from "./document.ts";
import { renderJson } from "./json.ts";
import { renderSrt } from "./srt.ts";
import { renderTxt } from "./txt.ts";
import { renderVtt } from "./vtt.ts";

export type { ExportDocument } from "./document.ts";

interface Format {
  extension: string;
  /** Media type for the `Content-Type` header. */
  mime: string;
  render: (document: ExportDocument) => string | Promise<Buffer>;
}

/** Everything that a transcript can be downloaded as. */
export const EXPORT_FORMATS = {
  srt: { extension: "srt", mime: "application/x-subrip; charset=utf-8", render: renderSrt },
  vtt: { extension: "vtt", mime: "text/vtt; charset=utf-8", render: renderVtt },
  txt: { extension: "txt", mime: "text/plain; charset=utf-8", render: renderTxt },
  json: { extension: "json", mime: "application/json", render: renderJson },
  docx: {
    extension: "docx",
    mime: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    render: renderDocx,
  },
} as const satisfies Record<string, Format>;

export type ExportType = keyof typeof EXPORT_FORMATS;

export function isExportType(type: string): type is ExportType {
  return Object.hasOwn(EXPORT_FORMATS, type);
}

/** Renders a transcript as a file's bytes; text is UTF-8 without a byte order mark. */
export async function render(type: ExportType, document: ExportDocument): Promise<Buffer> {
  const rendered = await EXPORT_FORMATS[type].render(document);
  return typeof rendered === "string" ? Buffer.from(rendered) : rendered;
}

/** A filename without its extension: `interview.wav` gives `interview`, `v1.2 final` stays. */
export function titleOf(filename: string): string {
  return filename.replace(/(?<=.)\.(?=[a-z0-9]*[a-z])[a-z0-9]{1,5}$/iu, "");
}

/** Most file systems hold names of up to 255 bytes; some room is left for ` (1)` and the like. */
const NAME_BYTES_MAX = 240;

/**
 * The name under which an export is downloaded: `interview.wav` as SRT is `interview.srt`. Any script stays; what a file
 * system forbids or a reader cannot see (separators, control characters, marks that turn the direction of text) does not.
 */
export function exportFilename(originalFilename: string, type: ExportType): string {
  const name = titleOf(originalFilename.toWellFormed())
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
    .replace(/[/\\:*?"<>|]/gu, "-")
    .replace(/^[\s.]+|[\s.]+$/gu, "");
  const extension = `.${EXPORT_FORMATS[type].extension}`;
  return `${shortened(name, NAME_BYTES_MAX - extension.length) || "transcript"}${extension}`;
}

function shortened(name: string, bytesMax: number): string {
  if (Buffer.byteLength(name) <= bytesMax) return name;
  let kept = "";
  let bytes = 0;
  for (const { segment } of new Intl.Segmenter().segment(name)) {
    bytes += Buffer.byteLength(segment);
    if (bytes > bytesMax) break;
    kept += segment;
  }
  return kept.trimEnd();
}

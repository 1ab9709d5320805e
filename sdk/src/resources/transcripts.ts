import { List } from "../pages.ts";
import type { Transport } from "../transport.ts";
import type {
  DownloadLink,
  ExportType,
  RequestOptions,
  Transcript,
  TranscriptFilters,
  TranscriptSummary,
} from "../types.ts";

export interface GetTranscriptOptions extends RequestOptions {
  /** Give each turn its words, with their times. */
  words?: boolean | undefined;
}

export interface DownloadOptions extends RequestOptions {
  type: ExportType;
}

/** A transcript as a document. */
export interface Download {
  filename: string;
  contentType: string;
  /** The bytes as they come; `new Response(stream)` makes text, blobs and buffers of them. */
  stream: ReadableStream<Uint8Array>;
}

export class Transcripts {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Without what was said: see {@link Transcripts.get}. */
  list(filters: TranscriptFilters = {}, options: RequestOptions = {}): List<TranscriptSummary> {
    return new List(this.#transport, {
      method: "GET",
      path: "/api/transcripts/",
      query: filters,
      ...options,
    });
  }

  get(id: number, { words, signal }: GetTranscriptOptions = {}): Promise<Transcript> {
    const query = { words: words || undefined };
    return this.#transport.json({ method: "GET", path: `/api/transcripts/${id}/`, query, signal });
  }

  /** A link to the transcript as a document, which needs no credentials for 15 minutes. */
  link(id: number, { type, signal }: DownloadOptions): Promise<DownloadLink> {
    const path = `/api/transcripts/${id}/download/`;
    return this.#transport.json({ method: "GET", path, query: { type }, signal });
  }

  /** The transcript as a document. @throws ValidationError while it is not ready */
  async download(id: number, options: DownloadOptions): Promise<Download> {
    const { url, filename } = await this.link(id, options);
    const response = await this.#transport.open(url, options.signal);
    return {
      filename,
      contentType: response.headers.get("content-type") ?? "application/octet-stream",
      stream: response.body ?? new Blob([]).stream(),
    };
  }
}

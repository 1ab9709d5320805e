import { ConnectionError } from "../errors.ts";
import { List } from "../pages.ts";
import { pause, type Transport } from "../transport.ts";
import type {
  FileChange,
  FileFilters,
  FileType,
  MediaLink,
  RequestOptions,
  Task,
  TranscriptionFile,
} from "../types.ts";
import { type OnSent, uploadBody, type UploadSource } from "../upload.ts";

export interface UploadOptions extends RequestOptions {
  /** Id of the project that the file goes to. */
  project: number;
  /** `audio` where not given, for video too. */
  fileType?: FileType | undefined;
  /** Instead of the source's own name. */
  filename?: string | undefined;
  /**
   * The same text for the same upload makes one file of however many tries, within a day. Random where not given, which
   * covers the tries of one call.
   */
  idempotencyKey?: string | undefined;
  /** Bytes that were sent; never called in browsers, which do not tell. */
  onSent?: OnSent | undefined;
}

export interface WaitOptions extends RequestOptions {
  /** Called with every answer, which is some seconds apart. */
  onChange?: ((file: TranscriptionFile) => void) | undefined;
}

/** How long one request waits: the server answers at once when the transcription ends. */
const WAIT_SECONDS = 30;
/** Where somebody watches. */
const WATCH_SECONDS = 3;
/** How much longer the answer may take than what was waited for. */
const GRACE_MS = 15_000;
/** Between requests to a server that does not wait. */
const ASK_EVERY_MS = 2_000;

export class Files {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(filters: FileFilters = {}, options: RequestOptions = {}): List<TranscriptionFile> {
    return new List(this.#transport, { method: "GET", path: "/api/files/", query: filters, ...options });
  }

  get(id: number, options: RequestOptions = {}): Promise<TranscriptionFile> {
    return this.#transport.json({ method: "GET", path: `/api/files/${id}/`, ...options });
  }

  /**
   * Uploads a file, straight from disk where it is one. The server begins to transcribe audio by itself: see
   * {@link Files.wait}. A source that is a stream is sent once and not tried again.
   */
  async upload(source: UploadSource, options: UploadOptions): Promise<TranscriptionFile> {
    const {
      project,
      fileType = "audio",
      filename,
      idempotencyKey = crypto.randomUUID(),
      onSent,
      signal,
    } = options;
    const { headers, ...body } = await uploadBody(
      source,
      { project, file_type: fileType },
      { filename, onSent },
    );
    const request = {
      method: "POST",
      path: "/api/files/",
      ...body,
      headers: { ...headers, "idempotency-key": idempotencyKey },
      timeoutMs: null,
      signal,
    } as const;
    try {
      return await this.#transport.json<TranscriptionFile>(request);
    } catch (error) {
      throw await this.#refusalBehind(error, project, signal);
    }
  }

  /**
   * Whoever refuses an upload may hang up while it is still being sent, and their answer is lost. A small question to the
   * same place is answered in full.
   */
  async #refusalBehind(error: unknown, project: number, signal: AbortSignal | undefined): Promise<unknown> {
    if (!(error instanceof ConnectionError)) return error;
    const asked = this.#transport.json({ method: "GET", path: `/api/projects/${project}/`, signal });
    return asked.then(
      () => error,
      (refusal: unknown) => (refusal instanceof ConnectionError ? error : refusal),
    );
  }

  /** The file once it is no longer being transcribed: `transcribed` or `failed`, or `uploaded` where nothing was asked. */
  async wait(id: number, { onChange, signal }: WaitOptions = {}): Promise<TranscriptionFile> {
    const seconds = onChange ? WATCH_SECONDS : WAIT_SECONDS;
    for (;;) {
      const askedMs = Date.now();
      const file = await this.#transport.json<TranscriptionFile>({
        method: "GET",
        path: `/api/files/${id}/`,
        query: { wait: seconds },
        timeoutMs: seconds * 1000 + GRACE_MS,
        signal,
      });
      onChange?.(file);
      if (file.status !== "transcribing") return file;
      await pause(Math.max(0, askedMs + ASK_EVERY_MS - Date.now()), signal);
    }
  }

  /** Renames a file. */
  update(id: number, change: FileChange, options: RequestOptions = {}): Promise<TranscriptionFile> {
    return this.#transport.json({ method: "PATCH", path: `/api/files/${id}/`, json: change, ...options });
  }

  /** With its transcript; a running transcription stops. */
  delete(id: number, options: RequestOptions = {}): Promise<void> {
    return this.#transport.json({ method: "DELETE", path: `/api/files/${id}/`, ...options });
  }

  /** Asks for a transcription: of a file that has none, or once more. One that waits or runs already is not doubled. */
  transcribe(id: number, options: RequestOptions = {}): Promise<Task> {
    return this.#transport.json({ method: "POST", path: `/api/files/${id}/transcribe/`, ...options });
  }

  /** A link to the recording itself that a player can use without credentials. */
  media(id: number, options: RequestOptions = {}): Promise<MediaLink> {
    return this.#transport.json({ method: "GET", path: `/api/files/${id}/media/`, ...options });
  }
}

import { errorFor, TranscriptionFailedError } from "./errors.ts";
import { Files, type UploadOptions } from "./resources/files.ts";
import { Projects } from "./resources/projects.ts";
import { Tasks } from "./resources/tasks.ts";
import { Transcripts } from "./resources/transcripts.ts";
import { Usage } from "./resources/usage.ts";
import { type ClientOptions, Transport } from "./transport.ts";
import type { Transcript, TranscriptionFile } from "./types.ts";
import type { UploadSource } from "./upload.ts";

export type TranscribeProgress =
  | { stage: "uploading"; sentBytes: number; sizeBytes: number | null }
  /** `fraction` from 0 to 1: speech recognised over speech found. */
  | { stage: "transcribing"; fraction: number; file: TranscriptionFile };

export interface TranscribeOptions extends Omit<UploadOptions, "fileType" | "onSent"> {
  /** Give each turn its words, with their times. */
  words?: boolean | undefined;
  onProgress?: ((progress: TranscribeProgress) => void) | undefined;
}

/** A Uspeech server, as the owner of an API key sees it. */
export class UspeechClient {
  readonly projects: Projects;
  readonly files: Files;
  readonly transcripts: Transcripts;
  readonly tasks: Tasks;
  readonly usage: Usage;

  /** @throws {TypeError} where the address or the key cannot be one */
  constructor(options: ClientOptions) {
    const transport = new Transport(options);
    this.projects = new Projects(transport);
    this.files = new Files(transport);
    this.transcripts = new Transcripts(transport);
    this.tasks = new Tasks(transport);
    this.usage = new Usage(transport);
  }

  /**
   * Uploads a recording, waits for its transcript, and gives it with its turns. Aborting `signal` ends the wait and leaves
   * the file on the server, where its transcription goes on.
   *
   * @throws {TranscriptionFailedError} where there is none; it says why
   * @throws {UsageError} where no minutes are left; the file is uploaded and can be transcribed later
   */
  async transcribe(source: UploadSource, options: TranscribeOptions): Promise<Transcript> {
    const { words, onProgress, ...upload } = options;
    const { signal } = options;
    const onSent =
      onProgress &&
      ((sentBytes: number, sizeBytes: number | null) =>
        onProgress({ stage: "uploading", sentBytes, sizeBytes }));
    const uploaded = await this.files.upload(source, { ...upload, onSent });
    refuseNotice(uploaded);
    const onChange =
      onProgress &&
      ((file: TranscriptionFile) => onProgress({ stage: "transcribing", fraction: file.progress, file }));
    const file = await this.files.wait(uploaded.id, { onChange, signal });
    if (file.status !== "transcribed" || file.transcript === null) throw new TranscriptionFailedError(file);
    return this.transcripts.get(file.transcript, { words, signal });
  }
}

/** An upload beyond the limit succeeds and says so in passing; here it is what went wrong. */
function refuseNotice(file: TranscriptionFile): void {
  if (file.notice !== null) throw errorFor({ status: 403, headers: new Headers(), body: file.notice });
}

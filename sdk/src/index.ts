export { type TranscribeOptions, type TranscribeProgress, UspeechClient } from "./client.ts";
export {
  ApiError,
  AuthenticationError,
  ConflictError,
  ConnectionError,
  NotFoundError,
  PermissionError,
  PreconditionError,
  RateLimitError,
  ServerError,
  TimeoutError,
  TooLargeError,
  TranscriptionFailedError,
  UsageError,
  type UsageReason,
  UspeechError,
  ValidationError,
} from "./errors.ts";
export type { List, Page } from "./pages.ts";
export type { UploadOptions, WaitOptions } from "./resources/files.ts";
export type { Download, DownloadOptions, GetTranscriptOptions } from "./resources/transcripts.ts";
export type { ClientOptions } from "./transport.ts";
export type * from "./types.ts";
export type { NamedStream, OnSent, UploadSource } from "./upload.ts";

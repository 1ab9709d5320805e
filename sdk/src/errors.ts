import type { Transcript, TranscriptionFile } from "./types.ts";

/** Everything that this package throws, but for a signal's reason and mistakes in the arguments (`TypeError`). */
export class UspeechError extends Error {
  override name = "UspeechError";
}

/** An answer that is an error, as it came. */
export interface FailedAnswer {
  status: number;
  headers: Headers;
  /** The body: parsed where it was JSON, else text. */
  body: unknown;
}

/** The server answered with an error. */
export class ApiError extends UspeechError {
  override name = "ApiError";
  readonly status: number;
  readonly headers: Headers;
  /** Stands in the server's log line too; null where the answer came from something in between. */
  readonly requestId: string | null;
  readonly body: unknown;

  constructor(answer: FailedAnswer) {
    super(messageOf(answer));
    this.status = answer.status;
    this.headers = answer.headers;
    this.requestId = answer.headers.get("x-request-id");
    this.body = answer.body;
  }
}

/** 400: the body or the query is invalid. */
export class ValidationError extends ApiError {
  override name = "ValidationError";
  /** What is wrong with each field; `non_field_errors` for the whole; empty where the fault is in `message` alone. */
  readonly fields: Readonly<Record<string, readonly string[]>>;

  constructor(answer: FailedAnswer) {
    super(answer);
    this.fields = fieldsOf(answer.body);
  }
}

/** 401: no credentials were supplied. */
export class AuthenticationError extends ApiError {
  override name = "AuthenticationError";
}

/** 403: the key is not good (unknown, revoked, expired), or its user may not do this. */
export class PermissionError extends ApiError {
  override name = "PermissionError";
}

export type UsageReason = "free_trial_exceeded" | "minutes_exceeded" | "subscription_inactive";

/** 403: the minutes are used up, or the subscription is not active. */
export class UsageError extends PermissionError {
  override name = "UsageError";
  /** A {@link UsageReason}, or one that this version does not know. */
  readonly reason: UsageReason | (string & {});

  constructor(answer: FailedAnswer) {
    super(answer);
    this.reason = textAt(answer.body, "reason") ?? "";
  }
}

/** 404: it does not exist, or the key's user cannot see it. */
export class NotFoundError extends ApiError {
  override name = "NotFoundError";
}

/** 409: it contradicts the state that the server is in. */
export class ConflictError extends ApiError {
  override name = "ConflictError";
}

/** 412: somebody else changed it in the meantime. */
export class PreconditionError extends ApiError {
  override name = "PreconditionError";
}

/** 413: the upload is larger than the server takes. */
export class TooLargeError extends ApiError {
  override name = "TooLargeError";
}

/** 429: too many requests, also after waiting as often as was allowed. */
export class RateLimitError extends ApiError {
  override name = "RateLimitError";
  /** When the next request is let through; null where the server did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(answer: FailedAnswer) {
    super(answer);
    this.retryAfterSeconds = retryAfterSeconds(answer.headers, Date.now());
  }
}

/** 5xx: it is the server's fault, or that of something in between. */
export class ServerError extends ApiError {
  override name = "ServerError";
}

/** No answer came: the server is not there, or the connection broke. `cause` says more. */
export class ConnectionError extends UspeechError {
  override name = "ConnectionError";
}

/** No answer came within `timeoutMs`. */
export class TimeoutError extends ConnectionError {
  override name = "TimeoutError";
}

/** The recording has no transcript, and the server says why. */
export class TranscriptionFailedError extends UspeechError {
  override name = "TranscriptionFailedError";
  readonly file: TranscriptionFile;
  /** `audio_too_short`, `hallucinated_transcript`, or null where the cause is upstream: storage, model, decoder. */
  readonly errorReason: string | null;
  /** `message` for a person; figures and evidence for a program. */
  readonly errorDetail: Transcript["error_detail"];

  constructor(file: TranscriptionFile) {
    const detail = textAt(file.error_detail, "message") ?? "The server gives no further reason.";
    super(`${file.original_filename} was not transcribed. ${detail}`);
    this.file = file;
    this.errorReason = file.error_reason;
    this.errorDetail = file.error_detail;
  }
}

const BY_STATUS: Readonly<Record<number, new (answer: FailedAnswer) => ApiError>> = {
  400: ValidationError,
  401: AuthenticationError,
  403: PermissionError,
  404: NotFoundError,
  409: ConflictError,
  412: PreconditionError,
  413: TooLargeError,
  429: RateLimitError,
};

/** The one place where an answer becomes an error. */
export function errorFor(answer: FailedAnswer): ApiError {
  if (answer.status === 403 && textAt(answer.body, "reason") !== null) return new UsageError(answer);
  if (answer.status >= 500) return new ServerError(answer);
  return new (BY_STATUS[answer.status] ?? ApiError)(answer);
}

/** Seconds from now, from a number or a date (RFC 9110, section 10.2.3); null where the header is neither. */
export function retryAfterSeconds(headers: Headers, nowMs: number): number | null {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text);
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? null : Math.max(0, (dateMs - nowMs) / 1000);
}

function messageOf({ status, body }: FailedAnswer): string {
  const detail = textAt(body, "detail");
  if (detail !== null) return detail;
  const fields = Object.entries(fieldsOf(body)).map(([name, faults]) =>
    name === "non_field_errors" ? faults.join(" ") : `${name}: ${faults.join(" ")}`,
  );
  return fields.length > 0
    ? fields.join(" ")
    : `The server answered with the status ${status} and no explanation.`;
}

function fieldsOf(body: unknown): Record<string, string[]> {
  if (!isRecord(body)) return {};
  const fields = Object.entries(body).filter((entry): entry is [string, unknown[]] =>
    Array.isArray(entry[1]),
  );
  return Object.fromEntries(fields.map(([name, faults]) => [name, faults.map(String)]));
}

function textAt(value: unknown, key: string): string | null {
  const text = isRecord(value) ? value[key] : null;
  return typeof text === "string" ? text : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

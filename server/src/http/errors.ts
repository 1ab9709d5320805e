/**
 * The errors an API request can end in, with the texts and codes of Django REST framework 3.14, and the one place
 * where any thrown thing becomes an answer.
 */

export interface ErrorAnswer {
  status: number;
  body: unknown;
  headers: Record<string, string>;
}

/** An answer that is thrown: its status, and its body as it goes out. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly body: unknown;
  readonly headers: Record<string, string>;

  /** @param body sent as it is; a string stands for `{"detail": …}` */
  constructor(status: number, body: unknown, headers: Record<string, string> = {}, options?: ErrorOptions) {
    super(typeof body === "string" ? body : JSON.stringify(body), options);
    this.status = status;
    this.body = typeof body === "string" ? { detail: body } : body;
    this.headers = headers;
  }
}

/** Field names, or `non_field_errors`, with their sentences. */
export type FieldErrors = Record<string, string[]>;

/** 400 with every faulty field: `{"title": ["This field is required."]}`. A string becomes `{"detail": …}`. */
export class ValidationError extends ApiError {
  override name = "ValidationError";
  constructor(errors: FieldErrors | string) {
    super(400, errors);
  }
}

/** 400: the body could not be read as what its media type says. */
export class ParseError extends ApiError {
  override name = "ParseError";
  constructor(detail = "Malformed request.") {
    super(400, detail);
  }
}

/** 401: nothing was offered to say who is asking. */
export class NotAuthenticated extends ApiError {
  override name = "NotAuthenticated";
  constructor() {
    super(401, "Authentication credentials were not provided.", { "www-authenticate": "Api-Key" });
  }
}

/** 403: credentials were offered and are not good (api.md, section 4). */
export class AuthenticationFailed extends ApiError {
  override name = "AuthenticationFailed";
  constructor(detail = "Incorrect authentication credentials.") {
    super(403, detail);
  }
}

/** 403: known, and not allowed. */
export class PermissionDenied extends ApiError {
  override name = "PermissionDenied";
  constructor(detail = "You do not have permission to perform this action.") {
    super(403, detail);
  }
}

/** 403 of subscription and usage, with the reason for programs (api.md, section 3). */
export class UsageError extends ApiError {
  override name = "UsageError";
  constructor(detail: string, reason: "free_trial_exceeded" | "minutes_exceeded" | "subscription_inactive") {
    super(403, { detail, reason });
  }
}

/** 404: it does not exist or the caller may not see it; the two are not told apart. */
export class NotFound extends ApiError {
  override name = "NotFound";
  constructor(detail = "Not found.") {
    super(404, detail);
  }
}

export class MethodNotAllowed extends ApiError {
  override name = "MethodNotAllowed";
  constructor(method: string) {
    super(405, `Method "${method}" not allowed.`);
  }
}

export class NotAcceptable extends ApiError {
  override name = "NotAcceptable";
  constructor() {
    super(406, "Could not satisfy the request Accept header.");
  }
}

/** 413; what is left of the body is not read. */
export class PayloadTooLarge extends ApiError {
  override name = "PayloadTooLarge";
  constructor(sizeBytesMax: number, what = "The body") {
    super(413, `${what} is larger than the limit of ${sizeBytesMax} bytes.`);
  }
}

export class UnsupportedMediaType extends ApiError {
  override name = "UnsupportedMediaType";
  constructor(mediaType: string) {
    super(415, `Unsupported media type "${mediaType}" in request.`);
  }
}

/** 416: no byte of what was asked for exists. */
export class RangeNotSatisfiable extends ApiError {
  override name = "RangeNotSatisfiable";
  constructor(sizeBytes: number) {
    super(416, "Requested range not satisfiable.", { "content-range": `bytes */${sizeBytes}` });
  }
}

/** 429 with `Retry-After`. @param waitSeconds until the next request is let through; rounded up */
export class Throttled extends ApiError {
  override name = "Throttled";
  constructor(waitSeconds: number) {
    const wait = Math.max(1, Math.ceil(waitSeconds));
    const seconds = wait === 1 ? "1 second" : `${wait} seconds`;
    super(429, `Request was throttled. Expected available in ${seconds}.`, { "retry-after": String(wait) });
  }
}

/** 503: the request was fine, and this machine cannot serve it now. */
export class ServiceUnavailable extends ApiError {
  override name = "ServiceUnavailable";
  constructor(detail = "Service temporarily unavailable, try again later.", options?: ErrorOptions) {
    super(503, detail, { "retry-after": "5" }, options);
  }
}

/** What an operating system or SQLite error says about the machine rather than about the request. */
const EXHAUSTED: readonly (readonly [RegExp, string])[] = [
  [/^(ENOSPC|EDQUOT|SQLITE_FULL)/, "The server has no disk space left. Try again when space was made."],
  [/^SQLITE_(BUSY|LOCKED)/, "The database is busy. Try again in a moment."],
  [/^(EMFILE|ENFILE)/, "The server has too many open files. Try again in a moment."],
];

/**
 * The error to answer with: an `ApiError` as it is, an exhausted machine (looking through causes) as 503,
 * anything else as 500 without a word about why.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const code = "code" in cause ? String(cause.code) : "";
    const known = EXHAUSTED.find(([pattern]) => pattern.test(code));
    if (known) return new ServiceUnavailable(known[1], { cause: error });
  }
  return new ApiError(500, "A server error occurred.", {}, { cause: error });
}

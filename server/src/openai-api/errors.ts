/** Errors as OpenAI words them, on every answer under `/v1/`. */

import { ApiError, AuthenticationFailed, NotAuthenticated, Throttled, UsageError } from "../http/errors.ts";
import { readOnly } from "../http/fields.ts";
import { serializer } from "../http/serializer.ts";
import { nullable, objectOf } from "../http/shapes.ts";

/** What an error looks like. */
export const OPENAI_ERROR = serializer("OpenAiError", {
  error: readOnly(
    objectOf({ message: "string", type: "string", param: nullable("string"), code: nullable("string") }),
  ),
});

interface Naming {
  type?: string;
  param?: string | null;
  code?: string | null;
  headers?: Record<string, string>;
}

/** An error that is thrown in OpenAI's shape. */
export class OpenAiError extends ApiError {
  override name = "OpenAiError";

  /** @param naming its type goes by the status unless given */
  constructor(status: number, message: string, naming: Naming = {}, options?: ErrorOptions) {
    const { type = typeOf(status), param = null, code = null, headers = {} } = naming;
    super(status, { error: { message, type, param, code } }, headers, options);
  }
}

/** OpenAI's clients send a request again by themselves at 408, 409, 429 and 5xx, but where this header forbids it. */
export const NOT_AGAIN = { "x-should-retry": "false" };

function typeOf(status: number): string {
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** The server's `shapeError`: what goes wrong under `/v1/` is told as OpenAI tells it, all else as it is. */
export function shapeOpenAiError(error: ApiError, path: string): ApiError {
  if (!/^\/v1(?:[/?]|$)/.test(path) || error instanceof OpenAiError) return error;
  const { message, param } = firstFault(error.body);
  const { status, headers } = error;
  if (error instanceof NotAuthenticated || error instanceof AuthenticationFailed) {
    const challenge = { ...headers, "www-authenticate": "Bearer" };
    return new OpenAiError(401, message, { code: "invalid_api_key", headers: challenge });
  }
  if (error instanceof UsageError) return outOfMinutes(message);
  if (error instanceof Throttled)
    return new OpenAiError(status, message, {
      type: "rate_limit_exceeded",
      code: "rate_limit_exceeded",
      headers,
    });
  return new OpenAiError(status, message, { param, headers }, { cause: error });
}

/** 429 that no pause mends. */
export function outOfMinutes(message: string): OpenAiError {
  return new OpenAiError(429, message, {
    type: "insufficient_quota",
    code: "insufficient_quota",
    headers: NOT_AGAIN,
  });
}

/** OpenAI tells one fault at a time: the first, with its field where it has one. */
function firstFault(body: unknown): { message: string; param: string | null } {
  const [[field, said] = ["detail", ""]] = Object.entries(Object(body));
  const message = String(Array.isArray(said) ? said[0] : said);
  return { message, param: field === "detail" || field === "non_field_errors" ? null : field };
}

import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { PermissionDenied } from "../http/errors.ts";

const CSRF_CHARACTERS = 32;

/**
 * The token that a session's unsafe requests must repeat in `X-CSRFToken`. It follows from the session's own and cannot be
 * turned back into it, so a cookie that another site managed to plant is worth nothing. 128 bits, in hexadecimal: letters and
 * digits, as Django's.
 */
export function csrfToken(sessionToken: string): string {
  return createHmac("sha256", sessionToken).update("csrf").digest("hex").slice(0, CSRF_CHARACTERS);
}

/**
 * Refuses what another site made a browser send. @param origins of this server
 * @throws {PermissionDenied} with the texts of Django and DRF
 */
export function requireCsrfToken(
  headers: IncomingHttpHeaders,
  sessionToken: string,
  origins: readonly string[],
): void {
  requireOwnOrigin(headers, origins);
  const given = headers["x-csrftoken"];
  if (typeof given !== "string") throw new PermissionDenied("CSRF Failed: CSRF token missing.");
  const fault = tokenFault(given, csrfToken(sessionToken));
  if (fault)
    throw new PermissionDenied(`CSRF Failed: CSRF token from the 'X-Csrftoken' HTTP header ${fault}.`);
}

function tokenFault(given: string, expected: string): string | null {
  if (given.length !== CSRF_CHARACTERS) return "has incorrect length";
  if (/[^a-zA-Z0-9]/.test(given)) return "has invalid characters";
  return timingSafeEqual(Buffer.from(given), Buffer.from(expected)) ? null : "incorrect";
}

/** Browsers name the site that a request comes from; programs name none. @throws {PermissionDenied} */
export function requireOwnOrigin(headers: IncomingHttpHeaders, origins: readonly string[]): void {
  const { origin } = headers;
  if (origin === undefined || origins.includes(origin)) return;
  throw new PermissionDenied(
    `CSRF Failed: Origin checking failed - ${origin} does not match any trusted origins.`,
  );
}

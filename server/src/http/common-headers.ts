import type { FastifyRequest } from "fastify";

/** A year, as browsers want it before they remember for good (hstspreload.org). */
const HSTS_SECONDS = 31_536_000;

/**
 * What every answer has. They are for programs, so a browser that opens one directly loads nothing, runs nothing, and shows it in
 * nobody's frame; an answer that is a page says otherwise itself.
 *
 * @param isSecure clients come by TLS, which a browser is then told to keep to
 */
export function commonHeaders(request: FastifyRequest, isSecure: boolean): Record<string, string> {
  return {
    "x-request-id": request.id,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "content-security-policy":
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    vary: "Accept, Cookie, Authorization",
    ...(isSecure && { "strict-transport-security": `max-age=${HSTS_SECONDS}` }),
  };
}

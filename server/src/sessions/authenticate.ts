import type { IncomingHttpHeaders } from "node:http";
import type { Actor } from "../accounts/users.ts";
import type { Executor } from "../database/open.ts";
import { AuthenticationFailed, PermissionDenied } from "../http/errors.ts";
import { sessionTokenOf } from "./cookies.ts";
import { requireCsrfToken } from "./csrf.ts";
import { checkSession } from "./sessions.ts";

/** What RFC 9110 calls safe: it changes nothing, so that another site may ask for it. */
const SAFE = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/**
 * Who the session cookie speaks for; null where there is none, or one that is over.
 *
 * @param origins of this server, for unsafe requests
 * @throws {AuthenticationFailed} where the user is inactive
 * @throws {PermissionDenied} where an unsafe request lacks the CSRF token
 */
export async function authenticateSession(
  executor: Executor,
  request: { method: string; headers: IncomingHttpHeaders },
  origins: () => readonly string[],
  now: Date,
): Promise<Actor | null> {
  const token = sessionTokenOf(request);
  if (token === undefined) return null;
  const check = await checkSession(executor, token, now);
  if (check.kind === "unknown") return null;
  if (check.kind === "inactive") throw new AuthenticationFailed("User inactive or deleted.");
  if (!SAFE.has(request.method)) requireCsrfToken(request.headers, token, origins());
  return check.actor;
}

/** A permission for what a key must not do, so that a key that leaked cannot make itself at home. */
export function sessionsOnly(actor: Actor): void {
  if (actor.via !== "session")
    throw new PermissionDenied("An API key cannot do this. Log in and use the session.");
}

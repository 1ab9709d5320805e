import type { Actor } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import { cookie, readCookie } from "../http/cookies.ts";
import type { Call } from "../http/view.ts";
import { csrfToken } from "./csrf.ts";

/** Django's names, which clients know. */
const SESSION_COOKIE = "sessionid";
const CSRF_COOKIE = "csrftoken";

/** The token in the session cookie; undefined where there is none. */
export function sessionTokenOf(request: { headers: { cookie?: string | undefined } }): string | undefined {
  return readCookie(request.headers.cookie, SESSION_COOKIE);
}

/** Gives a browser its session. Scripts can read the CSRF token only. */
export function setSessionCookies(call: Call<Actor>, token: string): void {
  addCookie(call, SESSION_COOKIE, token, { lifeMs: LIMITS.sessions.lifeMs, httpOnly: true });
  setCsrfCookie(call, token);
}

/** Gives a browser the token for `X-CSRFToken` again, where its cookie may have been lost. */
export function setCsrfCookie(call: Call<Actor>, token: string): void {
  addCookie(call, CSRF_COOKIE, csrfToken(token), { lifeMs: LIMITS.sessions.lifeMs, httpOnly: false });
}

/** Takes both cookies away. */
export function removeSessionCookies(call: Call<Actor>): void {
  addCookie(call, SESSION_COOKIE, "", { lifeMs: 0, httpOnly: true });
  addCookie(call, CSRF_COOKIE, "", { lifeMs: 0, httpOnly: false });
}

function addCookie(
  call: Call<Actor>,
  name: string,
  value: string,
  options: { lifeMs: number; httpOnly: boolean },
): void {
  const secure = call.baseUrl.startsWith("https:");
  call.reply.header("set-cookie", cookie(name, value, { ...options, secure }));
}

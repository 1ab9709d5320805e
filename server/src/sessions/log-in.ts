import type { Actor } from "../accounts/users.ts";
import { audit } from "../audit/audit.ts";
import type { Tx } from "../database/open.ts";
import type { Call } from "../http/view.ts";
import { sessionTokenOf, setSessionCookies } from "./cookies.ts";
import { beginSession, endSessionOfToken } from "./sessions.ts";

/**
 * Begins a session for the browser that asks and gives it the cookies. The one that it had, whoever's it was, ends: nobody
 * goes on with a token that was known before.
 */
export async function logIn(
  tx: Tx,
  call: Call<Actor>,
  { userId, how }: { userId: number; how: "password" | "registration" | "single sign-on" },
  now: Date,
): Promise<void> {
  const { request } = call;
  const before = sessionTokenOf(request);
  if (before !== undefined) await endSessionOfToken(tx, before);
  const userAgent = request.headers["user-agent"] ?? "";
  const address = request.ip;
  const { id, token } = await beginSession(tx, { userId, address, userAgent }, now);
  const actor = { userId, via: "session" } as const;
  await audit(tx, actor, "session.begun", { type: "session", id }, { by: how, address }, now);
  setSessionCookies(call, token);
}

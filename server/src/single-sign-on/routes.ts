import { randomBytes } from "node:crypto";
import type { AccountServices } from "../accounts/services.ts";
import type { Actor } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import { cookie, readCookie } from "../http/cookies.ts";
import { NotFound, ValidationError } from "../http/errors.ts";
import type { ApiServer } from "../http/server.ts";
import { type Answer, type Call, view } from "../http/view.ts";
import { logIn } from "../sessions/log-in.ts";
import { userOfIdentity } from "./identities.ts";
import type { SignOnProvider } from "./provider.ts";

const FOLDER = "/api/auth/oidc/";
const COOKIE = "oidc";

export interface SignOnServices extends AccountServices {
  /** Null where none is set up. */
  signOn: SignOnProvider | null;
}

export function signOnRoutes(server: ApiServer<Actor>, services: SignOnServices): void {
  view(server, `${FOLDER}login/`, {
    name: "Single Sign-On Login",
    tag: "accounts",
    permission: "public",
    anonymous: true,
    actions: {
      GET: {
        summary: "Begin to sign on at the provider: send a browser here",
        responses: { 302: null },
        handle: (call) => begin(services, call),
      },
    },
  });
  view(server, `${FOLDER}callback/`, {
    name: "Single Sign-On Callback",
    tag: "accounts",
    permission: "public",
    anonymous: true,
    actions: {
      GET: {
        summary: "Where the provider sends the browser back to",
        query: [
          { name: "code", description: "From the provider.", schema: { type: "string" } },
          { name: "state", description: "From the provider.", schema: { type: "string" } },
        ],
        responses: { 302: null },
        handle: (call) => finish(services, call),
      },
    },
  });
}

async function begin(services: SignOnServices, call: Call<Actor>): Promise<Answer> {
  const secret = randomBytes(32).toString("base64url");
  const url = await providerOf(services).loginUrl(redirectUri(call), secret);
  setCookie(call, secret, LIMITS.singleSignOn.loginMs);
  return { status: 302, headers: { location: url.href } };
}

async function finish(services: SignOnServices, call: Call<Actor>): Promise<Answer> {
  const { db, config, now } = services;
  const provider = providerOf(services);
  const secret = readCookie(call.request.headers.cookie, COOKIE);
  if (!secret)
    throw new ValidationError("This sign-on was not begun in this browser, or too long ago. Begin it again.");
  // Good for one answer only, whatever that is.
  setCookie(call, "", 0);
  const url = new URL(redirectUri(call));
  url.search = call.query.toString();
  const identity = await provider.identify(url, secret);
  const rules = { provider: provider.name, registration: config.registration };
  await db.transaction().execute(async (tx) => {
    const user = await userOfIdentity(tx, identity, rules, now());
    await logIn(tx, call, { userId: user.id, how: "single sign-on" }, now());
  });
  return { status: 302, headers: { location: `${call.baseUrl}/` } };
}

function providerOf({ signOn }: SignOnServices): SignOnProvider {
  if (!signOn) throw new NotFound("Single sign-on is not set up on this server.");
  return signOn;
}

function redirectUri(call: Call<Actor>): string {
  return `${call.baseUrl}${FOLDER}callback/`;
}

function setCookie(call: Call<Actor>, value: string, lifeMs: number): void {
  const { protocol, pathname: path } = new URL("..", redirectUri(call));
  const secure = protocol === "https:";
  call.reply.header("set-cookie", cookie(COOKIE, value, { lifeMs, secure, httpOnly: true, path }));
}

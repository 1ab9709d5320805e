import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { Provider } from "oidc-provider";
import { onTestFinished } from "vitest";
import { Browser } from "./browser.ts";

/** Who is at the keyboard, as the service knows them. */
export interface Person {
  subject: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
}

export const CLIENT_ID = "uspeech";
export const CLIENT_SECRET = "a secret between two servers";

/** A real OpenID Connect provider on a free port of this machine, at which one person is always at the keyboard. */
export class SignOnService {
  /** Null where they refuse. */
  person: Person | null = null;
  readonly issuer: string;
  readonly #server: Server;
  #answer: (request: IncomingMessage, response: ServerResponse) => void = unavailable;

  private constructor(server: Server) {
    const { port } = server.address() as AddressInfo;
    this.#server = server;
    this.issuer = `http://127.0.0.1:${port}`;
    server.on("request", (request: IncomingMessage, response: ServerResponse) =>
      this.#answer(request, response),
    );
  }

  /** Answers 503 until `serve`. */
  static async listen(): Promise<SignOnService> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const service = new SignOnService(server);
    onTestFinished(() => service.close());
    return service;
  }

  /** Serves one client. @param clientUrl where it is reached */
  serve(clientUrl: string): void {
    const provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: [`${clientUrl}/api/auth/oidc/callback/`],
        },
      ],
      cookies: { keys: ["a key for cookies"] },
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      pkce: { required: () => true },
      findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...this.#claims() }) }),
      async loadExistingGrant({ oidc }) {
        const grant = new oidc.provider.Grant({
          clientId: CLIENT_ID,
          accountId: oidc.session?.accountId ?? "",
        });
        grant.addOIDCScope("openid email profile");
        await grant.save();
        return grant;
      },
    });
    const serve = provider.callback();
    this.#answer = (request, response) => {
      if (request.url?.startsWith("/interaction/")) void this.#interact(provider, request, response);
      else void serve(request, response);
    };
  }

  #claims(): object {
    const { subject: _, ...claims } = this.person ?? { subject: "" };
    return claims;
  }

  async #interact(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const result = this.person
      ? { login: { accountId: this.person.subject } }
      : { error: "access_denied", error_description: "They would rather not." };
    await provider.interactionFinished(request, response, result);
  }

  /** Goes away, in the middle of what it does. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function unavailable(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(503).end();
}

/** Goes where a browser is sent, from the button to the address that leads back. @returns that address */
export async function walkThrough(service: SignOnService, browser: Browser): Promise<string> {
  const { status, headers, body } = await browser.get("/api/auth/oidc/login/");
  if (status !== 302) throw new Error(`The login began with ${status} ${JSON.stringify(body)}.`);
  const there = new Browser(service.issuer);
  let location = headers.get("location") ?? "";
  for (let hops = 0; location.startsWith(service.issuer) && hops < 10; hops += 1) {
    const reply = await there.get(location);
    if (!reply.headers.has("location"))
      throw new Error(`The service answered ${reply.status} ${reply.body}.`);
    location = new URL(reply.headers.get("location") ?? "", location).href;
  }
  return location;
}

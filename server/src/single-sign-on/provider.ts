import { createHmac } from "node:crypto";
import type { Configuration } from "openid-client";
import type { OidcConfig } from "../config/config.ts";
import { LIMITS } from "../config/limits.ts";
import { PermissionDenied, ServiceUnavailable } from "../http/errors.ts";
import type { Logger } from "../observe/log.ts";

/** Who the provider says somebody is. */
export interface Identity {
  issuer: string;
  /** The provider's own name for them, which never changes; the address may. */
  subject: string;
  email: string | null;
  isEmailVerified: boolean;
  name: string | null;
}

/** The three texts that tie an answer to the browser that asked: all follow from what its cookie holds. */
function proofsOf(secret: string) {
  const derive = (what: string): string => createHmac("sha256", secret).update(what).digest("base64url");
  return { state: derive("state"), nonce: derive("nonce"), verifier: derive("PKCE code verifier") };
}

/** The OpenID Connect provider: authorization code flow with PKCE (RFC 7636), state and nonce. */
export class SignOnProvider {
  readonly #config: OidcConfig;
  readonly #clientSecret: string;
  readonly #log: Logger;
  #discovered: Promise<Configuration> | undefined;

  constructor(config: OidcConfig, clientSecret: string, log: Logger) {
    this.#config = config;
    this.#clientSecret = clientSecret;
    this.#log = log;
  }

  get name(): string {
    return this.#config.name;
  }

  /**
   * Where to send the browser.
   *
   * @param secret random, kept by the browser until it comes back
   * @throws {ServiceUnavailable} where the provider does not answer
   */
  async loginUrl(redirectUri: string, secret: string): Promise<URL> {
    const { buildAuthorizationUrl, calculatePKCECodeChallenge } = await import("openid-client");
    const { state, nonce, verifier } = proofsOf(secret);
    return buildAuthorizationUrl(await this.#discover(), {
      redirect_uri: redirectUri,
      scope: "openid email profile",
      state,
      nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    });
  }

  /**
   * Who came back.
   *
   * @param url of the request, with the redirect address that was given to the provider
   * @throws {PermissionDenied} where the provider refused, or its answer cannot be verified
   * @throws {ServiceUnavailable} where it does not answer
   */
  async identify(url: URL, secret: string): Promise<Identity> {
    const config = await this.#discover();
    try {
      return await readIdentity(config, url, secret);
    } catch (error) {
      throw await this.#explain(error);
    }
  }

  async #discover(): Promise<Configuration> {
    this.#discovered ??= discover(this.#config, this.#clientSecret);
    try {
      return await this.#discovered;
    } catch (error) {
      // The next one who comes tries again.
      this.#discovered = undefined;
      throw this.#silent(error);
    }
  }

  async #explain(error: unknown): Promise<Error> {
    const { AuthorizationResponseError } = await import("openid-client");
    if (error instanceof AuthorizationResponseError)
      return new PermissionDenied(`${this.name} did not sign you on: ${error.error}.`);
    if (isUnreachable(error)) return this.#silent(error);
    this.#log.warn({ err: error }, "what the sign-on provider answered could not be verified");
    return new PermissionDenied(
      `What ${this.name} answered could not be verified. Begin again; if it happens again, tell the operator, whose log says why.`,
    );
  }

  #silent(cause: unknown): ServiceUnavailable {
    return new ServiceUnavailable(`${this.name} does not answer. Try again in a moment.`, { cause });
  }
}

/** Loaded when the first asks for it: most servers have no single sign-on. */
async function discover({ issuer, clientId }: OidcConfig, clientSecret: string): Promise<Configuration> {
  const { allowInsecureRequests, discovery } = await import("openid-client");
  // Without TLS only on this machine: `configure` refuses all else.
  const execute = issuer.startsWith("http:") ? [allowInsecureRequests] : [];
  const timeout = LIMITS.singleSignOn.answerMs / 1000;
  return discovery(new URL(issuer), clientId, clientSecret, undefined, { execute, timeout });
}

async function readIdentity(config: Configuration, url: URL, secret: string): Promise<Identity> {
  const { authorizationCodeGrant, fetchUserInfo } = await import("openid-client");
  const { state, nonce, verifier } = proofsOf(secret);
  const tokens = await authorizationCodeGrant(config, url, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (!claims) throw new Error("The provider sent no ID token.");
  const hasMore = config.serverMetadata().userinfo_endpoint !== undefined;
  const person =
    claims["email"] === undefined && hasMore
      ? await fetchUserInfo(config, tokens.access_token, claims.sub)
      : claims;
  return {
    issuer: claims.iss,
    subject: claims.sub,
    email: textOf(person["email"]),
    isEmailVerified: person["email_verified"] === true,
    name: textOf(person["name"]),
  };
}

function textOf(claim: unknown): string | null {
  return typeof claim === "string" && claim !== "" ? claim : null;
}

/** `fetch` fails with a TypeError, or with what its signal was aborted by; openid-client wraps them. */
function isUnreachable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === "TimeoutError" || cause.message === "fetch failed") return true;
  }
  return false;
}

import { createHmac, timingSafeEqual } from "node:crypto";
import type { ExportType } from "../exports/export.ts";

/** What a link opens, until when (milliseconds since 1970). */
export type Link =
  | { kind: "export"; transcript: number; type: ExportType; until: number }
  | { kind: "media"; file: number; until: number };

export type LinkCheck = { kind: "open"; link: Link } | { kind: "expired" } | { kind: "altered" };

/** Signs and checks links that need no credentials. Whoever has the key of the server made them; nobody else can. */
export class LinkSigner {
  readonly #key: string;

  constructor(signingKey: string) {
    this.#key = signingKey;
  }

  /** @returns a token for a path: base64url of the link, a dot, base64url of its HMAC-SHA-256 */
  sign(link: Link): string {
    const body = Buffer.from(JSON.stringify(link)).toString("base64url");
    return `${body}.${this.#seal(body).toString("base64url")}`;
  }

  check(token: string, now: Date): LinkCheck {
    const [body = "", seal = ""] = token.split(".");
    const expected = this.#seal(body);
    const given = Buffer.from(seal, "base64url");
    // The text is compared again, for base64url has several spellings of the same bytes.
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { kind: "altered" };
    if (token !== `${body}.${expected.toString("base64url")}`) return { kind: "altered" };
    const link = JSON.parse(Buffer.from(body, "base64url").toString()) as Link;
    return link.until <= now.getTime() ? { kind: "expired" } : { kind: "open", link };
  }

  #seal(body: string): Buffer {
    return createHmac("sha256", this.#key).update(`download link\n${body}`).digest();
  }
}

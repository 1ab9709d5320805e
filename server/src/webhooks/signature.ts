/** Secrets and signatures after the Standard Webhooks specification 1.0. */

import { createHmac, randomBytes } from "node:crypto";

/** Derives the secrets of webhooks, so that the database holds none: whoever copies it can sign nothing. */
export class WebhookSecrets {
  readonly #key: string;

  constructor(signingKey: string) {
    this.#key = signingKey;
  }

  /** The secret that belongs to a salt, as receivers know it: `whsec_` and 32 bytes in base64. */
  of(salt: string): string {
    const bytes = createHmac("sha256", this.#key).update(`webhook secret\n${salt}`).digest();
    return `whsec_${bytes.toString("base64")}`;
  }
}

/** What a new secret is derived from. */
export function newSalt(): string {
  return randomBytes(24).toString("base64url");
}

export interface SignedMessage {
  id: string;
  at: Date;
  body: string;
}

/** @param secrets one signature each, the newest first @returns the three headers of a message */
export function signatureHeaders(message: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(message.at.getTime() / 1000));
  const signed = `${message.id}.${timestamp}.${message.body}`;
  return {
    "webhook-id": message.id,
    "webhook-timestamp": timestamp,
    "webhook-signature": secrets.map((secret) => `v1,${signatureOf(signed, secret)}`).join(" "),
  };
}

function signatureOf(signed: string, secret: string): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return createHmac("sha256", key).update(signed).digest("base64");
}

import { randomBytes } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Env } from "./env.ts";

/** Kept apart from {@link Config}, so that a configuration can be logged. */
export interface Secrets {
  /** Signs download links. */
  signingKey: string;
  /** Given by the operator, or null to make one up at first start. */
  adminPassword: string | null;
  adminApiKey: string | null;
  /** Where mails go, with a password in it; null for the data folder. */
  smtpUrl: string | null;
  oidcClientSecret: string | null;
  /** For the server that recognises speech; null where it asks for none. */
  openaiApiKey: string | null;
}

/** Reads the secrets; the signing key is made once and kept in the data folder where none is given. */
export async function loadSecrets(env: Env, dataDir: string): Promise<Secrets> {
  return {
    signingKey: env.USPEECH_SECRET_KEY ?? (await keptKey(dataDir)),
    adminPassword: env.USPEECH_ADMIN_PASSWORD ?? null,
    adminApiKey: env.USPEECH_ADMIN_API_KEY ?? null,
    smtpUrl: env.USPEECH_SMTP_URL ?? null,
    oidcClientSecret: env.USPEECH_OIDC_CLIENT_SECRET ?? null,
    openaiApiKey: env.USPEECH_OPENAI_API_KEY ?? null,
  };
}

/** Two processes that start at once agree on one key: the first link wins, and both read what stands there. */
async function keptKey(dataDir: string): Promise<string> {
  const path = join(dataDir, "secret.key");
  const kept = await readFile(path, "utf8").catch(absent);
  if (kept) return kept.trim();
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFile(draft, `${randomBytes(48).toString("base64url")}\n`, { mode: 0o600, flush: true });
  await link(draft, path).catch(alreadyThere);
  await rm(draft);
  return (await readFile(path, "utf8")).trim();
}

function absent(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}

function alreadyThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

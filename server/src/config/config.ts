import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { type Env, type Rate, SettingsError } from "./env.ts";

/** Everything that an operator can decide, with defaults applied and cross-checked. No secrets: see `secrets.ts`. */
export interface Config {
  host: string;
  port: number;
  dataDir: string;
  /** Origin for links in answers; null to take it from the request. */
  publicUrl: string | null;
  model: string;
  workers: number;
  /** How speakers of one signal are told apart: by the speaker model that is installed, by the built-in method, or not. */
  speakers: "auto" | "built-in" | "off";
  /** The server that recognises speech in the place of this machine; null for none. */
  openai: OpenAiConfig | null;
  uploadBytesMax: number;
  audioSecondsMax: number;
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
  trialMinutes: number;
  /** Paid plans with their minutes a month. */
  plans: Readonly<Record<string, number>>;
  rateLimit: Rate;
  /** Proxies whose `X-Forwarded-*` headers say who asks. */
  trustedProxies: readonly string[];
  registration: "open" | "closed";
  /** After how many days an entry of the audit log is forgotten; null for never. */
  auditDays: number | null;
  /** Whether webhooks may lead to private, loopback and link-local addresses. */
  webhooksAllowPrivate: boolean;
  /** Who mails come from. */
  mailFrom: string;
  /** The service that people may sign on with; null for none. */
  oidc: OidcConfig | null;
  /** The first account, and the plan with which it and others made with `users create --admin` begin. */
  admin: { email: string; plan: "trial" | "unlimited" };
}

/** A server with `/v1/audio/transcriptions`. Its key is among the secrets. */
export interface OpenAiConfig {
  url: string;
  /** What the server calls its model. */
  model: string;
  /** ISO 639-1 codes that it speaks; null for those of Whisper, which most such servers run. */
  languages: readonly string[] | null;
  /** Most requests under way at once. */
  calls: number;
}

/** One OpenID Connect provider. Its client secret is among the secrets. */
export interface OidcConfig {
  issuer: string;
  clientId: string;
  /** What people know it as. */
  name: string;
}

/** Where each kind of state lives below the data folder. */
export interface DataFolders {
  database: string;
  /** Counts of rate limits, which may be lost. */
  counters: string;
  blobs: string;
  models: string;
  scratch: string;
  /** Mails that no server was set for. */
  mail: string;
}

/** @throws {SettingsError} where settings that are right by themselves do not go together */
export function configure(env: Env): Config {
  const faults = [...missingParts(env), ...oidcFaults(env), ...openAiFaults(env)];
  if (faults.length > 0) throw new SettingsError(faults);
  return {
    host: env.USPEECH_HOST ?? "127.0.0.1",
    port: env.USPEECH_PORT ?? 8000,
    dataDir: resolve(env.USPEECH_DATA_DIR ?? "data"),
    publicUrl: env.USPEECH_PUBLIC_URL?.replace(/\/+$/, "") ?? null,
    model: env.USPEECH_MODEL ?? "moonshine-base",
    workers: env.USPEECH_WORKERS ?? availableParallelism(),
    speakers: env.USPEECH_SPEAKERS ?? "auto",
    openai: openAiOf(env),
    uploadBytesMax: env.USPEECH_MAX_UPLOAD_BYTES ?? 5_000_000_000,
    audioSecondsMax: env.USPEECH_MAX_AUDIO_SECONDS ?? 36_000,
    logLevel: env.USPEECH_LOG_LEVEL ?? "info",
    trialMinutes: env.USPEECH_TRIAL_MINUTES ?? 300,
    plans: env.USPEECH_PLANS ?? {},
    rateLimit: env.USPEECH_RATE_LIMIT ?? { requests: 120, periodSeconds: 60 },
    trustedProxies: env.USPEECH_TRUSTED_PROXIES ?? [],
    webhooksAllowPrivate: env.USPEECH_WEBHOOKS_ALLOW_PRIVATE ?? false,
    registration: env.USPEECH_REGISTRATION ?? "open",
    auditDays: env.USPEECH_AUDIT_DAYS ?? null,
    mailFrom: env.USPEECH_MAIL_FROM ?? `Uspeech <uspeech@${hostOf(env.USPEECH_PUBLIC_URL) ?? "localhost"}>`,
    oidc: oidcOf(env),
    admin: {
      email: env.USPEECH_ADMIN_EMAIL ?? "admin@localhost",
      // Whoever says how long a trial is wants minutes counted from the first account on.
      plan: env.USPEECH_TRIAL_MINUTES === undefined ? "unlimited" : "trial",
    },
  };
}

/** Settings of the contract that this version cannot honour are refused, so that nobody believes they work. */
function* missingParts(env: Env): Generator<string> {
  if (env.USPEECH_DATABASE_URL)
    yield "USPEECH_DATABASE_URL is set, but this version has only the embedded database. Unset it.";
  if (env.USPEECH_STORAGE_URL)
    yield "USPEECH_STORAGE_URL is set, but this version stores files in the data folder only. Unset it.";
}

const OIDC_PARTS = ["USPEECH_OIDC_ISSUER", "USPEECH_OIDC_CLIENT_ID", "USPEECH_OIDC_CLIENT_SECRET"] as const;

/** Three settings that make sense together only, over a connection that nobody can listen to. */
function* oidcFaults(env: Env): Generator<string> {
  const missing = OIDC_PARTS.find((name) => !env[name]);
  const given = OIDC_PARTS.find((name) => env[name]);
  if (given && missing) yield `${given} is set without ${missing}: single sign-on needs both. Set it too.`;
  const issuer = env.USPEECH_OIDC_ISSUER;
  if (issuer?.startsWith("http:") && !isLoopback(new URL(issuer).hostname))
    yield `USPEECH_OIDC_ISSUER is "${issuer}", which is not allowed. Allowed: https://, or http:// on this machine.`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function oidcOf(env: Env): OidcConfig | null {
  const { USPEECH_OIDC_ISSUER: issuer, USPEECH_OIDC_CLIENT_ID: clientId } = env;
  if (!issuer || !clientId) return null;
  return { issuer, clientId, name: env.USPEECH_OIDC_NAME ?? new URL(issuer).hostname };
}

/** The value of `USPEECH_MODEL` that leaves recognition to a server. */
export const OPENAI_MODEL = "openai";

const OPENAI_PARTS = {
  USPEECH_OPENAI_URL: "the address of a server with /v1/audio/transcriptions",
  USPEECH_OPENAI_MODEL: "the name that the server has for its model",
} as const;

function* openAiFaults(env: Env): Generator<string> {
  if (env.USPEECH_MODEL !== OPENAI_MODEL) return;
  for (const name of ["USPEECH_OPENAI_URL", "USPEECH_OPENAI_MODEL"] as const)
    if (!env[name])
      yield `USPEECH_MODEL is "openai", but ${name} is not set. Set it to ${OPENAI_PARTS[name]}.`;
  const url = env.USPEECH_OPENAI_URL && new URL(env.USPEECH_OPENAI_URL);
  if (url && (url.username || url.password))
    yield "USPEECH_OPENAI_URL holds a user or a password, which are not sent. Set USPEECH_OPENAI_API_KEY in their place.";
}

function openAiOf(env: Env): OpenAiConfig | null {
  const { USPEECH_OPENAI_URL: url, USPEECH_OPENAI_MODEL: model } = env;
  if (env.USPEECH_MODEL !== OPENAI_MODEL || !url || !model) return null;
  const { USPEECH_OPENAI_LANGUAGES: languages = null, USPEECH_OPENAI_CALLS: calls = 8 } = env;
  return { url, model, languages, calls };
}

function hostOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).hostname;
}

/** Names of the folders of one data folder; nothing is made. */
export function dataFolders(dataDir: string): DataFolders {
  return {
    database: join(dataDir, "uspeech.sqlite"),
    counters: join(dataDir, "counters.sqlite"),
    blobs: join(dataDir, "blobs"),
    models: join(dataDir, "models"),
    scratch: join(dataDir, "tmp"),
    mail: join(dataDir, "mail"),
  };
}

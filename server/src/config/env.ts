/**
 * The names of all settings and how their texts are read. Nothing else in the project reads the environment.
 */

import { isIP } from "node:net";
import { LIMITS } from "./limits.ts";

/** A setting whose text cannot be; the message names the variable, the value and what is allowed. */
export class SettingsError extends Error {
  override name = "SettingsError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

interface Setting<T> {
  /** What `docs/settings.md` and error messages say is allowed. */
  allowed: string;
  /** Never shown in an error message. */
  secret?: boolean;
  /** Undefined where the text is not allowed. */
  read(text: string): T | undefined;
}

const text: Setting<string> = { allowed: "any text", read: (value) => value };
const secret: Setting<string> = { allowed: "any text", secret: true, read: (value) => value };

/** What is longer could not log in. */
const password: Setting<string> = {
  allowed: `text of up to ${LIMITS.accounts.passwordCharactersMax} characters`,
  secret: true,
  read: (value) => (Array.from(value).length <= LIMITS.accounts.passwordCharactersMax ? value : undefined),
};

function integer(min: number, max: number): Setting<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    read: (value) => (/^\d+$/.test(value) ? within(Number(value), min, max) : undefined),
  };
}

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

const UNITS: Record<string, number> = { "": 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

const bytes: Setting<number> = {
  allowed: "a number of bytes, or one with KB, MB, GB or TB, such as 500MB",
  read(value) {
    const match = /^(\d+(?:\.\d+)?)\s*(KB|MB|GB|TB|)$/i.exec(value);
    const unit = UNITS[match?.[2]?.toUpperCase() ?? ""] ?? 1;
    return match ? within(Math.floor(Number(match[1]) * unit), 1, Number.MAX_SAFE_INTEGER) : undefined;
  },
};

const PERIODS: Record<string, number> = { sec: 1, min: 60, hour: 3600, day: 86_400 };

/** At most `requests` in `periodSeconds`. */
export interface Rate {
  requests: number;
  periodSeconds: number;
}

const rate: Setting<Rate> = {
  allowed: "a number of requests for each sec, min, hour or day, such as 120/min",
  read(value) {
    const match = /^([1-9]\d{0,8})\/(sec|min|hour|day)$/.exec(value);
    const periodSeconds = PERIODS[match?.[2] ?? ""];
    return periodSeconds ? { requests: Number(match?.[1]), periodSeconds } : undefined;
  },
};

function address(...protocols: string[]): Setting<string> {
  return {
    allowed: `an address that begins with ${protocols.map((name) => `${name}://`).join(" or ")}`,
    secret: true,
    read: (value) =>
      URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)) ? value : undefined,
  };
}

function choice<const T extends string>(...values: T[]): Setting<T> {
  return {
    allowed: values.join(" or "),
    read: (value) => values.find((candidate) => candidate === value),
  };
}

const flag: Setting<boolean> = {
  allowed: "true or false (or 1, yes, on; 0, no, off)",
  read(value) {
    if (/^(true|1|yes|on)$/i.test(value)) return true;
    return /^(false|0|no|off)$/i.test(value) ? false : undefined;
  },
};

const email: Setting<string> = {
  allowed: "an e-mail address",
  read: (value) => (/^[^\s@]+@[^\s@]+$/.test(value) ? value.toLowerCase() : undefined),
};

const apiKey: Setting<string> = {
  allowed: "<prefix>.<secret>: 8 to 16 letters or digits, a dot, and 32 or more of them",
  secret: true,
  read: (value) => (/^[A-Za-z0-9]{8,16}\.[A-Za-z0-9]{32,128}$/.test(value) ? value : undefined),
};

/** Names of plans with their minutes a month, in the order in which they were given. */
const plans: Setting<Readonly<Record<string, number>>> = {
  allowed:
    "plans with their minutes a month, such as basic=600,team=3000; no plan is called trial or unlimited",
  read(value) {
    const parts = value.split(",").map((part) => /^\s*([a-z][a-z0-9_-]{0,30})=(\d{1,9})\s*$/.exec(part));
    const read = new Map(parts.map((part) => [part?.[1] ?? "", Number(part?.[2])]));
    const taken = ["", "trial", "unlimited"].some((name) => read.has(name));
    return taken || read.size < parts.length ? undefined : Object.fromEntries(read);
  },
};

const mailbox: Setting<string> = {
  allowed: "an e-mail address, alone or as Name <address>",
  read: (value) =>
    /^(?:[^\s@<>]+@[^\s@<>]+|[^<>@\r\n]+ <[^\s@<>]+@[^\s@<>]+>)$/.test(value) ? value : undefined,
};

const networks: Setting<readonly string[]> = {
  allowed: "IP addresses and networks such as 10.0.0.0/8, separated by commas",
  read(value) {
    const parts = value.split(",").map((part) => part.trim());
    return parts.every(isNetwork) ? parts : undefined;
  },
};

const languages: Setting<readonly string[]> = {
  allowed: "ISO 639-1 codes of languages, separated by commas, such as en,de",
  read(value) {
    const codes = value.toLowerCase().split(/\s*,\s*/);
    return codes.every((code) => /^[a-z]{2}$/.test(code)) ? [...new Set(codes)] : undefined;
  },
};

function isNetwork(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const bitsMax = { 4: 32, 6: 128 }[isIP(address)];
  if (bitsMax === undefined || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
}

/** Every setting there is. `docs/settings.md` lists them, and a test compares the two. */
export const SETTINGS = {
  USPEECH_HOST: text,
  USPEECH_PORT: integer(0, 65_535),
  USPEECH_DATA_DIR: text,
  USPEECH_DATABASE_URL: address("postgres", "postgresql"),
  USPEECH_STORAGE_URL: address("s3"),
  USPEECH_SECRET_KEY: secret,
  USPEECH_PUBLIC_URL: address("http", "https"),
  USPEECH_ADMIN_EMAIL: email,
  USPEECH_ADMIN_PASSWORD: password,
  USPEECH_ADMIN_API_KEY: apiKey,
  USPEECH_MODEL: text,
  USPEECH_WORKERS: integer(1, 256),
  USPEECH_SPEAKERS: choice("auto", "built-in", "off"),
  USPEECH_OPENAI_URL: address("http", "https"),
  USPEECH_OPENAI_API_KEY: secret,
  USPEECH_OPENAI_MODEL: text,
  USPEECH_OPENAI_LANGUAGES: languages,
  USPEECH_OPENAI_CALLS: integer(1, 1_000),
  USPEECH_MAX_UPLOAD_BYTES: bytes,
  USPEECH_MAX_AUDIO_SECONDS: integer(1, 1_000_000),
  USPEECH_LOG_LEVEL: choice("debug", "info", "warn", "error", "silent"),
  USPEECH_TRIAL_MINUTES: integer(0, 1_000_000_000),
  USPEECH_PLANS: plans,
  USPEECH_RATE_LIMIT: rate,
  USPEECH_TRUSTED_PROXIES: networks,
  USPEECH_WEBHOOKS_ALLOW_PRIVATE: flag,
  USPEECH_SMTP_URL: address("smtp", "smtps"),
  USPEECH_MAIL_FROM: mailbox,
  USPEECH_REGISTRATION: choice("open", "closed"),
  USPEECH_AUDIT_DAYS: integer(30, 36_500),
  USPEECH_OIDC_ISSUER: address("https", "http"),
  USPEECH_OIDC_CLIENT_ID: text,
  USPEECH_OIDC_CLIENT_SECRET: secret,
  USPEECH_OIDC_NAME: text,
} as const;

export type SettingName = keyof typeof SETTINGS;
type Read<S> = S extends Setting<infer T> ? T : never;

/** The settings that were given, read and checked one by one; those not given are absent. */
export type Env = { [Name in SettingName]?: Read<(typeof SETTINGS)[Name]> };

type Variables = Record<string, string | undefined>;

/**
 * @param variables an empty text counts as not given
 * @throws {SettingsError} with a sentence for each fault
 */
export function readEnv(variables: Variables = process.env): Env {
  const faults: string[] = [];
  const env: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const value = variables[name];
    if (value === undefined || value === "") continue;
    const read = setting.read(value.trim());
    if (read === undefined) faults.push(fault(name, value, setting));
    else env[name] = read;
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return env;
}

/** Belong to the CLI and the tests, which read them on their own account. */
const OTHERS = new Set(["USPEECH_URL", "USPEECH_API_KEY", "USPEECH_TEST_MODELS_DIR"]);

/** A sentence for each `USPEECH_` name that nothing reads: most often a slip of the pen. */
export function unknownNames(variables: Variables = process.env): string[] {
  return Object.keys(variables)
    .filter((name) => name.startsWith("USPEECH_") && !(name in SETTINGS) && !OTHERS.has(name))
    .map(
      (name) => `${name} is not a setting and has no effect. docs/settings.md lists those that there are.`,
    );
}

function fault(name: string, value: string, setting: Setting<unknown>): string {
  const shown = setting.secret ? "has a value" : `is ${JSON.stringify(value)}`;
  return `${name} ${shown}, which is not allowed. Allowed: ${setting.allowed}.`;
}

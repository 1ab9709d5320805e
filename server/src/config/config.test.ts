import { expect, test } from "vitest";
import { configure } from "./config.ts";
import { readEnv, SettingsError, unknownNames } from "./env.ts";

function faults(variables: Record<string, string>): readonly string[] {
  try {
    configure(readEnv(variables));
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

test("nothing needs to be set", () => {
  expect(configure(readEnv({}))).toMatchObject({
    host: "127.0.0.1",
    port: 8000,
    model: "moonshine-base",
    audioSecondsMax: 36_000,
  });
});

test("each fault is a sentence that names the variable, the value and what is allowed, all of them at once", () => {
  expect(
    faults({ USPEECH_PORT: "http", USPEECH_MAX_UPLOAD_BYTES: "5 parsecs", USPEECH_RATE_LIMIT: "0/min" }),
  ).toEqual([
    'USPEECH_PORT is "http", which is not allowed. Allowed: a whole number from 0 to 65535.',
    'USPEECH_MAX_UPLOAD_BYTES is "5 parsecs", which is not allowed. Allowed: a number of bytes, or one with KB, MB, GB or TB, such as 500MB.',
    'USPEECH_RATE_LIMIT is "0/min", which is not allowed. Allowed: a number of requests for each sec, min, hour or day, such as 120/min.',
  ]);
});

test("a secret that is not allowed is not repeated", () => {
  const [fault = ""] = faults({ USPEECH_ADMIN_API_KEY: "short.secret" });
  expect(fault).toContain("USPEECH_ADMIN_API_KEY has a value");
  expect(fault).not.toContain("secret.");
});

test("the first account's password is one that its owner can log in with", () => {
  expect(faults({ USPEECH_ADMIN_PASSWORD: "p".repeat(128) })).toEqual([]);
  const [fault = ""] = faults({ USPEECH_ADMIN_PASSWORD: "p".repeat(129) });
  expect(fault).toContain("text of up to 128 characters");
  expect(fault).not.toContain("ppp");
});

test("what this version cannot do is refused and not ignored", () => {
  expect(faults({ USPEECH_DATABASE_URL: "postgres://localhost/uspeech" })).toHaveLength(1);
  expect(faults({ USPEECH_STORAGE_URL: "s3://bucket" })).toHaveLength(1);
});

test("plans have a name and minutes, each once, and none takes the name of one that there always is", () => {
  const { plans } = configure(readEnv({ USPEECH_PLANS: "basic=600, team=3000" }));
  expect(plans).toEqual({ basic: 600, team: 3000 });
  for (const text of ["basic", "basic=x", "trial=5", "unlimited=5", "basic=1,basic=2", "Basic=1", "basic=1,"])
    expect(faults({ USPEECH_PLANS: text })).toEqual([expect.stringContaining("basic=600,team=3000")]);
});

test("the first account has no limit unless somebody says how long a trial is", () => {
  expect(configure(readEnv({})).admin.plan).toBe("unlimited");
  expect(configure(readEnv({ USPEECH_TRIAL_MINUTES: "300" })).admin.plan).toBe("trial");
});

test("single sign-on needs all its parts, and a connection that nobody can listen to", () => {
  const all = { USPEECH_OIDC_CLIENT_ID: "uspeech", USPEECH_OIDC_CLIENT_SECRET: "secret" };
  expect(faults(all)).toEqual([
    "USPEECH_OIDC_CLIENT_ID is set without USPEECH_OIDC_ISSUER: single sign-on needs both. Set it too.",
  ]);
  expect(faults({ ...all, USPEECH_OIDC_ISSUER: "http://id.example.org" })).toEqual([
    'USPEECH_OIDC_ISSUER is "http://id.example.org", which is not allowed. Allowed: https://, or http:// on this machine.',
  ]);
  expect(faults({ ...all, USPEECH_OIDC_ISSUER: "http://127.0.0.1:9000" })).toEqual([]);
  expect(configure(readEnv({ ...all, USPEECH_OIDC_ISSUER: "https://id.example.org/realm" })).oidc).toEqual({
    issuer: "https://id.example.org/realm",
    clientId: "uspeech",
    name: "id.example.org",
  });
});

test("recognition elsewhere needs an address and a model's name, and no password in the address", () => {
  const chosen = { USPEECH_MODEL: "openai" };
  expect(faults(chosen)).toEqual([
    'USPEECH_MODEL is "openai", but USPEECH_OPENAI_URL is not set. Set it to the address of a server with /v1/audio/transcriptions.',
    'USPEECH_MODEL is "openai", but USPEECH_OPENAI_MODEL is not set. Set it to the name that the server has for its model.',
  ]);
  const all = { ...chosen, USPEECH_OPENAI_MODEL: "whisper-1", USPEECH_OPENAI_URL: "http://gpu:8000/v1" };
  expect(configure(readEnv(all)).openai).toEqual({
    url: "http://gpu:8000/v1",
    model: "whisper-1",
    languages: null,
    calls: 8,
  });
  expect(configure(readEnv({ ...all, USPEECH_OPENAI_LANGUAGES: "en, DE,en" })).openai?.languages).toEqual([
    "en",
    "de",
  ]);
  expect(faults({ ...all, USPEECH_OPENAI_LANGUAGES: "english" })[0]).toContain("Allowed: ISO 639-1 codes");
  const [fault = ""] = faults({ ...all, USPEECH_OPENAI_URL: "http://user:hunter2@gpu:8000/v1" });
  expect(fault).toContain("Set USPEECH_OPENAI_API_KEY in their place.");
  expect(fault).not.toContain("hunter2");
  expect(configure(readEnv({ ...all, USPEECH_MODEL: "moonshine-tiny" })).openai).toBeNull();
});

test("units and empty texts are understood", () => {
  const env = readEnv({ USPEECH_MAX_UPLOAD_BYTES: "1.5GB", USPEECH_RATE_LIMIT: "7/hour", USPEECH_PORT: "" });
  expect(configure(env)).toMatchObject({
    uploadBytesMax: 1.5e9,
    rateLimit: { requests: 7, periodSeconds: 3600 },
    port: 8000,
  });
});

test("a misspelt name is pointed out", () => {
  expect(unknownNames({ USPEECH_PROT: "80", PATH: "/bin" })).toHaveLength(1);
});

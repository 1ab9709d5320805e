import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import tls from "node:tls";
import { promisify } from "node:util";
import { LIMITS } from "../../config/limits.ts";
import { ModelError } from "./errors.ts";

/** How this machine reaches package registries and the rest of the network: npm's own settings. */
export interface NetworkSettings {
  /** Address of the package registry; null where none is known. */
  registry: string | null;
  /** Registries of single scopes: `@scope` to address. */
  scopes: Record<string, string>;
  /** File of further certificate authorities, PEM. */
  caFile: string | null;
  httpProxy: string | null;
  httpsProxy: string | null;
  /** Comma-separated hosts that are reached without the proxy. */
  noProxy: string | null;
}

/**
 * npm's settings as `npm` itself resolves them from `env`, its files and its defaults; from `env` alone where there is
 * no npm to ask.
 */
export async function readNetworkSettings(env: NodeJS.ProcessEnv): Promise<NetworkSettings> {
  const settings = (await askNpm(env)) ?? {
    registry: env["npm_config_registry"],
    cafile: env["npm_config_cafile"],
    proxy: env["HTTP_PROXY"] ?? env["http_proxy"],
    "https-proxy": env["HTTPS_PROXY"] ?? env["https_proxy"],
    noproxy: env["NO_PROXY"] ?? env["no_proxy"],
  };
  const scoped = Object.entries(settings).flatMap(([key, value]) => {
    const scope = /^(@[^:]+):registry$/.exec(key)?.[1];
    return scope !== undefined && typeof value === "string" ? [[scope, value] as const] : [];
  });
  return {
    registry: text(settings["registry"]),
    scopes: Object.fromEntries(scoped),
    caFile: text(settings["cafile"]),
    httpProxy: text(settings["proxy"]),
    httpsProxy: text(settings["https-proxy"]) ?? text(settings["proxy"]),
    noProxy: text(settings["noproxy"]),
  };
}

/** `npm config list` prints no credentials. Null where npm is missing or does not answer. */
async function askNpm(env: NodeJS.ProcessEnv): Promise<Record<string, unknown> | null> {
  try {
    const { stdout } = await promisify(execFile)("npm", ["config", "list", "--json"], {
      env,
      timeout: LIMITS.models.npmConfigMs,
    });
    const settings: unknown = JSON.parse(stdout);
    return isRecord(settings) ? settings : null;
  } catch {
    return null;
  }
}

function text(value: unknown): string | null {
  const joined = Array.isArray(value) ? value.join(",") : value;
  return typeof joined === "string" && joined !== "" ? joined : null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Connections for one pull. Close it when done. */
export interface Network {
  settings: NetworkSettings;
  /** Asks for one address, without following redirects. Rejects when no answer comes within the idle limit. */
  get(url: URL, headers: http.OutgoingHttpHeaders, signal: AbortSignal): Promise<http.IncomingMessage>;
  close(): void;
}

/** Proxies and certificate authorities are those of the settings, on top of Node's own. */
export async function openNetwork(settings: NetworkSettings): Promise<Network> {
  const options = {
    keepAlive: true,
    timeout: LIMITS.models.idleMs,
    proxyEnv: {
      HTTP_PROXY: settings.httpProxy ?? undefined,
      HTTPS_PROXY: settings.httpsProxy ?? undefined,
      NO_PROXY: settings.noProxy ?? undefined,
    },
  };
  const ca = await certificateAuthorities(settings.caFile);
  const agents = { http: new http.Agent(options), https: new https.Agent({ ...options, ca }) };
  return {
    settings,
    get: (url, headers, signal) => get(url, headers, signal, agents),
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

async function certificateAuthorities(caFile: string | null): Promise<string[] | undefined> {
  if (caFile === null) return undefined;
  try {
    // "default" holds what NODE_EXTRA_CA_CERTS adds.
    return [...tls.getCACertificates("default"), await readFile(caFile, "utf8")];
  } catch (error) {
    throw new ModelError(
      "model_unreachable",
      `npm's setting "cafile" names ${caFile}, which cannot be read. Correct it with "npm config set cafile FILE".`,
      { cause: error },
    );
  }
}

function get(
  url: URL,
  headers: http.OutgoingHttpHeaders,
  signal: AbortSignal,
  agents: { http: http.Agent; https: https.Agent },
): Promise<http.IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const request =
    url.protocol === "https:"
      ? https.request(url, { headers, signal, agent: agents.https })
      : http.request(url, { headers, signal, agent: agents.http });
  request.setTimeout(LIMITS.models.idleMs, () => {
    request.destroy(new Error(`nothing came for ${LIMITS.models.idleMs / 1000} seconds`));
  });
  request.once("response", resolve).once("error", reject).end();
  return promise;
}

import {
  ApiError,
  ConnectionError,
  errorFor,
  NotFoundError,
  retryAfterSeconds,
  TimeoutError,
  UspeechError,
} from "./errors.ts";

export interface ClientOptions {
  /** Where the server is, such as `http://127.0.0.1:8000`; a path in front of `/api/` may be part of it. */
  baseUrl: string;
  /** `<prefix>.<secret>` */
  apiKey: string;
  /** Instead of the platform's, for proxies and tests. */
  fetch?: typeof globalThis.fetch | undefined;
  /** How long one request may take, uploads and downloads excepted. A minute where not given. */
  timeoutMs?: number | undefined;
}

export type RequestBody = Blob | ReadableStream<Uint8Array>;

export interface ApiRequest {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Begins with `/api/`. */
  path: string;
  query?: Readonly<Record<string, unknown>> | undefined;
  json?: unknown;
  headers?: Readonly<Record<string, string>> | undefined;
  /** Makes the body anew for each try. */
  body?: (() => RequestBody) | undefined;
  /** Whether it may be sent twice: the server knows it again, and `body` can be made again. The method decides otherwise. */
  repeatable?: boolean | undefined;
  /** Instead of the client's `timeoutMs`; null for no limit. */
  timeoutMs?: number | null | undefined;
  signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 60_000;
/** Tries after the first one. */
const RETRIES_MAX = 3;
/** Pauses before them where the server names none; up to half is taken off at random, so that clients spread. */
const PAUSES_MS = [500, 1_000, 2_000];
/** A server that asks for a longer pause than this is not waited for. */
const PAUSE_MS_MAX = 60_000;
/** The request did not get through to the server's work. */
const REFUSED = new Set([429, 503]);
/** Trouble in between, or a request that came too slowly: worth another try where the request may be repeated. */
const PASSING = new Set([408, 502, 504]);

/** Sends requests with the key, tries again what may be tried again, and turns error answers into errors. */
export class Transport {
  readonly #baseUrl: string;
  readonly #authorization: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #timeoutMs: number;

  constructor(options: ClientOptions) {
    if (!URL.canParse(options.baseUrl))
      throw new TypeError(`baseUrl is no URL: ${JSON.stringify(options.baseUrl)}`);
    if (!/^[\x21-\x7e]+$/.test(options.apiKey))
      throw new TypeError("apiKey is empty, or holds what no key holds.");
    this.#baseUrl = options.baseUrl.replace(/\/+$/, "");
    this.#authorization = `Api-Key ${options.apiKey}`;
    // A browser's fetch refuses to be called as a method of something else.
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  }

  /** The parsed body of the answer; undefined where it has none. @throws what `errors.ts` holds */
  async json<T>(request: ApiRequest): Promise<T> {
    return this.#repeatedly(request, async (signal) => {
      const response = await this.#fetch(this.#url(request), this.#init(request, signal));
      const body = await readBody(response);
      if (!response.ok) throw errorFor({ status: response.status, headers: response.headers, body });
      // What the server promises in its OpenAPI document is not checked again at run time.
      return body as T;
    });
  }

  /** The answer of a link that needs no credentials; none are sent, wherever it leads. */
  async open(url: string, signal: AbortSignal | undefined): Promise<Response> {
    return this.#repeatedly({ method: "GET", path: url, timeoutMs: null, signal }, async (signal) => {
      const response = await this.#fetch(new URL(url, `${this.#baseUrl}/`), { signal });
      if (response.ok) return response;
      throw errorFor({ status: response.status, headers: response.headers, body: await readBody(response) });
    });
  }

  #url({ path, query }: ApiRequest): string {
    const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null);
    const text = new URLSearchParams(
      given.map(([name, value]): [string, string] => [name, String(value)]),
    ).toString();
    return `${this.#baseUrl}${path}${text && `?${text}`}`;
  }

  #init({ method, json, body, headers }: ApiRequest, signal: AbortSignal): RequestInit {
    const content = json === undefined ? body?.() : JSON.stringify(json);
    return {
      method,
      headers: {
        accept: "application/json",
        authorization: this.#authorization,
        ...(json !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      signal,
      // The key is for this server; a redirect to another one is an error and not an invitation.
      redirect: "error",
      credentials: "omit",
      ...(content !== undefined && { body: content }),
      ...(content instanceof ReadableStream && { duplex: "half" }),
    };
  }

  async #repeatedly<T>(request: ApiRequest, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (let tried = 0; ; tried++) {
      try {
        return await this.#once(request, send);
      } catch (error) {
        request.signal?.throwIfAborted();
        // The try before this one deleted it, and its answer was lost.
        if (tried > 0 && request.method === "DELETE" && error instanceof NotFoundError) return undefined as T;
        const pauseMs = tried < RETRIES_MAX ? pauseBefore(error, request, tried) : null;
        if (pauseMs === null) throw error;
        await pause(pauseMs, request.signal);
      }
    }
  }

  async #once<T>(request: ApiRequest, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeoutMs = request.timeoutMs === undefined ? this.#timeoutMs : request.timeoutMs;
    const timeout = new AbortController();
    const timer = timeoutMs === null ? undefined : setTimeout(() => timeout.abort(), timeoutMs);
    const signals = [timeout.signal, ...(request.signal ? [request.signal] : [])];
    try {
      return await send(AbortSignal.any(signals));
    } catch (error) {
      request.signal?.throwIfAborted();
      if (timeout.signal.aborted)
        throw new TimeoutError(`${this.#baseUrl} did not answer within ${timeoutMs} ms.`, { cause: error });
      if (error instanceof UspeechError) throw error;
      throw new ConnectionError(`${this.#baseUrl} could not be reached: ${reasonOf(error)}.`, {
        cause: error,
      });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Milliseconds to wait before another try; null where there shall be none. */
function pauseBefore(error: unknown, request: ApiRequest, tried: number): number | null {
  if (!isWorthAnotherTry(error, request)) return null;
  const asked = error instanceof ApiError ? retryAfterSeconds(error.headers, Date.now()) : null;
  if (asked !== null) return asked * 1000 <= PAUSE_MS_MAX ? asked * 1000 : null;
  return (PAUSES_MS[tried] ?? 0) * (1 - Math.random() / 2);
}

function isWorthAnotherTry(
  error: unknown,
  { method, repeatable = method !== "POST", body }: ApiRequest,
): boolean {
  // A body that cannot be made again is gone.
  if (body && !repeatable) return false;
  if (error instanceof ConnectionError) return repeatable;
  if (!(error instanceof ApiError)) return false;
  return REFUSED.has(error.status) || (PASSING.has(error.status) && repeatable);
}

/** What the platform knows: Node hides it in the cause, browsers say nothing. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const message = cause instanceof Error ? cause.message : String(cause);
  return (message || code).replace(/\.$/, "");
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (response.ok)
      throw new UspeechError(
        `${response.url} answered with something else than JSON. Is this a Uspeech server?`,
        {
          cause: error,
        },
      );
    return text;
  }
}

/** @throws the signal's reason */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

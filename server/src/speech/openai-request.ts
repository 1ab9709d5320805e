/** One request to a server with `/v1/audio/transcriptions`, and what its answer means. */
import { LIMITS } from "../config/limits.ts";
import { RecognitionServerError, type ServerFault } from "./openai-errors.ts";

/** Where recognition is done, and as whom. */
export interface OpenAiServer {
  /** Address of the API, such as `https://gpu.example.org/v1`. */
  url: string;
  /** Null where the server asks for none. */
  apiKey: string | null;
  /** What the server calls its model. */
  model: string;
}

/**
 * How much is asked for. Clones of OpenAI's server differ in what they take: some know no times of words, and models
 * that are no Whisper often know no `verbose_json`.
 */
export const FORMS = ["words", "segments", "text"] as const;
export type Form = (typeof FORMS)[number];

const FORM_FIELDS: Record<Form, readonly (readonly [string, string])[]> = {
  words: [
    ["response_format", "verbose_json"],
    ["timestamp_granularities[]", "word"],
    ["timestamp_granularities[]", "segment"],
  ],
  segments: [["response_format", "verbose_json"]],
  text: [["response_format", "json"]],
};

export interface Question {
  wav: Uint8Array<ArrayBuffer>;
  /** ISO 639-1, or null to leave it to the server. */
  language: string | null;
  form: Form;
}

export interface AskOptions {
  timeLimitMs: number;
  signal: AbortSignal;
}

/**
 * Has one clip recognised.
 *
 * @returns the answer's JSON
 * @throws RecognitionServerError; the signal's reason
 */
export async function ask(server: OpenAiServer, question: Question, options: AskOptions): Promise<unknown> {
  return inTime(server, options, async (signal) => {
    const body = formOf(server.model, question);
    const response = await send(server, endpointOf(server.url), { method: "POST", body, signal });
    const text = await readText(response);
    if (!response.ok) throw refusal(server, response, text);
    return parsed(response, text);
  });
}

/**
 * Finds out whether the server answers and takes the key, by its list of models. That a server has no such list says
 * nothing against it.
 *
 * @throws RecognitionServerError where it cannot be used; the signal's reason
 */
export async function checkServer(server: OpenAiServer, options: AskOptions): Promise<void> {
  await inTime(server, options, async (signal) => {
    const response = await send(server, modelsOf(server.url), { signal });
    const { status } = response;
    const isUnusable = (status >= 300 && status < 400) || status === 401 || status === 403 || status >= 500;
    if (isUnusable) throw refusal(server, response, await readText(response));
    await response.body?.cancel();
  });
}

async function inTime<T>(
  server: OpenAiServer,
  { signal, timeLimitMs }: AskOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeLimit = AbortSignal.timeout(timeLimitMs);
  try {
    return await work(AbortSignal.any([signal, timeLimit]));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RecognitionServerError) throw error;
    throw timeLimit.aborted ? tooSlow(timeLimitMs) : unreachable(server, error);
  }
}

function send({ apiKey }: OpenAiServer, address: URL, init: RequestInit): Promise<Response> {
  const headers: Record<string, string> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  // The recording and the key go to the address that the operator named, and to no other.
  return fetch(address, { ...init, headers, redirect: "manual" });
}

/** The address that clips are sent to: below an API's address, unless that is one for clips already. */
export function endpointOf(url: string): URL {
  const endpoint = new URL(url);
  const path = endpoint.pathname.replace(/\/+$/, "");
  // `/inference` is whisper.cpp's own.
  if (/\/(?:audio\/transcriptions|inference)$/.test(path)) return endpoint;
  endpoint.pathname = `${path || "/v1"}/audio/transcriptions`;
  return endpoint;
}

/** Where the list of models is, beside the address for clips. */
function modelsOf(url: string): URL {
  const endpoint = endpointOf(url);
  endpoint.pathname = endpoint.pathname.replace(/(?:audio\/transcriptions|inference)$/, "models");
  return endpoint;
}

function formOf(model: string, { wav, language, form }: Question): FormData {
  const data = new FormData();
  data.append("file", new Blob([wav], { type: "audio/wav" }), "clip.wav");
  data.append("model", model);
  if (language !== null) data.append("language", language);
  for (const [name, value] of FORM_FIELDS[form]) data.append(name, value);
  return data;
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LIMITS.openai.answerBytesMax)
      throw new RecognitionServerError(
        "unreadable",
        `The recognition server's answer to one clip is longer than ${LIMITS.openai.answerBytesMax} bytes. Check that USPEECH_OPENAI_URL leads to /v1/audio/transcriptions.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(response: Response, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const type = response.headers.get("content-type") ?? "something without a type";
    throw new RecognitionServerError(
      "unreadable",
      `The recognition server answered with ${type} that is no JSON, or not whole. Check that USPEECH_OPENAI_URL leads to /v1/audio/transcriptions.`,
    );
  }
}

function refusal(server: OpenAiServer, response: Response, text: string): RecognitionServerError {
  const { status } = response;
  const retryAfterMs = retryAfter(response.headers.get("retry-after"), Date.now());
  return new RecognitionServerError(faultOf(status), sentenceOf(server, response, text), { retryAfterMs });
}

/** Statuses of a server that does not take the request as it was put: a field, a value, a format. */
const FORM_STATUSES = new Set([400, 415, 422, 501]);

/** Too much at once, here or behind a gateway. */
const BUSY_STATUSES = new Set([408, 425, 429, 502, 503, 504]);

function faultOf(status: number): ServerFault {
  if (FORM_STATUSES.has(status)) return "form";
  if (BUSY_STATUSES.has(status)) return "busy";
  return status >= 500 ? "failing" : "refused";
}

function sentenceOf(server: OpenAiServer, response: Response, text: string): string {
  const { status } = response;
  const { host, pathname } = endpointOf(server.url);
  if (status >= 300 && status < 400)
    return `The recognition server at ${host} redirects (${status}), and recordings are not sent on. Set USPEECH_OPENAI_URL to where it leads.`;
  if (status === 401 || status === 403)
    return `The recognition server at ${host} refused the key (${status}). Set USPEECH_OPENAI_API_KEY to one that it takes.`;
  if (status === 404 || status === 405)
    return `The recognition server at ${host} has no ${pathname}, or no model "${server.model}" (${status}). Set USPEECH_OPENAI_URL and USPEECH_OPENAI_MODEL to what it has.`;
  if (status === 413)
    return `The recognition server at ${host} does not take a clip of half a minute, 1 MB (413). Raise its limit, or that of the proxy before it.`;
  return `The recognition server at ${host} answered ${status}${saidBy(server, text)}.`;
}

/** What a server says of its refusal, in the ways in which that is written; never what may hold the key or a page of HTML. */
function saidBy({ apiKey }: OpenAiServer, text: string): string {
  const message = messageIn(text);
  if (message === null || (apiKey !== null && message.includes(apiKey))) return "";
  return `: ${JSON.stringify(message.slice(0, LIMITS.openai.quoteCharactersMax).toWellFormed())}`;
}

function messageIn(text: string): string | null {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return null;
  }
  for (const path of [["error", "message"], ["error"], ["message"], ["detail"]]) {
    const value = path.reduce<unknown>(
      (at, name) => (typeof at === "object" && at !== null ? Reflect.get(at, name) : undefined),
      body,
    );
    if (typeof value === "string") return value;
  }
  return null;
}

/** Seconds, or a date (RFC 9110, 10.2.3), as milliseconds from now; null for anything else. */
export function retryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), LIMITS.openai.retryAfterMsMax);
}

function tooSlow(timeLimitMs: number): RecognitionServerError {
  return new RecognitionServerError(
    "slow",
    `The recognition server did not answer within ${Math.round(timeLimitMs / 1_000)} seconds. Give it more capacity, or lower USPEECH_OPENAI_CALLS.`,
  );
}

function unreachable(server: OpenAiServer, error: unknown): RecognitionServerError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { host } = endpointOf(server.url);
  return new RecognitionServerError(
    "unreachable",
    `The recognition server at ${host} could not be reached (${codeOf(cause)}). See that it runs, and that USPEECH_OPENAI_URL is its address.`,
    { cause: error },
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

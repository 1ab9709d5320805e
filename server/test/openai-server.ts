import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

/** One request, as the server understood it. */
export interface Call {
  path: string;
  authorization: string | null;
  model: string | null;
  language: string | null;
  responseFormat: string | null;
  granularities: string[];
  /** 16 kHz, mono. */
  samples: Int16Array;
  seconds: number;
}

export interface SpokenWord {
  word: string;
  start: number;
  end: number;
}

/** What the server's "model" hears in a clip. */
export interface Hearing {
  text: string;
  words?: readonly SpokenWord[];
  /** In English, as OpenAI's server says it. */
  language?: string;
  averageLogProbability?: number;
}

/** How one request goes wrong. */
export type Fault =
  | { kind: "status"; status: number; headers?: Record<string, string>; body?: string }
  /** Answers 200 with this instead of a transcription. */
  | { kind: "body"; type: string; body: string }
  /** Answers with JSON of one's own. */
  | { kind: "json"; json: unknown }
  /** Takes the request and closes the connection. */
  | { kind: "hang-up" }
  /** Says how long its answer is, sends half of it and closes the connection. */
  | { kind: "cut" }
  /** Answers without an end. */
  | { kind: "flood" }
  | { kind: "delay"; ms: number };

/** A real server on the loopback interface that speaks OpenAI's protocol, as badly as is asked. */
export interface OpenAiTestServer extends AsyncDisposable {
  /** As an operator sets it, with `/v1`. */
  url: string;
  calls: Call[];
  /** How often it was asked for its models. */
  checks: number;
  /** Answers, in this order, before the server behaves. */
  faults: Fault[];
  /** Most requests at once. */
  busiest: number;
  manners: {
    /** A key that is asked for. */
    key: string | null;
    model: string | null;
    /** Forms that are known; others are a 400. */
    formats: string[];
    /** Whether times of words are known; where not, asking for them is answered with this status. */
    wordsStatus: number | null;
    hears: (call: Call) => Hearing | Promise<Hearing>;
  };
}

type Served = Omit<OpenAiTestServer, "url" | typeof Symbol.asyncDispose>;

export async function startOpenAiServer(manners: Partial<Served["manners"]> = {}): Promise<OpenAiTestServer> {
  const served: Served = {
    calls: [],
    checks: 0,
    faults: [],
    busiest: 0,
    manners: {
      key: null,
      model: null,
      formats: ["json", "verbose_json"],
      wordsStatus: null,
      hears: () => ({ text: "He was not an ill disposed young man." }),
      ...manners,
    },
  };
  let busy = 0;
  const server = createServer((request, response) => {
    busy += 1;
    served.busiest = Math.max(served.busiest, busy);
    response.on("close", () => (busy -= 1));
    void answer(served, request, response).catch((error: unknown) => response.destroy(asError(error)));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server has no port");
  return Object.assign(served, {
    url: `http://127.0.0.1:${bound.port}/v1`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

async function answer(served: Served, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "GET") return listModels(served, request, response);
  const call = await readCall(request);
  served.calls.push(call);
  const fault = served.faults.shift();
  if (fault?.kind === "delay") await pause(fault.ms, null, { ref: false });
  else if (fault !== undefined) return fail(fault, response);
  const refusal = refusalOf(served, call);
  if (refusal !== null) return sendJson(response, refusal.status, { error: { message: refusal.message } });
  sendJson(response, 200, formed(call, await served.manners.hears(call)));
}

function listModels(served: Served, { headers, url }: IncomingMessage, response: ServerResponse): void {
  served.checks += 1;
  const { key, model } = served.manners;
  if (key !== null && headers.authorization !== `Bearer ${key}`)
    return sendJson(response, 401, { error: { message: "Incorrect API key provided." } });
  if (url !== "/v1/models") return sendJson(response, 404, { error: { message: "Not found." } });
  sendJson(response, 200, { object: "list", data: [{ id: model, object: "model" }] });
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const type = request.headers["content-type"] ?? "";
  const form = await new Response(new Uint8Array(await buffer(request)), {
    headers: { "content-type": type },
  }).formData();
  const text = (name: string): string | null => {
    const value = form.get(name);
    return typeof value === "string" ? value : null;
  };
  const file = form.get("file");
  if (file === null || typeof file === "string") throw new Error('there is no "file"');
  const samples = samplesOf(Buffer.from(await file.arrayBuffer()));
  return {
    path: request.url ?? "",
    authorization: request.headers.authorization ?? null,
    model: text("model"),
    language: text("language"),
    responseFormat: text("response_format"),
    granularities: form.getAll("timestamp_granularities[]").map(String),
    samples,
    seconds: samples.length / 16_000,
  };
}

/** Reads a WAV as strictly as a decoder that knows one kind only. */
function samplesOf(wav: Buffer): Int16Array {
  const format = [20, 22, 34].map((at) => wav.readUInt16LE(at));
  const isOurs =
    wav.toString("latin1", 0, 4) === "RIFF" &&
    wav.toString("latin1", 8, 16) === "WAVEfmt " &&
    wav.readUInt32LE(4) === wav.length - 8 &&
    wav.readUInt32LE(24) === 16_000 &&
    wav.readUInt32LE(40) === wav.length - 44 &&
    format.join() === "1,1,16";
  if (!isOurs) throw new Error("this is no WAV of 16 kHz, mono, 16 bits");
  return new Int16Array(new Uint8Array(wav.subarray(44)).buffer);
}

function fail(fault: Exclude<Fault, { kind: "delay" }>, response: ServerResponse): void {
  if (fault.kind === "status") response.writeHead(fault.status, fault.headers).end(fault.body ?? "");
  else if (fault.kind === "body") response.writeHead(200, { "content-type": fault.type }).end(fault.body);
  else if (fault.kind === "json") sendJson(response, 200, fault.json);
  else if (fault.kind === "hang-up") response.destroy();
  else if (fault.kind === "flood") flood(response);
  else {
    response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
    response.write('{"text": "He was not', () => response.destroy());
  }
}

function flood(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  const chunk = `{"text": "${"and ".repeat(20_000)}`;
  const more = (): void => {
    if (!response.destroyed) response.write(chunk, more);
  };
  more();
}

function refusalOf({ manners }: Served, call: Call): { status: number; message: string } | null {
  const { key, model, formats, wordsStatus } = manners;
  if (key !== null && call.authorization !== `Bearer ${key}`)
    return { status: 401, message: `Incorrect API key provided: ${call.authorization ?? "none"}.` };
  if (model !== null && call.model !== model) return { status: 404, message: "The model does not exist." };
  if (!formats.includes(call.responseFormat ?? "json"))
    return { status: 400, message: `${call.responseFormat} is not supported by this model.` };
  if (wordsStatus !== null && call.granularities.includes("word"))
    return { status: wordsStatus, message: "Times of words are not supported." };
  return null;
}

function formed({ responseFormat, granularities, seconds }: Call, hearing: Hearing): unknown {
  const { text, words, language = "english", averageLogProbability = -0.2 } = hearing;
  if (responseFormat !== "verbose_json") return { text };
  const end = words?.at(-1)?.end ?? seconds;
  const figures = { avg_logprob: averageLogProbability, compression_ratio: 1.3, no_speech_prob: 0.01 };
  const segment = { id: 0, seek: 0, start: 0, end, text: ` ${text}`, tokens: [], temperature: 0, ...figures };
  const isWordByWord = words !== undefined && granularities.includes("word");
  return {
    task: "transcribe",
    language,
    duration: seconds,
    text,
    segments: text === "" ? [] : [segment],
    ...(isWordByWord && { words }),
  };
}

function sendJson(response: ServerResponse, status: number, json: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
}

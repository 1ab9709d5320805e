import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testModels } from "../../test/models.ts";
import { type Fault, type OpenAiTestServer, startOpenAiServer } from "../../test/openai-server.ts";
import { until } from "../../test/processes.ts";
import {
  clipOf,
  joined,
  sentence,
  silence,
  temporaryFolder,
  writeSpool,
  YOUNG_MAN,
} from "../../test/spools.ts";
import { createLog } from "../observe/log.ts";
import { OpenAiRecogniser, startOpenAiEngine, type ServerLimits } from "./openai.ts";
import { RecognitionServerError } from "./openai-errors.ts";
import { endpointOf, retryAfter, type OpenAiServer } from "./openai-request.ts";
import { SAMPLE_RATE_HZ, SpeechEngineError, type Clip, type Share, type SpeechEngine } from "./recogniser.ts";

const KEY = "sk-a-key-that-nobody-may-see";
const SAID = "He was not an ill disposed young man.";
const AUTO = { language: null };

/** Everything that is logged, as JSON lines. */
const lines: string[] = [];
const log = createLog("debug", { write: (line) => void lines.push(line) });

/** Tries follow each other as fast as they can. */
const AT_ONCE: Partial<ServerLimits> = { retryPausesMs: [1, 1, 1, 1] };

function recogniserOf({ url }: { url: string }, limits = AT_ONCE, server: Partial<OpenAiServer> = {}) {
  return new OpenAiRecogniser({ url, apiKey: null, model: "whisper-1", ...server }, log, limits);
}

/** A second of a tone. */
const TONE = Float32Array.from({ length: SAMPLE_RATE_HZ }, (_, i) => 0.5 * Math.sin(i / 8));

async function failureOf(promise: Promise<unknown>): Promise<RecognitionServerError> {
  const error: unknown = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(error instanceof RecognitionServerError))
    throw new Error(`It did not fail as it should: ${String(error)}`);
  expect(error).toBeInstanceOf(SpeechEngineError);
  return error;
}

describe("a clip", () => {
  test("is sent as audio, with the model's name, the key and the language", async () => {
    await using server = await startOpenAiServer({ key: KEY, model: "large" });
    const recogniser = recogniserOf(server, AT_ONCE, { apiKey: KEY, model: "large" });
    expect(await recogniser.recognise(TONE, { language: "de" })).toMatchObject({
      text: SAID,
      language: "en",
    });
    const [call] = server.calls;
    expect(call).toMatchObject({
      path: "/v1/audio/transcriptions",
      model: "large",
      language: "de",
      responseFormat: "verbose_json",
      granularities: ["word", "segment"],
      seconds: 1,
    });
    expect(Array.from(call?.samples.subarray(0, 50) ?? [])).toEqual(
      Array.from(TONE.subarray(0, 50), (sample) => Math.round(sample * 32_767)),
    );
  });

  test("goes without a language where it is left to the server, and without a key where there is none", async () => {
    await using server = await startOpenAiServer();
    await recogniserOf(server).recognise(TONE, AUTO);
    expect(server.calls[0]).toMatchObject({ language: null, authorization: null });
  });

  test("that is very short gets silence after it", async () => {
    await using server = await startOpenAiServer();
    await recogniserOf(server).recognise(TONE.subarray(0, 101), AUTO);
    expect(server.calls[0]?.seconds).toBe(0.5);
  });

  test("comes back with times of words", async () => {
    const words = SAID.split(" ").map((word, i) => ({ word, start: i / 10, end: i / 10 + 0.1 }));
    await using server = await startOpenAiServer({ hears: () => ({ text: SAID, words }) });
    const { tokens } = await recogniserOf(server).recognise(TONE, AUTO);
    expect(tokens.map(({ start }) => start)).toEqual(words.map(({ start }) => start));
  });
});

describe("another try is made", () => {
  const faults: [string, Fault][] = [
    ["an internal error", { kind: "status", status: 500 }],
    ["a bad gateway's page", { kind: "status", status: 502, body: "<html>Bad Gateway</html>" }],
    ["too many requests", { kind: "status", status: 429, headers: { "retry-after": "0" } }],
    ["a page of HTML", { kind: "body", type: "text/html", body: "<html>Welcome</html>" }],
    ["JSON that is cut", { kind: "body", type: "application/json", body: '{"text": "He was' }],
    ["JSON that is something else", { kind: "json", json: { status: "ok" } }],
    ["a connection that is closed", { kind: "hang-up" }],
    ["an answer that breaks off", { kind: "cut" }],
    ["an answer without an end", { kind: "flood" }],
  ];
  test.each(faults)("after %s", async (_, fault) => {
    await using server = await startOpenAiServer();
    server.faults.push(fault);
    expect((await recogniserOf(server).recognise(TONE, AUTO)).text).toBe(SAID);
    expect(server.calls).toHaveLength(2);
  });

  test("after no answer in time", async () => {
    await using server = await startOpenAiServer();
    server.faults.push({ kind: "delay", ms: 60_000 });
    const limits = { ...AT_ONCE, callMs: 50, callMsPerAudioSecond: 50 };
    expect((await recogniserOf(server, limits).recognise(TONE, AUTO)).text).toBe(SAID);
  });

  test("five times in all, and then the last failure is told", async () => {
    await using server = await startOpenAiServer();
    const fault: Fault = { kind: "status", status: 503, body: '{"detail": "loading"}' };
    server.faults.push(...Array.from({ length: 9 }, () => fault));
    const failure = await failureOf(recogniserOf(server).recognise(TONE, AUTO));
    expect(failure.fault).toBe("busy");
    expect(failure.message).toMatch(/^The recognition server at 127\.0\.0\.1:\d+ answered 503: "loading"\.$/);
    expect(server.calls).toHaveLength(5);
  });

  test("when nobody listens there, and the sentence says what to look at", async () => {
    const server = await startOpenAiServer();
    await server[Symbol.asyncDispose]();
    const failure = await failureOf(recogniserOf(server).recognise(TONE, AUTO));
    expect(failure.fault).toBe("unreachable");
    expect(failure.message).toContain("could not be reached (ECONNREFUSED). See that it runs");
  });
});

describe("no other try is made", () => {
  test.each([
    [401, "Set USPEECH_OPENAI_API_KEY"],
    [403, "Set USPEECH_OPENAI_API_KEY"],
    [404, "Set USPEECH_OPENAI_URL and USPEECH_OPENAI_MODEL"],
    [413, "Raise its limit"],
    [302, "Set USPEECH_OPENAI_URL to where it leads"],
  ])("after a %i, and the sentence says: %s", async (status, sentence) => {
    await using server = await startOpenAiServer();
    server.faults.push({ kind: "status", status, headers: { location: "http://127.0.0.1:1/" } });
    const failure = await failureOf(recogniserOf(server).recognise(TONE, AUTO));
    expect(failure.fault).toBe("refused");
    expect(failure.message).toContain(sentence);
    expect(server.calls).toHaveLength(1);
  });

  test("once the caller has gone: neither in a pause nor in a call", async () => {
    await using server = await startOpenAiServer();
    const reason = new Error("cancelled");
    for (const fault of [
      { kind: "status", status: 503 },
      { kind: "delay", ms: 60_000 },
    ] satisfies Fault[]) {
      server.faults.push(fault);
      const stop = new AbortController();
      const before = server.calls.length;
      const running = recogniserOf(server, { retryPausesMs: [60_000] }).recognise(TONE, {
        ...AUTO,
        signal: stop.signal,
      });
      await until(async () => server.calls.length > before);
      stop.abort(reason);
      await expect(running).rejects.toBe(reason);
    }
    expect(server.calls).toHaveLength(2);
  });
});

describe("a server that takes less is asked for less", () => {
  test.each([400, 422, 501, 500])("where times of words give a %i", async (wordsStatus) => {
    await using server = await startOpenAiServer({ wordsStatus });
    const recogniser = recogniserOf(server);
    expect((await recogniser.recognise(TONE, AUTO)).text).toBe(SAID);
    const detour = server.calls.length;
    await recogniser.recognise(TONE, AUTO);
    expect(server.calls).toHaveLength(detour + 1);
    expect(server.calls.at(-1)).toMatchObject({ responseFormat: "verbose_json", granularities: [] });
  });

  test("where only plain JSON is known", async () => {
    await using server = await startOpenAiServer({ formats: ["json"] });
    expect(await recogniserOf(server).recognise(TONE, AUTO)).toMatchObject({ text: SAID, language: null });
    expect(server.calls.map(({ responseFormat }) => responseFormat)).toEqual([
      "verbose_json",
      "verbose_json",
      "json",
    ]);
  });

  test("and for everything again after a while", async () => {
    await using server = await startOpenAiServer({ wordsStatus: 400 });
    const recogniser = recogniserOf(server, { ...AT_ONCE, plainerMs: 0 });
    await recogniser.recognise(TONE, AUTO);
    server.manners.wordsStatus = null;
    await recogniser.recognise(TONE, AUTO);
    expect(server.calls.at(-1)?.granularities).toEqual(["word", "segment"]);
  });

  test("but a clip that is refused in every form says nothing of the next one", async () => {
    await using server = await startOpenAiServer();
    const recogniser = recogniserOf(server);
    const refusal: Fault = { kind: "status", status: 400, body: '{"error": {"message": "bad audio"}}' };
    server.faults.push(refusal, refusal, refusal);
    const failure = await failureOf(recogniser.recognise(TONE, AUTO));
    expect(failure.message).toContain('answered 400: "bad audio"');
    await recogniser.recognise(TONE, AUTO);
    expect(server.calls.at(-1)?.granularities).toEqual(["word", "segment"]);
  });
});

test("a pause is as long as the server asks, up to a bound", () => {
  expect(retryAfter("3", 0)).toBe(3_000);
  expect(retryAfter("Thu, 01 Jan 1970 00:00:09 GMT", 4_000)).toBe(5_000);
  expect(retryAfter("Thu, 01 Jan 1970 00:00:01 GMT", 4_000)).toBe(0);
  expect(retryAfter("86400", 0)).toBe(120_000);
  expect(retryAfter("soon", 0)).toBeNull();
  expect(retryAfter(null, 0)).toBeNull();
});

test.each([
  ["http://gpu:8000", "http://gpu:8000/v1/audio/transcriptions"],
  ["http://gpu:8000/v1", "http://gpu:8000/v1/audio/transcriptions"],
  ["https://api.example.org/openai/v1/", "https://api.example.org/openai/v1/audio/transcriptions"],
  ["http://gpu/v1/audio/transcriptions", "http://gpu/v1/audio/transcriptions"],
  ["http://gpu:8080/inference", "http://gpu:8080/inference"],
  [
    "https://x.example.org/openai/deployments/w?api-version=1",
    "https://x.example.org/openai/deployments/w/audio/transcriptions?api-version=1",
  ],
])("clips for %s go to %s", (url, endpoint) => {
  expect(endpointOf(url).href).toBe(endpoint);
});

test("the key and what was said stand in no log and no message", async () => {
  await using server = await startOpenAiServer({ key: "another" });
  const failure = await failureOf(recogniserOf(server, AT_ONCE, { apiKey: KEY }).recognise(TONE, AUTO));
  server.faults.push({
    kind: "status",
    status: 400,
    body: JSON.stringify({ detail: `Bearer ${KEY} is odd` }),
  });
  const echo = await failureOf(recogniserOf(server, AT_ONCE, { apiKey: KEY }).recognise(TONE, AUTO));
  server.manners.key = null;
  server.faults.push({ kind: "status", status: 503 });
  await recogniserOf(server, AT_ONCE, { apiKey: KEY }).recognise(TONE, AUTO);
  log.error({ err: failure }, "as the server logs it");
  log.error({ err: echo }, "as the server logs it");
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.filter((line) => line.includes(KEY) || line.includes("disposed"))).toEqual([]);
});

describe("an engine", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: OpenAiTestServer;
  let engine: SpeechEngine;
  let clip: Clip;

  beforeAll(async () => {
    folder = await temporaryFolder();
    clip = clipOf(await writeSpool(folder.path, joined(silence(1), await sentence(YOUNG_MAN), silence(1))));
    server = await startOpenAiServer();
    engine = await startOpenAiEngine({
      server: { url: server.url, apiKey: null, model: "large" },
      languages: ["en", "de"],
      calls: 2,
      modelsDir: await testModels(),
      workers: 1,
      log,
      limits: AT_ONCE,
    });
  });

  afterAll(async () => {
    await engine.close();
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("finds speech here and has it recognised there", async () => {
    const { spans } = await engine.detect(clip, share("a"));
    expect(spans.length).toBeGreaterThan(0);
    const [span] = spans;
    if (span === undefined) throw new Error("There is no speech.");
    expect((await engine.recognise({ ...clip, ...span }, AUTO, share("a"))).text).toBe(SAID);
    expect(server.calls.at(-1)?.samples.length).toBe(span.endSample - span.startSample);
    expect(engine).toMatchObject({ model: "large", languages: ["en", "de"], workers: 2 });
  });

  test("sends no more at once than it may, and takes recordings in turn", async () => {
    const order: string[] = [];
    const call = async (key: string) => {
      await engine.recognise(clip, AUTO, share(key));
      order.push(key);
    };
    server.busiest = 0;
    server.manners.hears = async () => {
      await until(async () => server.busiest >= 2);
      return { text: SAID };
    };
    const long = Array.from({ length: 8 }, () => call("long"));
    await Promise.all([...long, call("short")]);
    expect(server.busiest).toBe(2);
    expect(order.indexOf("short")).toBeLessThan(5);
  });

  test("lets go of what waits and what runs when it is cancelled", async () => {
    const stop = new AbortController();
    server.faults.push({ kind: "delay", ms: 60_000 }, { kind: "delay", ms: 60_000 });
    const before = server.calls.length;
    const calls = [1, 2, 3].map(() => engine.recognise(clip, AUTO, share("gone", stop.signal)));
    await until(async () => server.calls.length === before + 2);
    stop.abort(new Error("cancelled"));
    const results = await Promise.allSettled(calls);
    expect(results.map((result) => result.status)).toEqual(["rejected", "rejected", "rejected"]);
    server.manners.hears = () => ({ text: "Still here." });
    expect((await engine.recognise(clip, AUTO, share("next"))).text).toBe("Still here.");
  });

  test("ends what is under way when it closes", async () => {
    const closing = await startOpenAiEngine({
      server: { url: server.url, apiKey: null, model: "large" },
      languages: ["en"],
      calls: 1,
      modelsDir: await testModels(),
      workers: 1,
      log,
    });
    server.faults.push({ kind: "delay", ms: 60_000 });
    const before = server.calls.length;
    const running = failing(closing.recognise(clip, AUTO, share("a")));
    await until(async () => server.calls.length > before);
    await closing.close();
    expect(await running).toBeInstanceOf(SpeechEngineError);
  });
});

function share(key: string, signal = new AbortController().signal): Share {
  return { key, signal };
}

function failing(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => null,
    (error: unknown) => error,
  );
}

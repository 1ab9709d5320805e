import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { setActive } from "../../src/accounts/users.ts";
import { revokeApiKey } from "../../src/api-keys/api-keys.ts";
import { answerWith } from "../../src/openai-api/answer.ts";
import { createLog } from "../../src/observe/log.ts";
import { spoken, tone } from "../audio.ts";
import { temporaryFolder } from "../database.ts";
import { blobs, type Client, readReply, type Reply, startServer, TEST_MODEL } from "../harness.ts";
import { startOpenAiServer } from "../openai-server.ts";
import { documentOf, turnOf } from "../transcripts.ts";

const TEXT = "The committee met on Monday to discuss the plans for the new library in the old town.";

type Fields = Record<string, string | string[]>;

/** As a client of OpenAI asks: with a Bearer key, and `Accept` for JSON whatever the format. */
async function ask(
  client: Client,
  method: string,
  path: string,
  body?: FormData,
  more: Record<string, string> = {},
): Promise<Reply> {
  const headers = { authorization: `Bearer ${client.key}`, accept: "application/json", ...more };
  return readReply(await fetch(new URL(path, client.baseUrl), { method, headers, ...(body && { body }) }));
}

/** The file first, and each value of a list under one name with brackets, as openai-node sends them. */
async function transcriptionForm(path: string | null, fields: Fields): Promise<FormData> {
  const form = new FormData();
  if (path !== null) form.append("file", new Blob([await readFile(path)]), basename(path));
  for (const [name, value] of Object.entries(fields))
    for (const one of [value].flat()) form.append(Array.isArray(value) ? `${name}[]` : name, one);
  return form;
}

async function transcribe(
  client: Client,
  path: string | null,
  fields: Fields = {},
  headers: Record<string, string> = {},
): Promise<Reply> {
  const form = await transcriptionForm(path, { model: "whisper-1", ...fields });
  return ask(client, "POST", "/v1/audio/transcriptions", form, headers);
}

function refusal(status: number, error: Record<string, unknown>) {
  return {
    status,
    body: { error: { message: expect.any(String), type: "invalid_request_error", param: null, ...error } },
  };
}

test("a recording is answered in every format, and stands in the user's project with its minutes", async () => {
  const { admin } = await startServer();
  const path = await spoken(TEXT);
  const json = await transcribe(admin, path);
  expect(json.status).toBe(200);
  expect(Object.keys(json.body)).toEqual(["text"]);
  expect(json.body.text.toLowerCase()).toContain("library");

  const verbose = await transcribe(admin, path, {
    model: TEST_MODEL,
    language: "en",
    response_format: "verbose_json",
    timestamp_granularities: ["word", "segment"],
    prompt: "A town council.",
    temperature: "0",
    stream: "false",
  });
  expect(verbose).toMatchObject({
    status: 200,
    body: { task: "transcribe", language: "english", text: json.body.text },
  });
  const { duration, segments, words } = verbose.body;
  expect(segments[0]).toMatchObject({ id: 0, start: expect.any(Number), text: expect.any(String) });
  expect(words.map(({ word }: { word: string }) => word).join(" ")).toBe(json.body.text);
  for (const { start, end } of [...segments, ...words]) {
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThan(start);
    expect(end).toBeLessThanOrEqual(duration);
  }

  const [text, srt, vtt] = await Promise.all(
    ["text", "srt", "vtt"].map((response_format) => transcribe(admin, path, { response_format })),
  );
  expect(text?.body).toBe(`${json.body.text}\n`);
  expect(text?.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(srt?.body).toMatch(/^1\n00:00:0\d,\d{3} --> /);
  expect(vtt?.body).toMatch(/^WEBVTT\n\n00:00:0\d\.\d{3} --> /);

  const { body: files } = await admin.get("/api/files/?ordering=id");
  expect(files.results.map((file: { status: string }) => file.status)).toEqual(Array(5).fill("transcribed"));
  expect(files.results[0]).toMatchObject({ project: 1, original_filename: "spoken.wav" });
  expect(
    (await admin.get("/api/usage/entries/?ordering=id")).body.results
      .map((entry: { kind: string }) => entry.kind)
      .toSorted(),
  ).toEqual([...Array(5).fill("reserve"), ...Array(5).fill("settle")]);
}, 120_000);

const model = (id: string) => ({ id, object: "model", created: 1779026531, owned_by: "uspeech" });

test("the model in use is listed under its name and as whisper-1, and others are not there", async () => {
  const { admin } = await startServer({ roles: ["api"], now: () => new Date("2026-05-17T14:02:11Z") });
  const { status, body } = await ask(admin, "GET", "/v1/models");
  expect({ status, body }).toEqual({
    status: 200,
    body: { object: "list", data: [model(TEST_MODEL), model("whisper-1")] },
  });
  expect((await ask(admin, "GET", "/v1/models/whisper-1")).body).toEqual(model("whisper-1"));
  expect(await ask(admin, "GET", "/v1/models/gpt-4")).toMatchObject(
    refusal(404, { param: "model", code: "model_not_found" }),
  );
  expect(await transcribe(admin, await tone(), { model: "gpt-4" })).toMatchObject(
    refusal(404, { param: "model", code: "model_not_found" }),
  );
});

test("a model with a slash in its name is found as clients write it in a path", async () => {
  await using elsewhere = await startOpenAiServer({});
  const { admin } = await startServer({
    roles: ["api"],
    env: {
      USPEECH_MODEL: "openai",
      USPEECH_OPENAI_URL: elsewhere.url,
      USPEECH_OPENAI_MODEL: "openai/whisper-large-v3",
    },
  });
  const { status, body } = await ask(admin, "GET", "/v1/models/openai%2Fwhisper-large-v3");
  expect({ status, id: body.id }).toEqual({ status: 200, id: "openai/whisper-large-v3" });
});

test("bad fields are told one at a time by name, and leave no file behind", async () => {
  const { admin, app } = await startServer({ roles: ["api"] });
  const path = await tone();
  const cases: [param: string, fields: Fields][] = [
    ["model", { model: "" }],
    ["language", { language: "xx" }],
    ["language", { language: "english" }],
    ["language", { language: "de" }],
    ["response_format", { response_format: "docx" }],
    ["timestamp_granularities[]", { timestamp_granularities: ["word"] }],
    [
      "timestamp_granularities[]",
      { response_format: "verbose_json", timestamp_granularities: ["word", "line"] },
    ],
    ["prompt", { prompt: "a\0b" }],
    ["temperature", { temperature: "warm" }],
    ["temperature", { temperature: "1.1" }],
    ["stream", { stream: "true" }],
    ["stream", { stream: "maybe" }],
  ];
  for (const [param, fields] of cases)
    expect([fields, await transcribe(admin, path, fields)]).toMatchObject([fields, refusal(400, { param })]);
  expect(await transcribe(admin, null)).toMatchObject(
    refusal(400, { param: "file", message: "No file was submitted." }),
  );
  const text = join(await temporaryFolder(), "speech.wav");
  await writeFile(text, "Not a recording.");
  expect(await transcribe(admin, text)).toMatchObject(refusal(400, { param: "file" }));
  expect(await app.db.selectFrom("files").select("id").execute()).toEqual([]);
});

test("what cannot be read as a form is told in the same shape, and so are paths and methods that are not there", async () => {
  const { admin } = await startServer({ roles: ["api"], env: { USPEECH_MAX_UPLOAD_BYTES: 1_000 } });
  const headers = { authorization: `Bearer ${admin.key}` };
  const json = { ...headers, "content-type": "application/json" };
  const path = "/v1/audio/transcriptions";
  expect(await admin.request("POST", path, { headers: json, body: "{}" })).toMatchObject(refusal(415, {}));
  expect(await transcribe(admin, await tone())).toMatchObject(refusal(413, {}));
  expect(await ask(admin, "GET", "/v1/engines")).toMatchObject(refusal(404, { message: "Not found." }));
  const { status, body, headers: answered } = await ask(admin, "DELETE", "/v1/models/whisper-1");
  expect({ status, body }).toMatchObject(refusal(405, { message: 'Method "DELETE" not allowed.' }));
  expect(answered.get("allow")).toBe("GET, HEAD, OPTIONS");
  expect((await admin.get("/api/v1/")).body).toEqual({ detail: "Not found." });
});

test("only a good key as a Bearer token opens it", async () => {
  const { admin, app, user } = await startServer({ roles: ["api"] });
  const client = await user("second@example.org");
  const asking = (authorization: string) =>
    admin.request("GET", "/v1/models", { headers: { authorization } });
  for (const header of ["", `Api-Key ${admin.key}`, "Bearer", `Bearer ${admin.key}x`, "Bearer sk-123"]) {
    const reply = await asking(header);
    expect([header, reply]).toMatchObject([header, refusal(401, { code: "invalid_api_key" })]);
    expect(reply.headers.get("www-authenticate")).toBe("Bearer");
  }
  expect((await asking(`bearer ${client.key}`)).status).toBe(200);
  await setActive(app.db, "second@example.org", false);
  expect(await asking(`Bearer ${client.key}`)).toMatchObject(
    refusal(401, { code: "invalid_api_key", message: "User inactive or deleted." }),
  );
  await setActive(app.db, "second@example.org", true);
  await revokeApiKey(app.db, client.key.split(".")[0] ?? "", new Date());
  expect(await asking(`Bearer ${client.key}`)).toMatchObject(
    refusal(401, { message: "This API key has been revoked." }),
  );
});

test("a request too many and a wrong key too many are a rate_limit_exceeded with Retry-After", async () => {
  const env = { USPEECH_RATE_LIMIT: { requests: 8, periodSeconds: 60 } };
  const { admin } = await startServer({ roles: ["api"], env });
  const tooMany = refusal(429, { type: "rate_limit_exceeded", code: "rate_limit_exceeded" });
  for (let i = 0; i < 4; i += 1) expect((await transcribe(admin, null)).status).toBe(400);
  const refused = await transcribe(admin, null);
  expect(refused).toMatchObject(tooMany);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  const wrong = () => admin.request("GET", "/v1/models", { headers: { authorization: "Bearer a.b" } });
  expect([(await wrong()).status, (await wrong()).status]).toEqual([401, 401]);
  expect(await wrong()).toMatchObject(tooMany);
});

test("without minutes the file is kept as an upload would be, and the client told not to try again", async () => {
  const { admin } = await startServer({ roles: ["api"], env: { USPEECH_TRIAL_MINUTES: 0 } });
  const reply = await transcribe(admin, await tone());
  expect(reply).toMatchObject(
    refusal(429, {
      type: "insufficient_quota",
      code: "insufficient_quota",
      message: "Free trial limit exceeded.",
    }),
  );
  expect(reply.headers.get("x-should-retry")).toBe("false");
  const { results } = (await admin.get("/api/files/")).body;
  expect(results).toMatchObject([{ status: "uploaded", notice: { reason: "free_trial_exceeded" } }]);
});

test("a recording without speech is refused with the documented reason", async () => {
  const { admin } = await startServer();
  expect(await transcribe(admin, await tone(3))).toMatchObject(
    refusal(400, { param: "file", code: "audio_too_short" }),
  );
}, 60_000);

test("the language asked for is the model's, and a project of that language is made once and found again", async () => {
  await using elsewhere = await startOpenAiServer({ hears: () => ({ text: TEXT }) });
  const { user } = await startServer({
    env: { USPEECH_MODEL: "openai", USPEECH_OPENAI_URL: elsewhere.url, USPEECH_OPENAI_MODEL: "large" },
  });
  const client = await user("second@example.org");
  const path = await spoken(TEXT);
  for (const language of ["de", "de", undefined])
    expect((await transcribe(client, path, language === undefined ? {} : { language })).status).toBe(200);
  expect(elsewhere.calls.map(({ language }) => language)).toEqual(["de", "de", null]);
  const { results } = (await client.get("/api/projects/")).body;
  expect(results).toMatchObject([
    { title: "OpenAI API (de)", language: "de", file_count: 2 },
    { title: "OpenAI API", language: "auto", file_count: 1 },
  ]);
}, 60_000);

test("a recording that is sent again under its Idempotency-Key is stored and transcribed once, and answered in any format", async () => {
  await using elsewhere = await startOpenAiServer({ hears: () => ({ text: TEXT }) });
  const { admin, dataDir } = await startServer({
    env: { USPEECH_MODEL: "openai", USPEECH_OPENAI_URL: elsewhere.url, USPEECH_OPENAI_MODEL: "large" },
  });
  const path = await spoken(TEXT);
  const key = { "idempotency-key": "k" };
  const answers = await Promise.all(
    ["json", "text"].map((response_format) => transcribe(admin, path, { response_format }, key)),
  );
  expect(answers.map(({ status, body }) => [status, body])).toEqual([
    [200, { text: TEXT }],
    [200, `${TEXT}\n`],
  ]);
  expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") === "true")).toHaveLength(1);
  expect(elsewhere.calls).toHaveLength(1);
  const { count, results } = (await admin.get("/api/files/")).body;
  expect([count, results[0].status]).toEqual([1, "transcribed"]);
  expect(await blobs(dataDir)).toHaveLength(1);
  const other = refusal(400, { message: expect.stringContaining("Use a new key") });
  expect(await transcribe(admin, path, { language: "en" }, key)).toMatchObject(other);
  expect(await admin.upload(path, { headers: key })).toMatchObject({ status: 400 });
}, 60_000);

test("a failure that is not the recording's is a 500 that is not to be sent again", async () => {
  await using elsewhere = await startOpenAiServer({ hears: () => ({ text: TEXT }) });
  const { admin } = await startServer({
    roles: ["api"],
    log: createLog("silent"),
    env: { USPEECH_MODEL: "openai", USPEECH_OPENAI_URL: elsewhere.url, USPEECH_OPENAI_MODEL: "large" },
  });
  const answer = transcribe(admin, await tone());
  await expect.poll(async () => (await admin.get("/api/tasks/")).body.count).toBe(1);
  await admin.send("POST", "/api/tasks/1/cancel/");
  const reply = await answer;
  expect(reply).toMatchObject(
    refusal(500, {
      type: "server_error",
      message: "The transcription was cancelled. Retry it to start it again.",
    }),
  );
  expect(reply.headers.get("x-should-retry")).toBe("false");
});

test("a client that goes away leaves its file in the queue, as the bytes that it sent", async () => {
  const { admin, app } = await startServer({ roles: ["api"] });
  const path = await tone();
  const gone = new AbortController();
  const asked = fetch(new URL("/v1/audio/transcriptions", admin.baseUrl), {
    method: "POST",
    headers: { authorization: `Bearer ${admin.key}` },
    body: await transcriptionForm(path, { model: "whisper-1" }),
    signal: gone.signal,
  });
  await expect.poll(async () => (await admin.get("/api/files/")).body.count).toBe(1);
  gone.abort();
  await expect(asked).rejects.toThrow("abort");
  expect((await admin.get("/api/files/1/")).body.status).toBe("transcribing");
  const { sha256 } = await app.db.selectFrom("files").select("sha256").executeTakeFirstOrThrow();
  expect(sha256).toBe(
    createHash("sha256")
      .update(await readFile(path))
      .digest("hex"),
  );
});

test("waiting ends with the time for it and with the server, and says where the transcript will be", async () => {
  let now = Date.now();
  const { admin, app } = await startServer({
    roles: ["api"],
    log: createLog("silent"),
    now: () => new Date(now),
  });
  const sockets: Socket[] = [];
  app.server.app.server.on("connection", (socket: Socket) => sockets.push(socket));
  const late = transcribe(admin, await tone());
  await expect.poll(async () => (await admin.get("/api/files/")).body.count).toBe(1);
  // Longer than the wait, or the connection would be taken for dead and closed before the answer.
  await expect.poll(() => sockets.map(({ timeout }) => timeout)).toContain(630_000);
  now += 600_000;
  const reply = await late;
  expect(reply).toMatchObject(
    refusal(504, {
      type: "server_error",
      code: "timeout",
      message: expect.stringContaining("/api/files/1/"),
    }),
  );
  expect(reply.headers.get("x-should-retry")).toBe("false");
});

test("a server that stops does not wait for a transcription", async () => {
  const { admin, app } = await startServer({ roles: ["api"], log: createLog("silent") });
  const waiting = transcribe(admin, await tone());
  await expect.poll(async () => (await admin.get("/api/files/")).body.count).toBe(1);
  await app.close();
  expect(await waiting).toMatchObject(refusal(504, { type: "server_error", code: "timeout" }));
});

test("withheld speech has no text, and a segment's probability is that of its words", async () => {
  const turns = [
    turnOf("Hello there.", 1, 2),
    turnOf("", 3, 5, { flags: ["withheld"] }),
    turnOf("Good bye.", 6, 7),
  ];
  turns[2]?.words.forEach((word) => (word.confidence = 0.5));
  const document = documentOf(turns);
  const verbose = await answerWith(document, { format: "verbose_json", withWords: false });
  expect(verbose.body).toEqual({
    task: "transcribe",
    language: "english",
    duration: 9,
    text: "Hello there. Good bye.",
    segments: [
      { id: 0, start: 1, end: 2, text: "Hello there." },
      { id: 1, start: 3, end: 5, text: "" },
      { id: 2, start: 6, end: 7, text: "Good bye.", avg_logprob: Math.log(0.5) },
    ],
  });
  const text = await answerWith(document, { format: "text", withWords: false });
  expect(String(text.bytes)).toContain("[speech withheld: 0:00:03–0:00:05]");
});

import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFile, spoken, tone } from "../audio.ts";
import { temporaryFolder } from "../database.ts";
import { type Client, startServer } from "../harness.ts";

const SENTENCE = "The weather is fine today, and the children are playing in the garden behind the house.";

async function transcribed(client: Client, path: string) {
  const { body } = await client.upload(path);
  const file = await client.settled(body.id);
  const transcript = (await client.get(`/api/transcripts/${file.transcript}/?words=true`)).body;
  return { file, transcript };
}

async function download(
  client: Client,
  transcript: number,
  type: string,
): Promise<{ path: string; text: string }> {
  const { url, filename } = (await client.get(`/api/transcripts/${transcript}/download/?type=${type}`)).body;
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  const path = join(await temporaryFolder(), filename);
  await writeFile(path, bytes);
  return { path, text: bytes.toString() };
}

const words = (text: string): string[] => text.toLowerCase().match(/[a-z']+/g) ?? [];

test("a recording becomes a transcript with timed words, and every export says the same words", async () => {
  const { admin } = await startServer();
  const { file, transcript } = await transcribed(admin, await spoken(SENTENCE, "interview.wav"));

  expect(file).toMatchObject({ status: "transcribed", progress: 1, error_reason: null, error_detail: null });
  expect(transcript).toMatchObject({
    status: "transcribed",
    language: "en",
    model: "moonshine-tiny",
    missing: [],
  });
  expect(transcript.coverage.ratio).toBeGreaterThan(0.9);
  const heard = words(transcript.text);
  expect(heard.filter((word) => words(SENTENCE).includes(word)).length).toBeGreaterThan(10);
  const timed = transcript.turns.flatMap((turn: { words: { start: number; end: number }[] }) => turn.words);
  expect(timed).toHaveLength(transcript.word_count);
  for (const [index, word] of timed.entries()) {
    expect(word.end).toBeGreaterThan(word.start);
    expect(word.start).toBeGreaterThanOrEqual(timed[index - 1]?.end ?? 0);
    expect(word.end).toBeLessThanOrEqual(file.duration_seconds);
  }

  const srt = await download(admin, transcript.id, "srt");
  expect(srt.path).toMatch(/interview\.srt$/);
  const readBack = execFileSync("ffmpeg", ["-v", "error", "-i", srt.path, "-f", "webvtt", "-"], {
    encoding: "utf8",
  });
  expect(words(readBack.replace(/^(WEBVTT|[\d:.]+ --> .*)$/gm, ""))).toEqual(heard);
  expect(
    words((await download(admin, transcript.id, "vtt")).text.replace(/^(WEBVTT.*|.* --> .*)$/gm, "")),
  ).toEqual(heard);
  expect(JSON.parse((await download(admin, transcript.id, "json")).text).text).toBe(transcript.text);
  expect((await download(admin, transcript.id, "txt")).text).toContain(transcript.turns[0].text);
  expect((await download(admin, transcript.id, "docx")).text.startsWith("PK")).toBe(true);
});

test("a download link opens for a quarter of an hour, cannot be altered, and asks for a known type", async () => {
  let now = Date.now();
  const { admin } = await startServer({ roles: ["api"], now: () => new Date(now) });
  const path = join(await temporaryFolder(), "talk.vtt");
  await writeFile(path, "WEBVTT\n\n00:01.000 --> 00:02.000\nHello.\n");
  await admin.upload(path, { file_type: "vtt" });
  await admin.upload(await tone());
  const ask = (query: string, id = 1) => admin.get(`/api/transcripts/${id}/download/${query}`);
  expect((await ask("")).body).toEqual({ type: ["This field is required."] });
  expect((await ask("?type=pdf")).body).toEqual({ type: ['"pdf" is not a valid choice.'] });
  expect(await ask("?type=srt", 2)).toMatchObject({
    status: 400,
    body: { detail: "The transcript is not ready." },
  });

  const link = (await ask("?type=srt")).body;
  expect(link).toMatchObject({
    type: "srt",
    filename: "talk.srt",
    expires_at: new Date(now + 900_000).toISOString().replace(/\.\d+/, ""),
  });
  const answer = await fetch(link.url);
  expect(answer.headers.get("content-disposition")).toBe('attachment; filename="talk.srt"');
  expect(await answer.text()).toContain("Hello.");
  const altered = link.url.replace(/.\/$/, (end: string) => (end === "A/" ? "E/" : "A/"));
  expect((await fetch(altered)).status).toBe(403);
  now += 900_000;
  const late = await fetch(link.url);
  expect({ status: late.status, body: await late.json() }).toEqual({
    status: 403,
    body: { detail: "This link has expired." },
  });
});

test("an empty and a beep-only recording fail as audio_too_short, with figures and a sentence", async () => {
  const { admin } = await startServer();
  const silence = await makeFile("silence.wav", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", "3");
  for (const path of [silence, await tone(3)]) {
    const { file, transcript } = await transcribed(admin, path);
    const failure = {
      status: "failed",
      error_reason: "audio_too_short",
      error_detail: { message: expect.stringMatching(/\w\.$/), figures: expect.any(Object) },
    };
    expect(file).toMatchObject(failure);
    expect(transcript).toMatchObject({ ...failure, turns: [], text: "" });
    expect((await admin.get(`/api/tasks/${file.task}/`)).body).toMatchObject({
      status: "failed",
      error_reason: "audio_too_short",
      attempt: 1,
    });
  }
});

test("events tell of turns and progress as they come, and end with the final status", async () => {
  const { admin } = await startServer();
  const { body } = await admin.upload(await spoken(`${SENTENCE} ${SENTENCE}`));
  const stream = await admin.request("GET", `/api/files/${body.id}/events/`, {
    headers: { accept: "text/event-stream" },
  });
  expect(stream.headers.get("content-type")).toContain("text/event-stream");
  const events = [...String(stream.body).matchAll(/event: (\w+)\n(?:id: \d+\n)?data: (.*)\n\n/g)].map(
    ([, name, data]) => ({
      name,
      data: JSON.parse(data ?? ""),
    }),
  );
  expect(events.at(-1)).toMatchObject({ name: "status", data: { id: body.id, status: "transcribed" } });
  const fractions = events.filter(({ name }) => name === "progress").map(({ data }) => data.progress);
  expect(fractions).toEqual(fractions.toSorted((a: number, b: number) => a - b));
  const turns = events.filter(({ name }) => name === "turn");
  expect(turns.map(({ data }) => data.text).join(" ")).toMatch(/children/i);
});

test("a language that the model does not speak is a clear failure that names a model that does", async () => {
  const { admin } = await startServer();
  await admin.send("PATCH", "/api/projects/1/", { language: "uk" });
  const { file } = await transcribed(admin, await spoken(SENTENCE));
  expect(file).toMatchObject({
    status: "failed",
    error_reason: null,
    error_detail: { message: expect.stringMatching(/Ukrainian.*uspeech models pull parakeet-tdt-0.6b-v3/) },
  });
});

test("a waiting task is cancelled, retried as a new task, and the retry of an ended one is refused", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const { body } = await admin.upload(await tone());
  const cancelled = await admin.send("POST", `/api/tasks/${body.task}/cancel/`);
  expect(cancelled).toMatchObject({
    status: 202,
    body: { status: "cancelled", finished_at: expect.any(String) },
  });
  expect((await admin.get("/api/files/1/")).body).toMatchObject({
    status: "failed",
    error_reason: null,
    error_detail: { message: expect.stringContaining("cancelled") },
  });
  expect((await admin.send("POST", `/api/tasks/${body.task}/cancel/`)).status).toBe(400);
  const retried = await admin.send("POST", `/api/tasks/${body.task}/retry/`);
  expect(retried).toMatchObject({ status: 202, body: { id: 2, status: "queued", file: 1, transcript: 1 } });
  expect((await admin.send("POST", `/api/tasks/${body.task}/retry/`)).body).toEqual({
    detail: "This task was retried already, as task 2.",
  });
  expect((await admin.send("POST", "/api/tasks/2/retry/")).body.detail).toContain(
    "Only failed or cancelled tasks",
  );
  expect((await admin.send("POST", "/api/files/1/transcribe/")).body).toMatchObject({ id: 2 });
});

test("a running transcription stops when its file is deleted, and leaves nothing", async () => {
  const { admin, app } = await startServer();
  const { body } = await admin.upload(await spoken(Array.from({ length: 12 }, () => SENTENCE).join(" ")));
  await expect.poll(async () => (await admin.get(`/api/tasks/${body.task}/`)).body.status).toBe("running");
  expect((await admin.send("DELETE", `/api/files/${body.id}/`)).status).toBe(204);
  for (const table of ["files", "transcripts", "tasks", "segments", "deliveries"] as const)
    expect(await app.db.selectFrom(table).selectAll().execute()).toEqual([]);
  const { transcript } = await transcribed(admin, await spoken(SENTENCE));
  expect(words(transcript.text).length).toBeGreaterThan(10);
});

import { openAsBlob } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import {
  NotFoundError,
  PermissionError,
  type TranscribeProgress,
  TranscriptionFailedError,
  UspeechClient,
  ValidationError,
} from "@uspeech/client";
import { spoken, tone } from "../../server/test/audio.ts";
import { temporaryFolder } from "../../server/test/database.ts";
import { startServer, type ServerOptions } from "../../server/test/harness.ts";

const SENTENCE = "The weather is nice today and we are going to the park.";

async function start(options: ServerOptions = {}): Promise<UspeechClient> {
  const { admin } = await startServer(options);
  return new UspeechClient({ baseUrl: admin.baseUrl, apiKey: admin.key });
}

test("a path becomes a transcript, with progress on the way", async () => {
  const client = await start();
  const seen: TranscribeProgress[] = [];
  const recording = await spoken(SENTENCE, "Gespräch 1.wav");
  const transcript = await client.transcribe(recording, {
    project: 1,
    words: true,
    onProgress: (progress) => seen.push(progress),
  });
  expect(transcript.text.toLowerCase()).toContain("park");
  expect(transcript.original_filename).toBe("Gespräch 1.wav");
  expect(transcript.turns[0]?.words?.length).toBeGreaterThan(3);
  const { size } = await openAsBlob(recording);
  expect(seen).toContainEqual({ stage: "uploading", sentBytes: size, sizeBytes: size });
  expect(seen.at(-1)).toMatchObject({ stage: "transcribing", fraction: 1 });
});

test("blobs and streams are uploaded as what they are", async () => {
  const client = await start({ roles: ["api"] });
  const blob = await openAsBlob(await tone());
  const one = await client.files.upload(blob, { project: 1, filename: 'a "b" \\c.wav' });
  expect(one).toMatchObject({
    original_filename: 'a "b" \\c.wav',
    size_bytes: blob.size,
    status: "transcribing",
  });
  const two = await client.files.upload(new File([blob], "named.wav"), { project: 1 });
  expect(two.original_filename).toBe("named.wav");
  const three = await client.files.upload({ stream: blob.stream(), filename: 'ü "b".wav' }, { project: 1 });
  expect(three).toMatchObject({ original_filename: 'ü "b".wav', size_bytes: blob.size });
  await expect(client.files.upload(blob, { project: 1 })).rejects.toThrow(TypeError);
});

test("subtitles are a transcript at once", async () => {
  const client = await start({ roles: ["api"] });
  const subtitles = new File(["1\n00:00:01,000 --> 00:00:02,000\nHello there.\n"], "a.srt");
  const file = await client.files.upload(subtitles, { project: 1, fileType: "srt" });
  expect(file.status).toBe("transcribed");
  const { filename, contentType, stream } = await client.transcripts.download(file.transcript ?? 0, {
    type: "vtt",
  });
  expect(filename).toBe("a.vtt");
  expect(contentType).toContain("text/vtt");
  expect(await new Response(stream).text()).toContain("Hello there.");
});

test("a recording without speech fails with the documented reason and its figures", async () => {
  const client = await start();
  const failure = await client
    .transcribe(await tone(2, "beep.wav"), { project: 1 })
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TranscriptionFailedError);
  expect(failure).toMatchObject({
    errorReason: "audio_too_short",
    file: { original_filename: "beep.wav", status: "failed" },
    errorDetail: { message: expect.any(String) },
    message: expect.stringMatching(/^beep\.wav was not transcribed\. ./),
  });
});

test("one key makes one file", async () => {
  const client = await start({ roles: ["api"] });
  const recording = await tone();
  const options = { project: 1, idempotencyKey: "the same" };
  const [one, two] = [
    await client.files.upload(recording, options),
    await client.files.upload(recording, options),
  ];
  expect(two.id).toBe(one.id);
  expect((await client.files.list().page()).count).toBe(1);
});

test("resources are created, read, changed, listed over pages and deleted", async () => {
  const client = await start({ roles: ["api"] });
  const project = await client.projects.create({ title: "Interviews", language: "en" });
  expect(await client.projects.get(project.id)).toEqual(project);
  expect(await client.projects.update(project.id, { title: "Calls" })).toMatchObject({ title: "Calls" });
  const recording = await tone();
  for (const filename of ["a.wav", "b.wav", "c.wav"])
    await client.files.upload(recording, { project: project.id, filename });
  const names: string[] = [];
  for await (const file of client.files.list({ page_size: 2, ordering: "-id" }))
    names.push(file.original_filename);
  expect(names).toEqual(["c.wav", "b.wav", "a.wav"]);
  const [file] = await client.files.list({ search: "b.wav" }).all();
  expect(await client.files.update(file?.id ?? 0, { original_filename: "d.wav" })).toMatchObject({
    original_filename: "d.wav",
  });
  const task = await client.tasks.cancel(file?.task ?? 0);
  expect(task.status).toBe("cancelled");
  expect((await client.tasks.retry(task.id)).status).toBe("queued");
  expect((await client.transcripts.list({ file: file?.id }).page()).count).toBe(1);
  await client.files.delete(file?.id ?? 0);
  await expect(client.files.get(file?.id ?? 0)).rejects.toThrow(NotFoundError);
  await client.projects.delete(project.id);
  expect(await client.files.list().all()).toEqual([]);
});

test("the minutes of the key's user are read, with the ledger behind them", async () => {
  const client = await start({ roles: ["api"], env: { USPEECH_TRIAL_MINUTES: 10 } });
  const { task } = await client.files.upload(await tone(6), { project: 1 });
  expect(await client.usage.get()).toMatchObject({
    plan: "trial",
    minutes_included: 10,
    minutes_reserved: 0.1,
  });
  expect(await client.usage.entries().all()).toMatchObject([{ kind: "reserve", task, seconds: 6 }]);
  expect(await client.usage.entries({ kind: "settle" }).all()).toEqual([]);
});

test("faults arrive as typed errors that carry the server's words", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const client = new UspeechClient({ baseUrl: admin.baseUrl, apiKey: admin.key });
  const text = path.join(await temporaryFolder(), "notes.wav");
  await writeFile(text, "not audio");
  const failure = await client.files.upload(text, { project: 99 }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ValidationError);
  expect(failure).toMatchObject({
    status: 400,
    fields: { project: ['Invalid pk "99" - object does not exist.'] },
    requestId: expect.any(String),
  });
  await expect(client.files.upload(text, { project: 1 })).rejects.toThrow("file: This file is not audio");
  await expect(client.transcripts.get(99)).rejects.toThrow(NotFoundError);
  await expect(client.files.upload(path.join(text, "none"), { project: 1 })).rejects.toMatchObject({
    syscall: "access",
  });
});

test("a refusal reaches whoever is still uploading", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const client = new UspeechClient({ baseUrl: admin.baseUrl, apiKey: "unknown.key" });
  const large = new Blob([new Uint8Array(50_000_000)]);
  const upload = (onSent?: () => void) =>
    client.files.upload(large, { project: 1, filename: "a.wav", onSent });
  await expect(upload()).rejects.toThrow(PermissionError);
  await expect(upload(() => undefined)).rejects.toThrow("Invalid API key.");
});

test("a signal ends the wait and leaves the file to the server", async () => {
  const client = await start({ roles: ["api"] });
  const file = await client.files.upload(await tone(), { project: 1 });
  const signal = AbortSignal.timeout(300);
  const failure = await client.files.wait(file.id, { signal }).catch((error: unknown) => error);
  expect(failure).toBe(signal.reason);
  expect((await client.files.get(file.id)).status).toBe("transcribing");
});

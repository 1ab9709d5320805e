import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { tone, makeFile } from "../audio.ts";
import { temporaryFolder } from "../database.ts";
import { blobs, startServer } from "../harness.ts";

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

test("an upload is answered with the documented fields, and its task is queued with it", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const answer = await admin.upload(await tone(2, "naïve 漢字 #1.wav"), { filename: "naïve 漢字 #1.wav" });
  expect(answer.status).toBe(201);
  expect(answer.body).toEqual({
    id: 1,
    project: 1,
    original_filename: "naïve 漢字 #1.wav",
    file_type: "audio",
    status: "transcribing",
    duration_seconds: 2,
    uploaded_at: expect.stringMatching(/Z$/),
    size_bytes: expect.any(Number),
    progress: 0,
    error_reason: null,
    error_detail: null,
    transcript: 1,
    task: 1,
    notice: null,
  });
  expect((await admin.get("/api/tasks/1/")).body).toMatchObject({
    status: "queued",
    file: 1,
    transcript: 1,
    attempt: 1,
    queue_position: 1,
  });
  expect((await admin.get("/api/transcripts/1/")).body).toMatchObject({
    status: "transcribing",
    file: 1,
    turns: [],
  });
});

test("a name is data: it is kept as given, and never becomes a path", async () => {
  const { admin, dataDir } = await startServer({ roles: ["api"] });
  const name = "../../../etc/passwd";
  const answer = await admin.upload(await tone(), { filename: name });
  expect(answer.body.original_filename).toBe(name);
  expect(await blobs(dataDir)).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  const tooLong = await admin.upload(await tone(), { filename: `${"x".repeat(252)}.wav` });
  expect(tooLong.body).toEqual({ file: ["Ensure this filename has at most 255 characters (it has 256)."] });
  expect(
    (await admin.send("PATCH", "/api/files/1/", { original_filename: " Ж.wav" })).body.original_filename,
  ).toBe(" Ж.wav");
  expect((await admin.send("PATCH", "/api/files/1/", { original_filename: "" })).body).toEqual({
    original_filename: ["This field may not be blank."],
  });
});

test("what cannot be decoded is refused with the sentence that says why, and leaves nothing", async () => {
  const { admin, dataDir } = await startServer({ roles: ["api"] });
  const silentVideo = await makeFile("silent.mp4", "-f", "lavfi", "-i", "color=size=64x64:duration=1");
  const undecodable = {
    status: 400,
    body: { file: ["This file is not audio or video that can be decoded."] },
  };
  expect(await admin.upload(await write("page.mp3", "<html>not found</html>"))).toMatchObject(undecodable);
  expect(await admin.upload(await write("noise.wav", Buffer.alloc(1000, 7)))).toMatchObject(undecodable);
  expect(await admin.upload(silentVideo)).toMatchObject({
    status: 400,
    body: { file: ["This file has no audio track."] },
  });
  expect(await admin.upload(await write("empty.wav", ""))).toMatchObject({
    status: 400,
    body: { file: ["The submitted file is empty."] },
  });
  expect(await blobs(dataDir)).toEqual([]);
});

test("a playlist that names a file or an address is refused, and neither is opened", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  let connections = 0;
  const listener = createServer((_request, response) => void response.end()).on(
    "connection",
    () => (connections += 1),
  );
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  const port = typeof address === "object" ? address?.port : 0;
  const target = await tone(1, "secret.wav");
  const lists = [
    `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nfile://${target}\n#EXT-X-ENDLIST\n`,
    `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:1,\nhttp://127.0.0.1:${port}/a.ts\n#EXT-X-ENDLIST\n`,
    `ffconcat version 1.0\nfile '${target}'\n`,
    `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet><Representation><BaseURL>http://127.0.0.1:${port}/</BaseURL></Representation></AdaptationSet></Period></MPD>`,
  ];
  for (const list of lists) {
    expect(await admin.upload(await write("song.mp3", list))).toMatchObject({
      status: 400,
      body: { file: [expect.any(String)] },
    });
  }
  expect(connections).toBe(0);
  await new Promise((resolve) => listener.close(resolve));
});

test("an upload over the limit is 413, one that is too long is 400", async () => {
  const { admin, dataDir } = await startServer({
    roles: ["api"],
    env: { USPEECH_MAX_UPLOAD_BYTES: 200_000, USPEECH_MAX_AUDIO_SECONDS: 3 },
  });
  const large = await admin.upload(await write("large.wav", Buffer.alloc(300_000)));
  expect(large).toMatchObject({ status: 413, body: { detail: expect.stringContaining("200000") } });
  const long = await admin.upload(await makeFile("long.mp3", "-f", "lavfi", "-i", "sine=duration=5"));
  expect(long).toMatchObject({ status: 400, body: { file: [expect.stringContaining("limit")] } });
  await expect.poll(() => blobs(dataDir)).toEqual([]);
});

test("a client that goes away half-way leaves nothing", async () => {
  const { admin, dataDir, app } = await startServer({ roles: ["api"] });
  const { hostname, port } = new URL(admin.baseUrl);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST /api/files/ HTTP/1.1\r\nHost: x\r\nAuthorization: Api-Key ${admin.key}\r\n` +
      `Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 1000000\r\n\r\n` +
      `--B\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n${"x".repeat(50_000)}`,
  );
  await expect.poll(() => blobs(dataDir)).toHaveLength(1);
  socket.destroy();
  await expect.poll(() => blobs(dataDir)).toEqual([]);
  expect(await app.db.selectFrom("files").selectAll().execute()).toEqual([]);
});

test("the parts of an upload may come in any order", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const { readFile } = await import("node:fs/promises");
  const form = new FormData();
  form.set("file", new Blob([await readFile(await tone())]), "tone.wav");
  form.set("file_type", "audio");
  form.set("project", "1");
  expect((await admin.request("POST", "/api/files/", { body: form })).status).toBe(201);
});

test("tables are kept, subtitles become a transcript at once, and malformed ones are refused with their line", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const table = await admin.upload(await write("answers.csv", "id,answer\n1,yes\n"), { file_type: "csv" });
  expect(table.body).toMatchObject({
    status: "uploaded",
    transcript: null,
    task: null,
    duration_seconds: null,
  });
  const srt =
    "1\n00:00:01,000 --> 00:00:02,500\nHello there.\n\n2\n00:00:03,000 --> 00:00:04,000\nGoodbye.\n";
  const subtitles = await admin.upload(await write("talk.srt", srt), { file_type: "srt" });
  expect(subtitles.body).toMatchObject({
    status: "transcribed",
    duration_seconds: 4,
    progress: 1,
    task: null,
  });
  const transcript = await admin.get(`/api/transcripts/${subtitles.body.transcript}/?words=true`);
  expect(transcript.body).toMatchObject({
    text: "Hello there.\nGoodbye.",
    word_count: 3,
    model: null,
    language: null,
  });
  expect(transcript.body.turns[0]).toMatchObject({
    start: 1,
    end: 2.5,
    words: [{ text: "Hello" }, { text: "there." }],
  });
  const broken = await admin.upload(await write("broken.srt", "1\n00:00:01,000 -> 00:00:02,500\nHello\n"), {
    file_type: "srt",
  });
  expect(broken).toMatchObject({ status: 400, body: { file: [expect.stringMatching(/^Line 2: /)] } });
  expect((await admin.send("POST", `/api/files/${table.body.id}/transcribe/`)).body).toEqual({
    detail: "Only audio files can be transcribed.",
  });
});

test("one Idempotency-Key makes one file, whether asked again later or ten times at once", async () => {
  const { admin, app, dataDir } = await startServer({ roles: ["api"] });
  const path = await tone();
  const headers = { "idempotency-key": "once" };
  const answers = await Promise.all(Array.from({ length: 10 }, () => admin.upload(path, { headers })));
  answers.push(await admin.upload(path, { headers }));
  for (const answer of answers) expect(answer).toMatchObject({ status: 201, body: answers[0]?.body });
  expect(answers.filter((answer) => answer.headers.get("idempotency-replayed") === "true")).toHaveLength(10);
  expect(await app.db.selectFrom("files").selectAll().execute()).toHaveLength(1);
  expect(await app.db.selectFrom("tasks").selectAll().execute()).toHaveLength(1);
  expect(await blobs(dataDir)).toHaveLength(1);
  const other = await admin.upload(await tone(2), { headers });
  expect(other).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining("different request") },
  });
});

test("the key of a day ago is forgotten, and a refused upload does not use a key up", async () => {
  let now = Date.now();
  const { admin } = await startServer({ roles: ["api"], now: () => new Date(now) });
  const headers = { "idempotency-key": "again" };
  expect((await admin.upload(await write("x.mp3", "no audio"), { headers })).status).toBe(400);
  expect((await admin.upload(await tone(), { headers })).body.id).toBe(1);
  now += 24 * 3_600_000 + 1;
  expect((await admin.upload(await tone(), { headers })).body.id).toBe(2);
});

test("another user's file does not exist, whatever is asked of it", async () => {
  const { admin, user } = await startServer({ roles: ["api"] });
  await admin.upload(await tone());
  const stranger = await user("stranger@example.org");
  const asked = [
    "GET /api/files/1/",
    "PATCH /api/files/1/",
    "DELETE /api/files/1/",
    "POST /api/files/1/transcribe/",
    "GET /api/files/1/media/",
  ]
    .concat(
      "GET /api/transcripts/1/",
      "GET /api/transcripts/1/download/?type=srt",
      "GET /api/tasks/1/",
      "POST /api/tasks/1/cancel/",
    )
    .concat("POST /api/tasks/1/retry/");
  for (const each of asked) {
    const [method = "", path = ""] = each.split(" ");
    expect({ each, ...(await stranger.send(method, path)) }).toMatchObject({
      status: 404,
      body: { detail: "Not found." },
    });
  }
  for (const list of ["files", "transcripts", "tasks"])
    expect((await stranger.get(`/api/${list}/`)).body.count).toBe(0);
  const events = await stranger.request("GET", "/api/files/1/events/", {
    headers: { accept: "text/event-stream" },
  });
  expect(events.status).toBe(404);
});

test("a server that stops answers whoever waits or follows, with what it knows, and keeps no connection", async () => {
  const { admin, app } = await startServer({ roles: ["api"] });
  await admin.upload(await tone());
  const waiting = admin.get("/api/files/1/?wait=30");
  const following = admin.get("/api/files/1/events/");
  await setTimeout(500);
  await app.close();
  const [waited, followed] = await Promise.all([waiting, following]);
  expect(waited.body).toMatchObject({ id: 1, status: "transcribing" });
  expect(followed.status).toBe(200);
  for (const { headers } of [waited, followed]) expect(headers.get("connection")).toBe("close");
});

test("files are filtered, searched and ordered, and a filter that cannot be is a 400", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  for (const [seconds, name] of [
    [3, "b.wav"],
    [1, "a.wav"],
    [2, "Über.wav"],
  ] as const)
    await admin.upload(await tone(seconds), { filename: name });
  const names = async (query: string): Promise<string[]> =>
    (await admin.get(`/api/files/?${query}`)).body.results.map(
      (file: { original_filename: string }) => file.original_filename,
    );
  expect(await names("ordering=original_filename")).toEqual(["a.wav", "b.wav", "Über.wav"]);
  expect(await names("ordering=-duration_seconds")).toEqual(["b.wav", "Über.wav", "a.wav"]);
  expect(await names("search=über")).toEqual(["Über.wav"]);
  expect(await names("status=transcribing&project=1&file_type=audio")).toHaveLength(3);
  expect(await names("status=uploaded")).toEqual([]);
  expect((await admin.get("/api/files/?wait=1&status=done&project=x")).body).toEqual({
    project: ["Select a valid choice. That choice is not one of the available choices."],
    status: ["Select a valid choice. done is not one of the available choices."],
  });
  for (const wait of ["soon", "nan", "inf"])
    expect((await admin.get(`/api/files/1/?wait=${wait}`)).body).toEqual({ wait: ["Enter a number."] });
  expect((await admin.get("/api/files/1/?wait=-5")).body).toEqual({
    wait: ["Ensure this value is greater than or equal to 0."],
  });
});

test("a recording is played by a link without credentials, in ranges", async () => {
  let now = Date.now();
  const { admin } = await startServer({ roles: ["api"], now: () => new Date(now) });
  const path = await tone();
  const { readFile } = await import("node:fs/promises");
  const bytes = await readFile(path);
  await admin.upload(path);
  const { url } = (await admin.get("/api/files/1/media/")).body;
  const whole = await fetch(url);
  expect(whole.headers.get("content-type")).toBe("audio/wav");
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
  const part = await fetch(url, { headers: { range: "bytes=10-19" } });
  expect(part.status).toBe(206);
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
  expect((await fetch(url, { headers: { range: `bytes=${bytes.length}-` } })).status).toBe(416);
  now += 24 * 3_600_000;
  expect(await (await fetch(url)).json()).toEqual({ detail: "This link has expired." });
});

test("health, readiness and the schema need no credentials", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const get = (path: string) => admin.request("GET", path, { headers: { authorization: "none" } });
  expect(await get("/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
  expect(await get("/readyz")).toMatchObject({
    status: 200,
    body: { status: "ok", checks: { database: "ok", queue: "ok", storage: "ok", model: "ok" } },
  });
  const schema = await get("/api/schema/");
  expect(schema).toMatchObject({ status: 200, body: { openapi: expect.stringMatching(/^3\.1\./) } });
  expect(Object.keys(schema.body.paths)).toContain("/api/files/{id}/transcribe/");
});

import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { spoken, tone } from "../../server/test/audio.ts";
import { temporaryFolder } from "../../server/test/database.ts";
import { startServer, type ServerOptions } from "../../server/test/harness.ts";
import { receiver } from "../../server/test/receiver.ts";
import { uspeech } from "./run.ts";

/** Runs commands against a server as its first account. */
async function against(options: ServerOptions) {
  const { admin } = await startServer(options);
  const cwd = await temporaryFolder();
  const env = { USPEECH_URL: admin.baseUrl, USPEECH_API_KEY: admin.key };
  return { admin, cwd, run: (...args: string[]) => uspeech(args, { cwd, env }) };
}

test("a recording is uploaded, waited for, listed and downloaded", async () => {
  const { cwd, run } = await against({});
  const recording = await spoken("The weather is nice today and we are going to the park.", "park.wav");
  const uploaded = await run("upload", recording, "--project", "1", "--wait");
  expect(uploaded).toMatchObject({ code: 0, stdout: "1\ttranscribed\tpark.wav\n" });
  expect(uploaded.stderr).toMatch(/Uploading park\.wav: 100 %/);
  expect(uploaded.stderr).toMatch(/Transcribing park\.wav: 100 %/);
  const { stdout: files } = await run("files", "--project", "1", "--status", "transcribed");
  expect(files).toMatch(/^ID .+ NAME\n1 .+ transcribed .+ park\.wav\n$/);
  const { stdout: transcripts } = await run("transcripts", "--json");
  expect(JSON.parse(transcripts)).toMatchObject([{ id: 1, file: 1, language: "en" }]);
  expect(await run("projects")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("My first project"),
  });
  const shown = await run("download", "1", "--type", "srt");
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1\n00:00:0/), stderr: "" });
  const saved = await run("download", "1", "--type", "docx", "--output", "park.docx", "--json");
  expect(JSON.parse(saved.stdout)).toEqual({ transcript: 1, type: "docx", output: "park.docx" });
  expect((await readFile(path.join(cwd, "park.docx"))).subarray(0, 2).toString()).toBe("PK");
  expect(await readdir(cwd)).toEqual(["park.docx"]);
});

test("what fails is named with the server's words, and the rest is uploaded", async () => {
  const { cwd, run } = await against({});
  await writeFile(path.join(cwd, "notes.wav"), "not audio");
  await writeFile(path.join(cwd, "talk.srt"), "1\n00:00:01,000 --> 00:00:02,000\nHello.\n");
  const beep = await tone(2, "beep.wav");
  const uploaded = await run(
    "upload",
    "notes.wav",
    "none.wav",
    beep,
    "talk.srt",
    "--project",
    "1",
    "--wait",
    "--json",
  );
  expect(uploaded.code).toBe(1);
  expect(JSON.parse(uploaded.stdout)).toMatchObject([
    { original_filename: "beep.wav", status: "failed", error_reason: "audio_too_short" },
    { original_filename: "talk.srt", status: "transcribed", file_type: "srt" },
  ]);
  const { error } = JSON.parse(uploaded.stderr);
  expect(error.message.split("\n")).toEqual([
    "notes.wav: file: This file is not audio or video that can be decoded.",
    expect.stringMatching(/^none\.wav: .*no such file/),
    expect.stringMatching(/^beep\.wav was not transcribed\. ./),
  ]);
});

test("what was uploaded is told, whatever becomes of it while it is waited for", async () => {
  const { admin, run } = await against({ roles: ["api"] });
  const waiting = run("upload", await tone(2, "beep.wav"), "--project", "1", "--wait");
  await expect.poll(async () => (await admin.get("/api/files/1/")).status).toBe(200);
  await admin.send("DELETE", "/api/files/1/");
  expect(await waiting).toMatchObject({
    code: 1,
    stdout: "1\ttranscribing\tbeep.wav\n",
    stderr: expect.stringMatching(/beep\.wav: Not found\.\n$/),
  });
});

test("somebody who waits for a transcript that there are no minutes for is told so, by the exit code too", async () => {
  const { run } = await against({ roles: ["api"], env: { USPEECH_TRIAL_MINUTES: 0 } });
  const beep = await tone(2, "beep.wav");
  expect(await run("upload", beep, "--project", "1")).toMatchObject({
    code: 0,
    stdout: "1\tuploaded\tbeep.wav\n",
    stderr: expect.stringContaining("Free trial limit exceeded."),
  });
  expect(await run("upload", beep, "--project", "1", "--wait", "--json")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("beep.wav: Free trial limit exceeded."),
  });
});

test("a document that cannot be written is a sentence, and so is one that does not come whole", async () => {
  const { admin, cwd, run } = await against({ roles: ["api"] });
  await writeFile(path.join(cwd, "talk.srt"), "1\n00:00:01,000 --> 00:00:02,000\nHello.\n");
  await admin.upload(path.join(cwd, "talk.srt"), { file_type: "srt" });
  expect(await run("download", "1", "--type", "txt", "--output", "none/talk.txt")).toMatchObject({
    code: 1,
    stderr: "uspeech: none/talk.txt cannot be written (ENOENT).\n",
  });
  const { port } = await receiver((request, response) => {
    const isLink = request.url?.startsWith("/api/transcripts/") ?? false;
    const url = `http://${request.headers.host}/document`;
    if (isLink) response.setHeader("content-type", "application/json").end(JSON.stringify({ url }));
    else response.writeHead(200, { "content-length": "100" }).write("Hel", () => response.destroy());
  });
  const env = { USPEECH_URL: `http://127.0.0.1:${port}`, USPEECH_API_KEY: admin.key };
  expect(
    await uspeech(["download", "1", "--type", "txt", "--output", "talk.txt"], { cwd, env }),
  ).toMatchObject({
    code: 1,
    stderr: "uspeech: The connection broke before all of the document came. Try again.\n",
  });
  expect(await readdir(cwd)).toEqual(["talk.srt"]);
});

test("the server's refusals are sentences and exit codes", async () => {
  const { admin, run } = await against({ roles: ["api"] });
  expect(await run("download", "99", "--type", "srt")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: "uspeech: Not found.\n",
  });
  const badKey = await uspeech(["files", "--json"], {
    env: { USPEECH_URL: admin.baseUrl, USPEECH_API_KEY: "a.b" },
  });
  expect(badKey.code).toBe(1);
  expect(JSON.parse(badKey.stderr)).toMatchObject({
    error: { name: "PermissionError", status: 403, message: "Invalid API key." },
  });
  const many = await uspeech(["upload", await tone(), await tone(), "--project", "1"], {
    env: { USPEECH_URL: admin.baseUrl, USPEECH_API_KEY: "a.b" },
  });
  expect(many).toMatchObject({ code: 1, stdout: "" });
  expect(many.stderr.match(/Invalid API key\./g)).toHaveLength(1);
  const nobody = await uspeech(["files"], {
    env: { USPEECH_URL: "http://127.0.0.1:9", USPEECH_API_KEY: "a.b" },
  });
  expect(nobody).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("http://127.0.0.1:9 could not be reached"),
  });
  const noKey = await uspeech(["files"], { env: { USPEECH_URL: admin.baseUrl } });
  expect(noKey).toMatchObject({ code: 1, stderr: expect.stringContaining("USPEECH_API_KEY is not set.") });
});

test("names come to the terminal without what would steer it", async () => {
  const { admin, run } = await against({ roles: ["api"] });
  await admin.send("POST", "/api/projects/", { title: "\u001b[31mred\u202egnirts" });
  const { stdout } = await run("projects");
  expect(stdout).toContain("[31mred gnirts");
  expect(Array.from("\u001b\u202e").filter((mark) => stdout.includes(mark))).toEqual([]);
});

import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { spoken, tone } from "../../server/test/audio.ts";
import { temporaryFolder } from "../../server/test/database.ts";
import { testModels } from "../../server/test/models.ts";
import { ended, start, uspeech } from "./run.ts";

const PARK = "The weather is nice today and we are going to the park.";
const BOOKS = "My sister has bought three books and a newspaper.";

/** A folder to work in, with the test models in its data folder. */
async function studio() {
  const cwd = await temporaryFolder();
  await mkdir(path.join(cwd, "data"));
  await symlink(await testModels(), path.join(cwd, "data/models"));
  const env = { USPEECH_MODEL: "moonshine-tiny", USPEECH_WORKERS: "1" };
  const bring = async (recording: string, name: string) => copyFile(recording, path.join(cwd, name));
  return { cwd, env, bring, run: (...args: string[]) => uspeech(["transcribe", ...args], { cwd, env }) };
}

test("one recording's transcript goes to standard output, and nothing is left behind", async () => {
  const { cwd, bring, run } = await studio();
  await bring(await spoken(PARK), "park.wav");
  const { code, stdout, stderr } = await run("park.wav", "--format", "srt");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n/);
  expect(stdout.toLowerCase()).toContain("park");
  expect(stderr).toMatch(/^park\.wav: 0 %/);
  expect(stderr).toMatch(/park\.wav: 100 %/);
  expect(await readdir(cwd)).toEqual(["data", "park.wav"]);
  expect(await readdir(path.join(cwd, "data/tmp"))).toEqual([]);
});

test("several recordings go into files beside them; one that fails is named, and the others are done", async () => {
  const { cwd, bring, run } = await studio();
  await bring(await spoken(PARK), "park.wav");
  await bring(await spoken(BOOKS), "books.wav");
  await bring(await tone(2), "beep.wav");
  await writeFile(path.join(cwd, "notes.wav"), "not audio");
  const { code, stdout, stderr } = await run(
    "park.wav",
    "beep.wav",
    "notes.wav",
    "none.wav",
    "books.wav",
    ".",
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  const failures = stderr.slice(stderr.indexOf("uspeech: ")).trim().split("\n");
  expect(failures).toEqual([
    expect.stringMatching(/^uspeech: beep\.wav: .+ \(audio_too_short\)$/),
    "notes.wav: This file is not audio or video that can be decoded.",
    "none.wav: There is no such file.",
    ".: This is a folder. Name the files in it.",
  ]);
  expect((await readFile(path.join(cwd, "park.txt"), "utf8")).toLowerCase()).toContain("park");
  expect((await readFile(path.join(cwd, "books.txt"), "utf8")).toLowerCase()).toContain("books");
  expect((await readdir(cwd)).filter((name) => name.startsWith("beep"))).toEqual(["beep.wav"]);
});

test("with --json the transcripts are printed, failures included", async () => {
  const { bring, run } = await studio();
  await bring(await spoken(PARK), "park.wav");
  await bring(await tone(2), "beep.wav");
  const { code, stdout, stderr } = await run("park.wav", "beep.wav", "--json");
  expect(code).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({ error: { message: expect.stringContaining("beep.wav: ") } });
  const { results } = JSON.parse(stdout);
  expect(results).toMatchObject([
    { file: "park.wav", status: "transcribed", output: null, transcript: { title: "park", language: "en" } },
    { file: "beep.wav", status: "failed", error_reason: "audio_too_short", error_detail: { figures: {} } },
  ]);
});

test("a file that is there is replaced only where that was said", async () => {
  const { cwd, bring, run } = await studio();
  await bring(await spoken(PARK), "park.wav");
  await mkdir(path.join(cwd, "texts"));
  await writeFile(path.join(cwd, "texts/park.docx"), "corrected by hand");
  const args = ["park.wav", "--format", "docx", "--output", "texts"];
  const refused = await run(...args);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("texts/park.docx is there already.");
  expect(await readFile(path.join(cwd, "texts/park.docx"), "utf8")).toBe("corrected by hand");
  const replaced = await run(...args, "--overwrite", "--json");
  expect(JSON.parse(replaced.stdout)).toEqual({
    results: [{ file: "park.wav", status: "transcribed", output: "texts/park.docx" }],
  });
  expect((await readFile(path.join(cwd, "texts/park.docx"))).subarray(0, 2).toString()).toBe("PK");
  expect(await readdir(path.join(cwd, "texts"))).toEqual(["park.docx"]);
});

test("an output that cannot be written is told before the work", async () => {
  const { cwd, bring, run } = await studio();
  await bring(await spoken(PARK), "park.wav");
  await writeFile(path.join(cwd, "notes"), "no folder");
  expect(await run("park.wav", "--output", "notes/texts")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: `uspeech: park.wav: ${path.join(cwd, "notes/texts")} cannot be written in (ENOTDIR).\n`,
  });
});

test("a language that the model does not speak is refused with those that do", async () => {
  const { bring, run } = await studio();
  await bring(await spoken(PARK), "park.wav");
  const { code, stdout, stderr } = await run("park.wav", "--language", "de");
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(
    "moonshine-tiny does not speak German (de). Choose one that does with --model: parakeet-tdt-0.6b-v3, whisper-small, ",
  );
});

test("Ctrl-C ends it by the signal, with its processes, and leaves nothing behind", async () => {
  const { cwd, env, bring } = await studio();
  await bring(await spoken(`${PARK} `.repeat(60)), "long.wav");
  const child = start(["transcribe", "long.wav", "--output", "texts"], { cwd, env });
  const running = ended(child);
  child.stderr.on("data", (chunk: Buffer) => {
    if (/listening|recognising/.test(String(chunk))) child.kill("SIGINT");
  });
  const { signal, stdout, stderr } = await running;
  expect({ signal, stdout }).toEqual({ signal: "SIGINT", stdout: "" });
  expect(stderr).toMatch(/Stopped\.\n$/);
  expect(await readdir(path.join(cwd, "data/tmp"))).toEqual([]);
  expect(await readdir(cwd)).toEqual(["data", "long.wav"]);
});

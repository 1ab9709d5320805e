import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import * as client from "@uspeech/client";
import { spoken, tone } from "../../server/test/audio.ts";
import { temporaryFolder } from "../../server/test/database.ts";
import { startServer } from "../../server/test/harness.ts";

const run = promisify(execFile);
const ROOT = path.join(import.meta.dirname, "..");
const README = await readFile(path.join(ROOT, "README.md"), "utf8");

test("every example of the README runs", async () => {
  const { admin } = await startServer();
  const folder = await temporaryFolder();
  await symlink(path.join(ROOT, "../node_modules"), path.join(folder, "node_modules"));
  await symlink(
    await spoken("The weather is nice today, and we go to the park."),
    path.join(folder, "interview.wav"),
  );
  await symlink(await tone(2), path.join(folder, "silence.wav"));
  const examples = README.matchAll(/```ts\n(.*?)```/gs)
    .map(([, code = ""]) => code)
    .toArray();
  const said = [];
  for (const code of examples) {
    const { stdout } = await run(process.execPath, ["--input-type=module-typescript", "--eval", code], {
      cwd: folder,
      env: { ...process.env, USPEECH_URL: admin.baseUrl, USPEECH_API_KEY: admin.key },
    });
    said.push(stdout.toLowerCase());
  }
  expect(said).toEqual([
    expect.stringContaining("park"),
    expect.stringMatching(/bytes sent.*100 % transcribed.*confidence/s),
    expect.stringMatching(/wrote interview\.docx\n\d+ transcribed interview\.wav\n/),
    expect.stringContaining("audio_too_short"),
  ]);
  expect((await readFile(path.join(folder, "interview.docx"))).subarray(0, 2).toString()).toBe("PK");
});

test("the README names every error, and every resource with its calls", () => {
  const errors = Object.keys(client).filter((name) => name.endsWith("Error"));
  expect(errors.filter((name) => !README.includes(`| \`${name}\` |`))).toEqual([]);
  const made = new client.UspeechClient({ baseUrl: "http://127.0.0.1", apiKey: "a.b" });
  for (const [name, resource] of Object.entries(made)) {
    const calls = Object.getOwnPropertyNames(Object.getPrototypeOf(resource)).slice(1);
    const row = README.split("\n").find((line) => line.startsWith(`| \`client.${name}\``)) ?? "";
    expect(new Set([...row.matchAll(/`(\w+)`/g)].map(([, call]) => call))).toEqual(new Set(calls));
  }
});

test("the types are those of the server's document", async () => {
  const check = run(process.execPath, [path.join(ROOT, "script/generate.ts"), "--check"]);
  await expect(check).resolves.toMatchObject({ stderr: "" });
});

test("the built package stands alone, without a module of Node's", async () => {
  await run(process.execPath, [path.join(ROOT, "script/build.ts")]);
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, "node_modules/@uspeech"), { recursive: true });
  await symlink(path.join(ROOT, "dist"), path.join(folder, "node_modules/@uspeech/client"));
  const code = "import * as client from '@uspeech/client'; console.log(Object.keys(client).join())";
  await writeFile(path.join(folder, "try.mjs"), code);
  const { stdout } = await run(process.execPath, [path.join(folder, "try.mjs")]);
  expect(new Set(stdout.trim().split(","))).toEqual(new Set(Object.keys(client)));
  const { stdout: imports } = await run("grep", [
    "-rhoE",
    `from "[^"]+"`,
    path.join(ROOT, "dist"),
    "--include=*.js",
  ]);
  expect(
    imports
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith('from "./') && !line.startsWith('from "../')),
  ).toEqual([]);
});

import { expect, test } from "vitest";
import { COMMON_FLAGS } from "../src/command.ts";
import { GROUPS } from "../src/commands.ts";
import { usageLine } from "../src/usage.ts";
import { uspeech } from "./run.ts";

const COMMANDS = Object.values(GROUPS).flat();

test("the overview names every command, on standard output and without a failure", async () => {
  const { code, stdout, stderr } = await uspeech(["--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const { name, summary } of COMMANDS)
    expect(stdout).toMatch(new RegExp(`uspeech ${name} .*${summary}`));
});

test("every command has its own help, with all its options", async () => {
  const helps = await Promise.all(COMMANDS.map(({ name }) => uspeech([...name.split(" "), "--help"])));
  for (const [index, command] of COMMANDS.entries()) {
    const help = helps[index];
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help?.stdout).toContain(usageLine(command));
    const flags = Object.keys({ ...command.flags, ...COMMON_FLAGS });
    for (const flag of flags) expect(help?.stdout).toContain(`  --${flag}`);
  }
});

test.for([
  [[], "No command was given."],
  [["model", "list"], 'There is no command "model". Did you mean models list?'],
  [["models"], '"models" needs one of: list, pull, remove, verify.'],
  [["models", "pul"], 'There is no command "models pul". Did you mean models pull?'],
  [["--format", "srt"], "--format comes before any command. Options follow the command."],
  [["transcribe"], "FILE is missing."],
  [["transcribe", "a.wav", "--formt", "srt"], "There is no option --formt. Did you mean --format?"],
  [["transcribe", "a.wav", "--frobnicate"], "There is no option --frobnicate."],
  [["transcribe", "a.wav", "-o", "x"], "There is no option -o."],
  [
    ["transcribe", "a.wav", "--format", "pdf"],
    '--format is "pdf", which is none of txt, srt, vtt, json, docx.',
  ],
  [["transcribe", "a.wav", "--workers", "0"], '--workers is "0", which is not a whole number from 1 to 256.'],
  [["transcribe", "a.wav", "--language", "klingon"], '--language is "klingon", which is no ISO 639-1 code'],
  [["transcribe", "a/one.wav", "one.mp3", "--output", "x"], "would both be written to x/one.txt."],
  [["models", "list", "moonshine-tiny"], 'There is no place for "moonshine-tiny".'],
  [["models", "pull", "--from"], "Option '--from <value>' argument missing."],
  [["models", "list", "--json=yes"], "Option '--json' does not take an argument."],
  [["upload", "a.wav"], "--project ID is missing."],
  [["download", "one", "--type", "srt"], 'ID is "one", which is not a whole number'],
  [["keys", "create", "a@example.org", "--expires", "soon"], '--expires is "soon", which is no time.'],
  [["keys", "create", "a@example.org", "--expires", "2020-01-01"], "which has passed."],
  [
    ["users", "create", "a@example.org", "--password", "short"],
    "A password has 8 to 128 characters; this has 5.",
  ],
] as const)("%j is used wrongly", async ([args, sentence]) => {
  const { code, stdout, stderr } = await uspeech(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(`uspeech: `);
  expect(stderr).toContain(sentence);
  expect(stderr).toMatch(/\nUsage: uspeech /);
});

test("errors are JSON where JSON is asked for", async () => {
  const wrong = await uspeech(["models", "pull", "--json"]);
  expect(wrong).toMatchObject({ code: 2, stdout: "" });
  expect(JSON.parse(wrong.stderr)).toEqual({ error: { name: "UsageError", message: "NAME is missing." } });
  const failed = await uspeech(["models", "pull", "whisper-grand", "--json"]);
  expect(failed).toMatchObject({ code: 1, stdout: "" });
  expect(JSON.parse(failed.stderr)).toMatchObject({ error: { code: "unknown_model" } });
});

test("a setting that is not allowed is a failure that names it", async () => {
  const { code, stderr } = await uspeech(["models", "list"], { env: { USPEECH_WORKERS: "many" } });
  expect(code).toBe(1);
  expect(stderr).toContain('USPEECH_WORKERS is "many", which is not allowed.');
});

import { execFile } from "node:child_process";
import { appendFile, cp, mkdir, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../server/test/database.ts";
import { tone } from "../../server/test/audio.ts";
import { startServer } from "../../server/test/harness.ts";
import { testModels } from "../../server/test/models.ts";
import { start, ended, uspeech } from "./run.ts";

/** Runs a command on a data folder and gives what it printed. */
function on(dataDir: string, settings: Record<string, string> = {}) {
  const env = { USPEECH_DATA_DIR: dataDir, ...settings };
  return {
    /** The same folder with other settings. */
    with: (others: Record<string, string>) => on(dataDir, others),
    run: (...args: string[]) => uspeech(args, { env }),
    async json(...args: string[]) {
      const { code, stdout, stderr } = await uspeech([...args, "--json"], { env });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return JSON.parse(stdout);
    },
  };
}

test("users are made, listed, deactivated and activated; nothing shows a hash", async () => {
  const folder = on(await temporaryFolder());
  const made = await folder.run(
    "users",
    "create",
    "Ann@Example.org",
    "--admin",
    "--password",
    "correct horse",
  );
  expect(made).toMatchObject({ code: 0, stdout: "ann@example.org\n" });
  await folder.json("users", "create", "bob@example.org");
  await folder.run("users", "deactivate", "bob@example.org");
  const users = await folder.json("users", "list");
  expect(users).toMatchObject([
    { id: 1, email: "ann@example.org", is_admin: true, is_active: true, has_password: true },
    { id: 2, email: "bob@example.org", is_admin: false, is_active: false, has_password: false },
  ]);
  expect(JSON.stringify(users)).not.toContain("argon2");
  expect(await folder.json("users", "activate", "BOB@example.org")).toEqual({
    email: "bob@example.org",
    is_active: true,
  });
  const { stdout } = await folder.run("users", "list");
  expect(stdout.split("\n")[0]?.split(/ {2,}/)).toEqual(["ID", "EMAIL", "ACTIVE", "ADMIN", "CREATED"]);
  expect(stdout).toContain("ann@example.org");
});

test("the last active administrator cannot be deactivated", async () => {
  const folder = on(await temporaryFolder());
  await folder.run("users", "create", "ann@example.org", "--admin");
  await folder.run("users", "create", "bob@example.org", "--admin");
  await folder.run("users", "create", "cem@example.org");
  const deactivated = (name: string) => folder.run("users", "deactivate", `${name}@example.org`);
  expect(await deactivated("bob")).toMatchObject({ code: 0 });
  expect(await deactivated("ann")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: "uspeech: This is the last active administrator. Make somebody else one first.\n",
  });
  expect(await deactivated("cem")).toMatchObject({ code: 0 });
  const users: { is_active: boolean }[] = await folder.json("users", "list");
  expect(users.map(({ is_active }) => is_active)).toEqual([true, false, false]);
});

test("a user is put on a plan and granted minutes; administrators begin without a limit", async () => {
  const folder = on(await temporaryFolder());
  const plans = { USPEECH_PLANS: "basic=60" };
  await folder.run("users", "create", "ann@example.org");
  expect(await folder.json("users", "grant", "ann@example.org", "10", "--reason", "A gift")).toMatchObject({
    email: "ann@example.org",
    plan: "trial",
    usage: { minutes_included: 310, minutes_remaining: 310 },
  });
  const put = await folder.with(plans).run("users", "plan", "ANN@example.org", "basic", "--until", "30d");
  expect(put).toMatchObject({ code: 0, stdout: "", stderr: "ann@example.org is on the plan basic.\n" });
  const gift = await folder.with(plans).run("users", "grant", "ann@example.org", "5", "--reason", "Another");
  expect(gift.stderr).toBe("ann@example.org has 65 minutes left.\n");
  expect(await folder.run("users", "plan", "ann@example.org", "gold")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('PLAN is "gold", which is none of trial, unlimited.'),
  });
  expect(await folder.run("users", "grant", "ann@example.org", "5")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--reason R is missing."),
  });
  const taken = await folder.with(plans).run("users", "take", "ann@example.org", "6", "--reason", "Too many");
  expect(taken.stderr).toBe("ann@example.org has 59 minutes left.\n");
  await folder.run("users", "create", "root@example.org", "--admin");
  const root = await folder.json("users", "grant", "root@example.org", "1", "--reason", "Nothing changes");
  expect(root).toMatchObject({ plan: "unlimited", usage: { minutes_remaining: null } });
});

test("what cannot be is said in a sentence", async () => {
  const folder = on(await temporaryFolder());
  const missing = await folder.run("users", "list");
  expect(missing).toMatchObject({ code: 1, stdout: "" });
  expect(missing.stderr).toMatch(/^uspeech: There is no database in .+ Set USPEECH_DATA_DIR/);
  await folder.run("users", "create", "ann@example.org");
  const twice = await folder.run("users", "create", "ann@example.org");
  expect(twice).toMatchObject({
    code: 1,
    stdout: "",
    stderr: "uspeech: There is already a user ann@example.org.\n",
  });
  const nobody = await folder.run("keys", "create", "bob@example.org");
  expect(nobody).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("There is no user bob@example.org."),
  });
});

test("a data folder that cannot be ends every command that would make it, with a sentence", async () => {
  const file = path.join(await temporaryFolder(), "file");
  await appendFile(file, "");
  const refused = {
    code: 1,
    stdout: "",
    stderr: expect.stringContaining(`USPEECH_DATA_DIR is "${file}", wh`),
  };
  expect(await on(file).run("serve")).toMatchObject(refused);
  expect(await on(file).run("models", "pull", "moonshine-tiny")).toMatchObject(refused);
  expect(await on(file).run("users", "create", "ann@example.org")).toMatchObject(refused);
  expect((await on(file).run("users", "list")).stderr).toContain(`There is no database in ${file}.`);
});

test("a password comes from standard input, and is neither asked for nor shown there", async () => {
  const env = { USPEECH_DATA_DIR: await temporaryFolder() };
  const args = ["users", "create", "ann@example.org", "--password", "-"];
  const made = await uspeech(args, { env, input: "correct horse\nsecond line\n" });
  expect(made).toMatchObject({ code: 0, stdout: "ann@example.org\n", stderr: "" });
  const none = await uspeech(args, { env });
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("this has 0") });
});

test("a password that is typed on a terminal is not shown", async () => {
  const dataDir = await temporaryFolder();
  const main = path.join(import.meta.dirname, "../src/main.ts");
  const command = `'${process.execPath}' '${main}' users create ann@example.org --password - 2>&1`;
  // `script` gives the command a terminal; what the terminal shows comes out here.
  const child = execFile("script", ["-qec", command, "/dev/null"], {
    env: { ...process.env, USPEECH_DATA_DIR: dataDir },
  });
  let shown = "";
  for await (const chunk of child.stdout ?? []) {
    if (!shown.includes("Password: ") && String(chunk).includes("Password: "))
      child.stdin?.write("correct horse\r");
    shown += String(chunk);
  }
  expect(shown).toContain("ann@example.org");
  expect(shown).not.toContain("correct");
});

test("a key is printed alone, opens the running server, and is refused from its revocation on", async () => {
  const { admin, dataDir, user } = await startServer({ roles: ["api"] });
  await user("ann@example.org");
  const folder = on(dataDir);
  const made = await folder.run("keys", "create", "ann@example.org", "--name", "Laptop", "--expires", "90d");
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.stdout).toMatch(/^\w+\.\w+\n$/);
  const ask = () =>
    fetch(`${admin.baseUrl}/api/files/`, { headers: { authorization: `Api-Key ${made.stdout.trim()}` } });
  expect((await ask()).status).toBe(200);
  const [key] = await folder.json("keys", "list", "ann@example.org");
  expect(key).toMatchObject({
    name: "Laptop",
    revoked_at: null,
    expires_at: expect.stringMatching(/T\d\d:\d\d:\d\dZ$/),
  });
  expect(JSON.stringify(key)).not.toContain("hash");
  expect(await folder.run("keys", "revoke", key.prefix)).toMatchObject({ code: 0, stdout: "" });
  expect((await ask()).status).toBe(403);
  expect(await folder.run("keys", "revoke", "nothing")).toMatchObject({ code: 1 });
});

test("a user's keys stop and start with the user, while the server runs", async () => {
  const { dataDir, user } = await startServer({ roles: ["api"] });
  const ann = await user("ann@example.org");
  const folder = on(dataDir);
  await folder.run("users", "deactivate", "ann@example.org");
  expect((await ann.get("/api/files/")).status).toBe(403);
  await folder.run("users", "activate", "ann@example.org");
  expect((await ann.get("/api/files/")).status).toBe(200);
});

/** A data folder with a copy of the smallest model, to be broken. */
async function ownModels(): Promise<string> {
  const dataDir = await temporaryFolder();
  const models = await testModels();
  for (const name of ["moonshine-tiny", "silero-vad-v6"])
    await cp(path.join(models, name), path.join(dataDir, "models", name), { recursive: true });
  return dataDir;
}

test("models are listed, verified and removed", async () => {
  const dataDir = await ownModels();
  const folder = on(dataDir);
  const models: { name: string; installed: boolean }[] = await folder.json("models", "list");
  expect(models.filter(({ installed }) => installed).map(({ name }) => name)).toEqual([
    "moonshine-tiny",
    "silero-vad-v6",
  ]);
  expect(await folder.run("models", "verify")).toMatchObject({
    code: 0,
    stdout: "moonshine-tiny is whole.\nsilero-vad-v6 is whole.\n",
  });
  await appendFile(path.join(dataDir, "models/moonshine-tiny/tokens.txt"), "x");
  const altered = await folder.run("models", "verify", "moonshine-tiny");
  expect(altered).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("tokens.txt is altered"),
  });
  expect(await folder.run("models", "verify")).toMatchObject({
    code: 1,
    stdout: "silero-vad-v6 is whole.\n",
  });
  expect(await folder.run("models", "remove", "moonshine-tiny")).toMatchObject({ code: 0, stdout: "" });
  expect(await folder.run("models", "remove", "moonshine-tiny")).toMatchObject({
    code: 1,
    stderr: "uspeech: moonshine-tiny is not installed.\n",
  });
  expect(await folder.run("models", "verify", "moonshine-tiny")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^uspeech: moonshine-tiny is not installed in /),
  });
});

test("a model is installed from a folder, with its progress on standard error", async () => {
  const source = await temporaryFolder();
  const models = await testModels();
  for (const name of ["moonshine-tiny", "silero-vad-v6"])
    await cp(path.join(models, name), source, { recursive: true });
  const folder = on(await temporaryFolder());
  const pulled = await folder.run("models", "pull", "moonshine-tiny", "--from", source);
  expect(pulled).toMatchObject({ code: 0, stdout: "" });
  expect(pulled.stderr).toMatch(/moonshine-tiny: 100 %, 28\.7 of 28\.7 MB/);
  expect(pulled.stderr).toContain("Installed silero-vad-v6 and moonshine-tiny.");
  expect(await folder.json("models", "pull", "moonshine-tiny")).toEqual({
    name: "moonshine-tiny",
    installed_now: [],
  });
});

test("a server is stopped by the signal that stops it", async () => {
  const dataDir = await temporaryFolder();
  await mkdir(dataDir, { recursive: true });
  await symlink(await testModels(), path.join(dataDir, "models"));
  const env = {
    USPEECH_DATA_DIR: dataDir,
    USPEECH_PORT: "0",
    USPEECH_MODEL: "moonshine-tiny",
    USPEECH_WORKERS: "1",
  };
  const child = start(["serve"], { env });
  const running = ended(child);
  for await (const line of createInterface({ input: child.stderr })) {
    const address = /answers at (http\S+)/.exec(line)?.[1];
    if (!address) continue;
    await fetch(`${address}/healthz`);
    child.kill("SIGTERM");
  }
  const { code, signal, stdout } = await running;
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  const lines = stdout.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).msg)).toContain("stopped");
  await expect(stat(path.join(dataDir, "uspeech.sqlite"))).resolves.toBeTruthy();
});

test("what waits and what failed is told as the API tells it", async () => {
  const waiting = await startServer({ roles: ["api"] });
  await waiting.admin.upload(await tone(2));
  const queue = on(waiting.dataDir);
  expect(await queue.json("queue")).toMatchObject({
    depth: 1,
    running: 0,
    tasks: [{ id: 1, status: "queued" }],
  });
  const shown = await queue.run("queue");
  expect(shown.stderr).toMatch(/^0 running, 1 waiting; the oldest has waited for /);
  expect(shown.stdout).toMatch(/\n1 +queued +admin@localhost +1 +2 s +0 % /);

  const { admin, dataDir } = await startServer();
  const { body: file } = await admin.upload(await tone(2));
  await admin.settled(file.id);
  const failures = on(dataDir);
  const listed = (await admin.get("/api/admin/failures/")).body.results;
  expect(listed).toHaveLength(1);
  expect(await failures.json("failures", "--reason", "audio_too_short", "--user", "admin@localhost")).toEqual(
    listed,
  );
  expect(await failures.json("failures", "--reason", "upstream")).toEqual([]);
  expect((await failures.run("failures")).stdout).toMatch(/\n1 +1 +admin@localhost +audio_too_short /);
  expect(await failures.run("failures", "--reason", "bad")).toMatchObject({ code: 2 });
});

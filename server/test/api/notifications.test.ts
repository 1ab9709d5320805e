import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tone } from "../audio.ts";
import { startServer, type TestServer } from "../harness.ts";

/** Mails are written to files where there is no mail server. */
async function mails({ dataDir }: TestServer): Promise<string[]> {
  const folder = join(dataDir, "mail");
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
}

test("who asked for a transcription is told by mail how it ended, if they want to know", async () => {
  const server = await startServer({ env: { USPEECH_PUBLIC_URL: "https://up.example" } });
  const { admin, app } = server;
  const upload = async (filename: string): Promise<void> => {
    const { body } = await admin.upload(await tone(), { filename });
    await admin.settled(body.id);
  };
  expect((await admin.get("/api/auth/me/")).body.notify_by_mail).toBe(false);
  await upload("quiet.wav");
  const changed = await admin.send("PATCH", "/api/auth/me/", { notify_by_mail: true });
  expect(changed.body).toMatchObject({ notify_by_mail: true, name: "" });
  await upload("loud\u2028Bcc: everybody@example.org\u202e\t.wav");
  await expect.poll(() => mails(server), { timeout: 10_000 }).toHaveLength(1);
  const [mail = ""] = await mails(server);
  expect(mail).toMatch(/^To: admin@localhost\r$/m);
  expect(mail).toMatch(/^Subject: Transcription failed: loud Bcc: everybody@example\.org/m);
  expect(mail).not.toMatch(/^Bcc:/m);
  expect(mail.replaceAll("=\r\n", "")).toContain("https://up.example/transcripts/2");
  expect(await app.db.selectFrom("outgoing_mails").selectAll().execute()).toEqual([]);
  await app.db.updateTable("users").set({ email_confirmed_at: null }).execute();
  await upload("unconfirmed.wav");
  expect(await app.db.selectFrom("outgoing_mails").selectAll().execute()).toEqual([]);
  await admin.send("PATCH", "/api/auth/me/", { notify_by_mail: false });
  expect(await mails(server)).toHaveLength(1);
});

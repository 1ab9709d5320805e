import { expect, test } from "vitest";
import { tone } from "../audio.ts";
import { mailsOf, mailTo } from "../browser.ts";
import { startServer } from "../harness.ts";

test("who asked for a transcription is told by mail how it ended, if they want to know", async () => {
  const { admin, app, dataDir } = await startServer({ env: { USPEECH_PUBLIC_URL: "https://up.example" } });
  const upload = async (filename: string): Promise<void> => {
    const { body } = await admin.upload(await tone(), { filename });
    await admin.settled(body.id);
  };
  const outgoing = () => app.db.selectFrom("outgoing_mails").selectAll().execute();
  expect((await admin.get("/api/auth/me/")).body.notify_by_mail).toBe(false);
  await upload("quiet.wav");
  const changed = await admin.send("PATCH", "/api/auth/me/", { notify_by_mail: true });
  expect(changed.body).toMatchObject({ notify_by_mail: true, name: "" });
  // A name may hold what would be a header of its own, or turn the line around.
  await upload("loud\u2028Bcc: everybody@example.org\u202e.wav");
  const subject = "Transcription failed: loud Bcc: everybody@example.org .wav";
  const { text } = await mailTo(dataDir, "admin@localhost", subject);
  const [transcript = "", home] = text.match(/https:\S+/g) ?? [];
  expect(await admin.get(new URL(transcript).pathname)).toMatchObject({
    status: 200,
    body: { id: 2, file: 2 },
  });
  expect(home).toBe("https://up.example/");
  expect(await mailsOf(dataDir)).toHaveLength(1);
  await expect.poll(outgoing).toEqual([]);
  await app.db.updateTable("users").set({ email_confirmed_at: null }).execute();
  await upload("unconfirmed.wav");
  expect(await outgoing()).toEqual([]);
});

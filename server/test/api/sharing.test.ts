import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { json } from "node:stream/consumers";
import { expect, test } from "vitest";
import { setActive } from "../../src/accounts/users.ts";
import { tone } from "../audio.ts";
import { type Client, startServer } from "../harness.ts";

const FORBIDDEN = { status: 403, body: { detail: "You do not have permission to perform this action." } };
const UNKNOWN = { status: 400, body: { email: ["There is no user with this e-mail address."] } };

async function sharedProject() {
  const server = await startServer({ roles: ["api"] });
  const ada = await server.user("ada@example.org");
  const share = (permission: string, email = "ada@example.org") =>
    server.admin.send("POST", "/api/projects/1/shares/", { email, permission });
  return { ...server, ada, share };
}

test("who a project is shared with sees it with what is in it, until it is not shared any more", async () => {
  const { admin, ada, share } = await sharedProject();
  const { body: file } = await admin.upload(await tone());
  expect(await share("view", "Ada@example.org")).toMatchObject({
    status: 201,
    body: { id: 1, user: 2, email: "ada@example.org", permission: "view", created_at: expect.any(String) },
  });
  expect((await ada.get("/api/projects/1/")).body).toMatchObject({ role: "view", owner: 1, file_count: 1 });
  expect((await ada.get("/api/projects/")).body).toMatchObject({ count: 1, results: [{ role: "view" }] });
  for (const kind of ["files", "transcripts", "tasks"])
    expect((await ada.get(`/api/${kind}/`)).body.count).toBe(1);
  expect((await ada.get(`/api/files/${file.id}/media/`)).status).toBe(200);
  expect((await admin.send("DELETE", "/api/projects/1/shares/1/")).status).toBe(204);
  expect((await ada.get(`/api/files/${file.id}/`)).status).toBe(404);
  expect((await ada.get("/api/projects/")).body.count).toBe(0);
});

test("a link that was given works for whoever holds it, also once the project is shared no longer", async () => {
  const { admin, ada, share } = await sharedProject();
  const { body: file } = await admin.upload(await tone());
  const { body: shared } = await share("view");
  const { url } = (await ada.get(`/api/files/${file.id}/media/`)).body;
  await admin.send("DELETE", `/api/projects/1/shares/${shared.id}/`);
  expect((await fetch(url)).status).toBe(200);
});

test("view is to read; edit is also to upload, rename, transcribe, cancel and delete", async () => {
  const { admin, ada, share } = await sharedProject();
  const { body: file } = await admin.upload(await tone());
  const { body: shared } = await share("view");
  const edits = async () => [
    await ada.upload(await tone()),
    await ada.send("POST", `/api/tasks/${file.task}/cancel/`),
    await ada.send("POST", `/api/tasks/${file.task}/retry/`),
    await ada.send("POST", `/api/files/${file.id}/transcribe/`),
    await ada.send("PATCH", `/api/files/${file.id}/`, { original_filename: "b.wav" }),
    await ada.send("DELETE", `/api/files/${file.id}/`),
  ];
  for (const answer of await edits()) expect(answer).toMatchObject(FORBIDDEN);
  expect((await admin.get("/api/files/")).body.count).toBe(1);
  await admin.send("PATCH", `/api/projects/1/shares/${shared.id}/`, { permission: "edit" });
  expect((await edits()).map(({ status }) => status)).toEqual([201, 202, 202, 202, 200, 204]);
  for (const method of ["PATCH", "DELETE"])
    expect(await ada.send(method, "/api/projects/1/", {})).toMatchObject(FORBIDDEN);
  expect(await ada.get("/api/projects/1/shares/")).toMatchObject(FORBIDDEN);
});

test("a viewer's upload is refused before its file has come, or after it where the project is named last", async () => {
  const { ada, share, dataDir } = await sharedProject();
  await share("view");
  const project = '--x\r\ncontent-disposition: form-data; name="project"\r\n\r\n1\r\n';
  const file = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF';
  const type = '--x\r\ncontent-disposition: form-data; name="file_type"\r\n\r\naudio\r\n';
  const begun = await sendForm(ada, `${project}${file}`, { isWhole: false });
  const last = await sendForm(ada, `${file}\r\n${type}${project}--x--\r\n`, { isWhole: true });
  expect([begun, last]).toEqual([FORBIDDEN, FORBIDDEN]);
  const left = await readdir(path.join(dataDir, "blobs"), { recursive: true, withFileTypes: true });
  expect(left.filter((entry) => entry.isFile())).toEqual([]);
});

/** Sends a form, or the beginning of one, and gives what is answered to that. */
async function sendForm({ baseUrl, key }: Client, text: string, { isWhole }: { isWhole: boolean }) {
  const headers = { authorization: `Api-Key ${key}`, "content-type": "multipart/form-data; boundary=x" };
  const sending = request(`${baseUrl}/api/files/`, { method: "POST", headers });
  // The server hangs up on what is not whole, once it has answered.
  sending.on("error", () => undefined);
  sending.write(text);
  if (isWhole) sending.end();
  const [response] = await once(sending, "response");
  const body = await json(response);
  sending.destroy();
  return { status: response.statusCode, body };
}

test("rights are looked at before the body, and existence before rights", async () => {
  const { ada, user, share } = await sharedProject();
  await share("view");
  const stranger = await user("stranger@example.org");
  const text = { body: "no JSON", headers: { "content-type": "text/plain" } };
  expect((await stranger.request("PATCH", "/api/projects/1/", text)).status).toBe(404);
  expect((await ada.request("PATCH", "/api/projects/1/", text)).status).toBe(403);
  expect((await ada.request("POST", "/api/projects/1/shares/", text)).status).toBe(403);
});

test("a project is shared once with each user, never with its owner, nor with an address nobody proved", async () => {
  const { app, share, user } = await sharedProject();
  await share("view");
  expect(await share("edit")).toMatchObject({
    status: 400,
    body: { email: ["The project is shared with this user already."] },
  });
  expect(await share("edit", "admin@localhost")).toMatchObject({
    status: 400,
    body: { email: ["This user owns the project."] },
  });
  expect(await share("edit", "nobody@example.org")).toMatchObject(UNKNOWN);
  await user("idle@example.org");
  await setActive(app.db, "idle@example.org", false);
  expect(await share("edit", "idle@example.org")).toMatchObject(UNKNOWN);
  await user("claimed@example.org");
  await app.db
    .updateTable("users")
    .set({ email_confirmed_at: null })
    .where("email", "=", "claimed@example.org")
    .execute();
  expect(await share("edit", "claimed@example.org")).toMatchObject(UNKNOWN);
});

test("every faulty field of a share is named, and another project's share is none", async () => {
  const { admin, share } = await sharedProject();
  const { body: shared } = await share("view");
  expect((await share("owner", "ada")).body).toEqual({
    email: ["Enter a valid email address."],
    permission: ['"owner" is not a valid choice.'],
  });
  expect((await admin.send("POST", "/api/projects/1/shares/", {})).body).toEqual({
    email: ["This field is required."],
    permission: ["This field is required."],
  });
  const path = `/api/projects/1/shares/${shared.id}/`;
  expect((await admin.send("PATCH", path, { permission: null })).body).toEqual({
    permission: ["This field may not be null."],
  });
  const { body: other } = await admin.send("POST", "/api/projects/", { title: "Other" });
  expect((await admin.get(`/api/projects/${other.id}/shares/${shared.id}/`)).status).toBe(404);
  expect((await admin.get(`/api/projects/1/shares/99/`)).status).toBe(404);
  expect((await admin.get(path)).body).toEqual(shared);
});

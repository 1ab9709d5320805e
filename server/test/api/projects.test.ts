import { expect, test } from "vitest";
import { tone } from "../audio.ts";
import { startServer } from "../harness.ts";

test("a project is made with defaults, read, changed, replaced and deleted", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const made = await admin.send("POST", "/api/projects/", { title: " Interviews " });
  expect(made.status).toBe(201);
  expect(made.body).toEqual({
    id: 2,
    title: "Interviews",
    kind: "audio",
    audio_file_type: "interview",
    return_timestamps: true,
    language: "auto",
    speakers_expected: null,
    owner: 1,
    team: null,
    role: "owner",
    file_count: 0,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  });
  const change = { language: "de", speakers_expected: 2, return_timestamps: "off" };
  const changed = await admin.send("PATCH", "/api/projects/2/", change);
  expect(changed.body).toMatchObject({
    title: "Interviews",
    language: "de",
    speakers_expected: 2,
    return_timestamps: false,
  });
  const replaced = await admin.send("PUT", "/api/projects/2/", { title: "Calls", audio_file_type: "call" });
  expect(replaced.body).toMatchObject({ title: "Calls", audio_file_type: "call", language: "de" });
  expect((await admin.send("PUT", "/api/projects/2/", {})).body).toEqual({
    title: ["This field is required."],
  });
  expect(await admin.send("DELETE", "/api/projects/2/")).toMatchObject({ status: 204, body: "" });
  expect(await admin.get("/api/projects/2/")).toMatchObject({ status: 404, body: { detail: "Not found." } });
});

test("every faulty field is named in one answer", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const faulty = {
    kind: "video",
    audio_file_type: null,
    return_timestamps: "perhaps",
    language: "klingon",
    speakers_expected: 0,
  };
  const answer = await admin.send("POST", "/api/projects/", faulty);
  expect(answer).toMatchObject({
    status: 400,
    body: {
      title: ["This field is required."],
      kind: ['"video" is not a valid choice.'],
      audio_file_type: ["This field may not be null."],
      return_timestamps: ["Must be a valid boolean."],
      language: ['"klingon" is not a valid choice.'],
      speakers_expected: ["Ensure this value is greater than or equal to 1."],
    },
  });
});

test("another user's project does not exist, whatever is asked of it", async () => {
  const { admin, user } = await startServer({ roles: ["api"] });
  const stranger = await user("stranger@example.org");
  for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
    expect(
      await stranger.send(method, "/api/projects/1/", method === "GET" ? undefined : { title: "mine now" }),
    ).toMatchObject({
      status: 404,
      body: { detail: "Not found." },
    });
  }
  expect((await stranger.get("/api/projects/")).body.count).toBe(0);
  const upload = await stranger.upload(await tone());
  expect(upload).toMatchObject({
    status: 400,
    body: { project: ['Invalid pk "1" - object does not exist.'] },
  });
  expect((await stranger.get("/api/files/?project=1")).status).toBe(400);
  expect((await admin.get("/api/projects/1/")).body.title).toBe("My first project");
});

test("lists are filtered, searched without regard to case, and ordered", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  for (const title of ["Ärzte 50%", "Pflege", "ärztin"])
    await admin.send("POST", "/api/projects/", { title });
  await admin.send("POST", "/api/projects/", { title: "Umfrage", kind: "survey" });
  const titles = async (query: string): Promise<string[]> =>
    (await admin.get(`/api/projects/?${query}`)).body.results.map(
      (project: { title: string }) => project.title,
    );
  expect(await titles("search=ÄRZT&ordering=-id")).toEqual(["ärztin", "Ärzte 50%"]);
  expect(await titles("search=%25")).toEqual(["Ärzte 50%"]);
  expect(await titles("kind=survey")).toEqual(["Umfrage"]);
  expect(await titles("ordering=title&page_size=1&page=2")).toEqual(["Pflege"]);
});

test("deleting a project deletes its files, transcripts, tasks and blobs", async () => {
  const { admin, app } = await startServer({ roles: ["api"] });
  expect((await admin.upload(await tone())).status).toBe(201);
  expect((await admin.send("DELETE", "/api/projects/1/")).status).toBe(204);
  for (const table of ["files", "transcripts", "tasks", "deliveries", "doomed_blobs"] as const)
    expect(await app.db.selectFrom(table).selectAll().execute()).toEqual([]);
});

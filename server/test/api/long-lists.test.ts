import { expect, test } from "vitest";
import type { Actor } from "../../src/accounts/users.ts";
import type { Database } from "../../src/database/open.ts";
import { searchFor, visibleCount } from "../../src/projects/access.ts";
import { type Client, startServer } from "../harness.ts";

const NOW = "2026-05-17T14:02:11.000Z";
const MANY = 60;
const FEW = 6;

/** Files of two users, in turn, with names and times in other orders than their ids. */
async function putFiles(db: Database, projects: { many: number; few: number }): Promise<void> {
  for (let n = 1; n <= MANY + FEW; n++) {
    const isFew = n % 11 === 0;
    const { id } = await db
      .insertInto("files")
      .values({
        project_id: isFew ? projects.few : projects.many,
        uploaded_by: 1,
        original_filename: `${(n * 7) % 10} ${n}.wav`,
        file_type: n % 2 ? "audio" : "csv",
        blob_key: n.toString(16).padStart(32, "0"),
        size_bytes: 1,
        sha256: "",
        duration_seconds: n % 5,
        uploaded_at: new Date(Date.parse(NOW) + ((n * 37) % 100) * 1000).toISOString(),
      })
      .returning("id")
      .executeTakeFirstOrThrow();
    const transcript = { file_id: id, speakers_json: "[]", missing_json: "[]", evidence_json: "[]" };
    await db
      .insertInto("transcripts")
      .values({ ...transcript, status: n % 3 ? "transcribed" : "failed", created_at: NOW, updated_at: NOW })
      .execute();
  }
}

interface Item {
  id: number;
  [field: string]: number | string;
}

async function walkThrough(client: Client, path: string, query: string): Promise<Item[]> {
  const items: Item[] = [];
  const counts = new Set<number>();
  let next: string | null = `${path}?page_size=7&${query}`;
  while (next) {
    const { body } = await client.get(next);
    items.push(...body.results);
    counts.add(body.count);
    next = body.next;
  }
  expect([...counts]).toEqual([items.length]);
  return items;
}

function sorted(items: Item[], field: string, descending: boolean): Item[] {
  const sign = descending ? -1 : 1;
  return items.toSorted((a, b) => {
    const [x, y] = [a[field] ?? 0, b[field] ?? 0];
    return x === y ? a.id - b.id : x < y ? -sign : sign;
  });
}

function actor(userId: number): Actor {
  return { userId, isAdmin: false, via: "api_key", sessionId: null };
}

test("a list is whole and in order, whether it walks through everybody's rows or seeks its own", async () => {
  const { admin, app, user } = await startServer({ roles: ["api"] });
  const other = await user("other@example.org");
  const { body: few } = await other.send("POST", "/api/projects/", { title: "few" });
  await putFiles(app.db, { many: 1, few: few.id });
  const window = { limit: 7, offset: 0 };
  expect(await searchFor(app.db, await visibleCount(app.db, actor(1), "file_count"), window)).toBe("walk");
  expect(await searchFor(app.db, await visibleCount(app.db, actor(2), "file_count"), window)).toBe("seek");
  for (const [client, count] of [
    [admin, MANY],
    [other, FEW],
  ] as const) {
    const files = await walkThrough(client, "/api/files/", "");
    expect(files.length).toBe(count);
    for (const field of ["id", "uploaded_at", "original_filename", "duration_seconds"])
      for (const sign of ["", "-"])
        expect(await walkThrough(client, "/api/files/", `ordering=${sign}${field}`)).toEqual(
          sorted(files, field, sign === "-"),
        );
    const transcripts = await walkThrough(client, "/api/transcripts/", "ordering=-id");
    expect(transcripts.map(({ file }) => file)).toEqual(sorted(files, "id", true).map(({ id }) => id));
  }
}, 30_000);

test("filters narrow a list and its count", async () => {
  const { admin, app } = await startServer({ roles: ["api"] });
  const { body: other } = await admin.send("POST", "/api/projects/", { title: "other" });
  await putFiles(app.db, { many: 1, few: other.id });
  const files = await walkThrough(admin, "/api/files/", "");
  const wanted: [query: string, matches: (item: Item) => boolean][] = [
    ["status=failed", (file) => file["status"] === "failed"],
    ["status=uploaded", (file) => file["status"] === "uploaded"],
    ["file_type=csv", (file) => file["file_type"] === "csv"],
    [`project=${other.id}`, (file) => file["project"] === other.id],
    ["project=1&status=transcribed", (file) => file["project"] === 1 && file["status"] === "transcribed"],
    ["search=3", (file) => String(file["original_filename"]).includes("3")],
  ];
  for (const [query, matches] of wanted)
    expect(await walkThrough(admin, "/api/files/", query)).toEqual(files.filter(matches));
});

/** What the projects counted, next to what is there. */
async function counts(db: Database) {
  const kept = await db
    .selectFrom("projects")
    .select(["id", "file_count", "transcript_count", "task_count"])
    .execute();
  const files = await db.selectFrom("files").select(["id", "project_id"]).execute();
  const transcripts = await db.selectFrom("transcripts").select("file_id").execute();
  const tasks = await db.selectFrom("tasks").select("file_id").execute();
  const counted = kept.map(({ id }) => {
    const own = new Set(files.filter((file) => file.project_id === id).map((file) => file.id));
    return {
      id,
      file_count: own.size,
      transcript_count: transcripts.filter(({ file_id }) => own.has(file_id)).length,
      task_count: tasks.filter(({ file_id }) => own.has(file_id)).length,
    };
  });
  return { kept, counted };
}

test("what projects count follows every way in which files, transcripts and tasks come and go", async () => {
  const { admin, app } = await startServer({ roles: ["api"] });
  const { body: other } = await admin.send("POST", "/api/projects/", { title: "other" });
  await putFiles(app.db, { many: 1, few: other.id });
  const steps: (() => Promise<unknown>)[] = [
    () => admin.send("POST", "/api/files/1/transcribe/"),
    () => admin.send("POST", "/api/files/3/transcribe/"),
    () => admin.send("DELETE", "/api/files/3/"),
    () => app.db.deleteFrom("files").where("id", "in", [2, 11]).execute(),
    () => app.db.deleteFrom("transcripts").where("file_id", "=", 5).execute(),
    () => app.db.deleteFrom("tasks").execute(),
    () => admin.send("DELETE", `/api/projects/${other.id}/`),
  ];
  for (const step of steps) {
    await step();
    const { kept, counted } = await counts(app.db);
    expect(kept).toEqual(counted);
  }
  const { body } = await admin.get("/api/projects/1/");
  expect(body.file_count).toBe(MANY - 2);
  for (const [kind, count] of [
    ["files", MANY - 2],
    ["transcripts", MANY - 3],
    ["tasks", 0],
  ] as const)
    expect((await admin.get(`/api/${kind}/`)).body.count).toBe(count);
});

import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase } from "../../src/database/open.ts";
import { spoken, tone } from "../audio.ts";
import { type Client, dataFolder, startProcess } from "../harness.ts";

/** Kills of each kind; `KILLS=20` runs the full measure. */
const KILLS = Number(process.env["KILLS"] ?? 4);

const VARIABLES = { USPEECH_TRIAL_MINUTES: "30", USPEECH_RATE_LIMIT: "100000/min" };

interface Entry {
  seconds: number;
  task: number;
}

/** What the ledger must hold for a task in each state, besides its reservation. */
const ENDS: Record<string, string[]> = {
  queued: [],
  running: [],
  succeeded: ["settle"],
  failed: ["release"],
  cancelled: ["release"],
};

/** Compares the ledger with the tasks, in one reading of the database between two lives of the server. */
async function ledgerFaults(dataDir: string): Promise<string[]> {
  const db = await openDatabase(join(dataDir, "uspeech.sqlite"));
  try {
    const { tasks, entries } = await db.transaction().execute(async (tx) => ({
      tasks: await tx.selectFrom("tasks").select(["id", "status"]).execute(),
      entries: await tx.selectFrom("usage_entries").selectAll().orderBy("id").execute(),
    }));
    const known = new Map<number | null, string>(tasks.map(({ id, status }) => [id, status]));
    const ids = new Set([...known.keys(), ...entries.map((entry) => entry.task_id)]);
    return [...ids].flatMap((id) => {
      const kinds = entries.filter((entry) => entry.task_id === id).map((entry) => entry.kind);
      const status = known.get(id);
      // A deleted file takes its task along; what was reserved for it has ended.
      const expected = status
        ? [["reserve", ...(ENDS[status] ?? [])]]
        : [
            ["reserve", "release"],
            ["reserve", "settle"],
          ];
      return expected.some((one) => one.join() === kinds.join())
        ? []
        : [`task ${id} (${status}): ${kinds.join()}`];
    });
  } finally {
    await db.destroy();
  }
}

/** Uploads, cancels, retries and deletes at once, as far as the server lives. */
async function bustle(client: Client, speech: string, silence: string): Promise<void> {
  const uploads = await Promise.all([speech, silence, silence, speech].map((path) => client.upload(path)));
  const [, failing, cancelled, deleted] = uploads.map(({ body }) => body);
  await Promise.all([
    client.send("POST", `/api/tasks/${cancelled.task}/cancel/`),
    client.send("DELETE", `/api/files/${deleted.id}/`),
  ]);
  await client.send("POST", `/api/tasks/${cancelled.task}/retry/`);
  await client.settled(failing.id);
  await client.send("POST", `/api/files/${failing.id}/transcribe/`);
}

test("after any kill the ledger equals what the tasks say, and in the end nobody paid twice or lost a minute", async () => {
  const speech = await spoken("Just one short sentence, so that many are done between two kills.");
  const silence = await tone(3);
  const dataDir = await dataFolder();
  for (let kill = 0; kill < KILLS; kill++) {
    const server = await startProcess(dataDir, VARIABLES);
    const work = bustle(server.client, speech, silence).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * 4000));
    await server.kill();
    await work;
    expect(await ledgerFaults(dataDir)).toEqual([]);
  }
  const last = await startProcess(dataDir, VARIABLES);
  const { client } = last;
  const { body } = await client.get("/api/files/?page_size=100");
  for (const { id } of body.results) await client.settled(id);

  const { results: entries } = (await client.get("/api/usage/entries/?kind=settle&page_size=100")).body;
  const charged = new Map<number, number>(entries.map((entry: Entry) => [entry.task, entry.seconds]));
  const { results: transcripts } = (await client.get("/api/transcripts/?page_size=100")).body;
  const spokenSeconds = new Map(
    transcripts.map((one: { file: number; speech_seconds: number }) => [one.file, one.speech_seconds]),
  );
  expect((await client.get("/api/admin/failures/?error_reason=upstream")).body.results).toEqual([]);
  const { results: tasks } = (await client.get("/api/tasks/?status=succeeded&page_size=100")).body;
  expect(tasks.length).toBeGreaterThan(0);
  for (const { id, file } of tasks) expect(charged.get(id)).toBe(Math.ceil(Number(spokenSeconds.get(file))));
  const total = [...charged.values()].reduce((sum, seconds) => sum + seconds, 0);
  expect((await client.get("/api/usage/")).body).toMatchObject({
    minutes_reserved: 0,
    minutes_used: Number((total / 60).toFixed(4)),
    minutes_remaining: Number((30 - total / 60).toFixed(4)),
  });
  await last.kill();
  expect(await ledgerFaults(dataDir)).toEqual([]);
}, 300_000);

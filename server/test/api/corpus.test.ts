import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Client, startServer } from "../harness.ts";
import { jsonLines, SPEECH_FOLDER } from "../shared.ts";

interface Recording {
  path: string;
  kind: string;
  dataset: string;
  decodes?: boolean;
}

interface Result {
  path: string;
  status: number;
  /** What was wrong with the upload, or what became of it. */
  said: string;
  text: string;
}

const UPLOADS_AT_ONCE = 4;

async function tryOut(client: Client, recordings: Recording[]): Promise<Result[]> {
  const results: Result[] = [];
  const queue = recordings.values();
  const lane = async (): Promise<void> => {
    for (const { path } of queue) results.push(await tryOne(client, path));
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, lane));
  return results;
}

async function tryOne(client: Client, path: string): Promise<Result> {
  const { status, body } = await client.upload(join(SPEECH_FOLDER ?? "", path));
  if (status !== 201) return { path, status, said: body.file?.[0] ?? JSON.stringify(body), text: "" };
  const file = await client.settled(body.id);
  const transcript = (await client.get(`/api/transcripts/${file.transcript}/`)).body;
  return { path, status, said: file.error_detail?.message ?? file.status, text: transcript.text };
}

describe.runIf(SPEECH_FOLDER)("recordings of every kind, whole and broken, over HTTP", () => {
  const all = SPEECH_FOLDER ? jsonLines<Recording>(join(SPEECH_FOLDER, "manifest.jsonl")) : [];

  test("each is transcribed or refused with a sentence, and nothing of any is left behind", async () => {
    const { admin, dataDir } = await startServer();
    const odd = all.filter(({ kind }) => kind === "format" || kind === "malformed");
    const results = await tryOut(admin, odd);
    for (const result of results) {
      expect(result).toMatchObject({
        status: expect.toBeOneOf([201, 400]),
        said: expect.stringMatching(/^(transcribed|[A-Z].*\.)$/),
      });
    }
    const kept = results.filter(({ status }) => status === 201).length;
    const blobs = await readdir(join(dataDir, "blobs"), { recursive: true, withFileTypes: true });
    expect(blobs.filter((entry) => entry.isFile())).toHaveLength(kept);
    const scratch = await readdir(join(dataDir, "tmp"), { recursive: true, withFileTypes: true });
    expect(scratch.filter((entry) => entry.isFile())).toEqual([]);
    expect((await admin.get("/healthz")).status).toBe(200);
  });

  test("one sentence in many containers and codecs gives the same words", async () => {
    const { admin } = await startServer({ env: { USPEECH_MODEL: "moonshine-base" } });
    const results = await tryOut(
      admin,
      all.filter(({ dataset }) => dataset === "formats_jfk"),
    );
    const differing = results.filter(
      ({ text }) => !/fellow america.*country can do for you.*do for your country/is.test(text),
    );
    expect(differing).toEqual([]);
  });
});

import { expect, test } from "vitest";
import { createLog } from "../../src/observe/log.ts";
import { spoken } from "../audio.ts";
import { startServer } from "../harness.ts";
import { startOpenAiServer } from "../openai-server.ts";

const TEXT = "We walked along the river until the evening came.";

test("a recording is transcribed by a server elsewhere, which is told no more than it needs", async () => {
  await using elsewhere = await startOpenAiServer({
    key: "sk-elsewhere",
    hears: ({ seconds }) => {
      const words = TEXT.split(" ");
      const length = seconds / (words.length + 2);
      const times = words.map((word, i) => ({ word, start: (i + 1) * length, end: (i + 2) * length }));
      return { text: TEXT, words: times, language: "welsh", averageLogProbability: -0.1 };
    },
  });
  const { admin } = await startServer({
    env: {
      USPEECH_MODEL: "openai",
      USPEECH_OPENAI_URL: elsewhere.url,
      USPEECH_OPENAI_MODEL: "openai/whisper-large-v3",
      USPEECH_OPENAI_API_KEY: "sk-elsewhere",
    },
  });
  expect((await admin.get("/readyz")).body.checks.model).toBe("ok");
  const { body: file } = await admin.upload(await spoken(TEXT));
  expect((await admin.settled(file.id)).status).toBe("transcribed");
  const { body: list } = await admin.get(`/api/transcripts/?file=${file.id}`);
  const { body } = await admin.get(`/api/transcripts/${list.results[0].id}/?words=true`);
  expect(body).toMatchObject({ text: TEXT, model: "openai/whisper-large-v3", language: "cy" });
  const words = body.turns.flatMap((turn: { words: { timing: string; confidence: number }[] }) => turn.words);
  expect(new Set(words.map(({ timing }: { timing: string }) => timing))).toEqual(new Set(["model"]));
  expect(words[0].confidence).toBeCloseTo(Math.exp(-0.1));
  expect(elsewhere.calls[0]).toMatchObject({ language: null, authorization: "Bearer sk-elsewhere" });
});

test("a project's language is passed on, and one that the server's model does not speak is refused", async () => {
  await using elsewhere = await startOpenAiServer({ hears: () => ({ text: TEXT }) });
  const { admin } = await startServer({
    env: {
      USPEECH_MODEL: "openai",
      USPEECH_OPENAI_URL: elsewhere.url,
      USPEECH_OPENAI_MODEL: "whisper-1",
      USPEECH_OPENAI_LANGUAGES: ["en", "de"],
    },
  });
  const recording = await spoken(TEXT);
  const project = async (language: string): Promise<number> =>
    (await admin.send("POST", "/api/projects/", { title: language, language })).body.id;
  const { body: german } = await admin.upload(recording, { project: await project("de") });
  expect((await admin.settled(german.id)).status).toBe("transcribed");
  expect(elsewhere.calls.map(({ language }) => language)).toEqual(["de"]);
  const { body: french } = await admin.upload(recording, { project: await project("fr") });
  expect((await admin.settled(french.id)).status).toBe("failed");
  expect(elsewhere.calls).toHaveLength(1);
});

test("readiness asks the server that recognises, seldom, and says when it is away or refuses the key", async () => {
  await using elsewhere = await startOpenAiServer({ key: "sk-elsewhere" });
  let now = Date.now();
  const started = (USPEECH_OPENAI_URL: string, USPEECH_OPENAI_API_KEY: string) =>
    startServer({
      roles: ["api"],
      log: createLog("silent"),
      now: () => new Date(now),
      env: {
        USPEECH_MODEL: "openai",
        USPEECH_OPENAI_URL,
        USPEECH_OPENAI_MODEL: "whisper-1",
        USPEECH_OPENAI_API_KEY,
      },
    });
  const { admin } = await started(elsewhere.url, "sk-elsewhere");
  const answers = await Promise.all([1, 2, 3].map(() => admin.get("/readyz")));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(elsewhere.checks).toBe(1);

  elsewhere.manners.key = "sk-another";
  expect((await admin.get("/readyz")).status).toBe(200);
  now += 5_000;
  expect(await admin.get("/readyz")).toMatchObject({ status: 503, body: { checks: { model: "failed" } } });
  expect(elsewhere.checks).toBe(2);

  const nowhere = await started("http://127.0.0.1:9/v1", "sk-elsewhere");
  expect(await nowhere.admin.get("/readyz")).toMatchObject({
    status: 503,
    body: { checks: { database: "ok", model: "failed" } },
  });
  const unlisted = await started(`${elsewhere.url}/other`, "sk-another");
  expect((await unlisted.admin.get("/readyz")).status).toBe(200);
});

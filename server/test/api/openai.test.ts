import { expect, test } from "vitest";
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

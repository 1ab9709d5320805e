import { writeFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { voiceModel } from "../../test/onnx/voice-model.ts";
import { clipOf, temporaryFolder, writeSpool } from "../../test/spools.ts";
import { tellApart, type Talk } from "../../test/told.ts";
import { conversation, SENTENCES, type Line } from "../../test/voices.ts";
import type { SpeechSpan } from "../speech/recogniser.ts";
import { DIARIZATION } from "./diarize.ts";
import { createDiarizer } from "./diarizer.ts";

const folder = await temporaryFolder();
beforeAll(() => () => folder[Symbol.asyncDispose]());

const builtIn = createDiarizer({ voiceModel: async () => null });

async function recorded(lines: readonly Line[]): Promise<Talk> {
  const { samples, spans } = conversation(lines);
  return { clip: clipOf(await writeSpool(folder.path, samples)), spans, expected: null };
}

function saidBy(...voices: Line["voice"][]): Line[] {
  return [...SENTENCES, ...SENTENCES.toReversed()].map((text, i) => ({
    text,
    voice: voices[i % voices.length] ?? "m1",
  }));
}

function samplesIn(spans: readonly SpeechSpan[]): number {
  return spans.reduce((sum, { startSample, endSample }) => sum + endSample - startSample, 0);
}

const never = new AbortController().signal;

describe("the built-in method", () => {
  test("tells two voices apart, counts them in the order of appearance, and is sure", async () => {
    const asked = await recorded(saidBy("f4", "m3"));
    const { speakers, stretches, certainty } = await tellApart(builtIn, asked, never);
    expect(speakers).toBe(2);
    expect(certainty).toBeGreaterThan(DIARIZATION.certaintyMin);
    const speakersOfLines = asked.spans.map(
      ({ startSample, endSample }) =>
        stretches.find(
          (stretch) =>
            stretch.startSample <= (startSample + endSample) / 2 &&
            stretch.endSample > (startSample + endSample) / 2,
        )?.speaker,
    );
    expect(speakersOfLines).toEqual(asked.spans.map((_, i) => i % 2));
  });

  test.each(["f2", "m1", "m7"] as const)("leaves one speaker one: %s", async (voice) => {
    const { speakers, certainty, stretches } = await tellApart(builtIn, await recorded(saidBy(voice)), never);
    expect({ speakers, certainty }).toEqual({ speakers: 1, certainty: null });
    expect(new Set(stretches.map(({ speaker }) => speaker))).toEqual(new Set([0]));
  });

  test("covers all of the speech and nothing else", async () => {
    const asked = await recorded(saidBy("f4", "m3"));
    const { stretches } = await tellApart(builtIn, asked, never);
    expect(samplesIn(stretches)).toBe(samplesIn(asked.spans));
  });

  test("gives the same answer again", async () => {
    const asked = await recorded(saidBy("f4", "m3", "m7"));
    expect(await tellApart(builtIn, asked, never)).toEqual(await tellApart(builtIn, asked, never));
  });

  test("tells no more people apart than are said to speak, and not more than there are", async () => {
    const three = await recorded(saidBy("f4", "m3", "m7"));
    expect((await tellApart(builtIn, { ...three, expected: 1 }, never)).speakers).toBe(1);
    expect((await tellApart(builtIn, { ...three, expected: 2 }, never)).speakers).toBe(2);
    const one = await recorded(saidBy("m1"));
    expect((await tellApart(builtIn, { ...one, expected: 2 }, never)).speakers).toBe(1);
  });
});

test("a speaker model is asked in place of the built-in method: one that hears no difference tells nobody apart", async () => {
  const path = `${folder.path}/voice.onnx`;
  await writeFile(path, voiceModel());
  const byModel = createDiarizer({ voiceModel: async () => ({ path }) });
  const asked = await recorded(saidBy("f4", "m3"));
  const { speakers, stretches } = await tellApart(byModel, asked, never);
  expect(speakers).toBe(1);
  expect(samplesIn(stretches)).toBe(samplesIn(asked.spans));
  expect((await tellApart(builtIn, asked, never)).speakers).toBe(2);
});

describe("a process that fails", () => {
  test("rejects: a model that is none", async () => {
    const path = `${folder.path}/broken.onnx`;
    await writeFile(path, "this is no model");
    const broken = createDiarizer({ voiceModel: async () => ({ path }) });
    await expect(tellApart(broken, await recorded(saidBy("f4", "m3")), never)).rejects.toThrow(
      /process that tells speakers apart ended/u,
    );
  });

  test("rejects: no time", async () => {
    const limits = { startMs: 1, callMsPerAudioSecond: 0 };
    const slow = createDiarizer({ voiceModel: async () => null, limits });
    await expect(tellApart(slow, await recorded(saidBy("f4", "m3")), never)).rejects.toThrow(/SIGKILL/u);
  });

  test("rejects: audio that is gone", async () => {
    const asked = await recorded(saidBy("f4", "m3"));
    const spool = { ...asked.clip.spool, path: `${folder.path}/gone` };
    await expect(tellApart(builtIn, { ...asked, clip: { ...asked.clip, spool } }, never)).rejects.toThrow(
      /ENOENT/u,
    );
  });
});

test("a stop rejects with its reason", async () => {
  const stop = new AbortController();
  const reason = new Error("stopped by hand");
  const told = tellApart(builtIn, await recorded(saidBy("f4", "m3")), stop.signal);
  stop.abort(reason);
  await expect(told).rejects.toBe(reason);
});

test("gives the same answer for speech that comes bit by bit, and is not asked before all of it came", async () => {
  const talk = await recorded(saidBy("f4", "m3"));
  using listener = builtIn.listen(talk, never);
  for (const span of talk.spans) {
    listener.add([span]);
    await setImmediate();
  }
  expect(await listener.tellApart()).toEqual(await tellApart(builtIn, talk, never));
});

import { beforeAll, describe, expect, test } from "vitest";
import { BEEP_SECONDS, beeps, type Beep } from "../../test/onnx/beeps.ts";
import { writeFiles } from "../../test/onnx/files.ts";
import { senseVoice } from "../../test/onnx/sense-voice.ts";
import { parakeetTransducer, zipformerTransducer } from "../../test/onnx/transducers.ts";
import { whisper } from "../../test/onnx/whisper.ts";
import { temporaryFolder } from "../../test/spools.ts";
import type { Recogniser } from "./recogniser.ts";
import { SHERPA_FAMILIES } from "./sherpa-families.ts";
import { loadSherpa } from "./sherpa.ts";

const folder = await temporaryFolder();
beforeAll(() => () => folder[Symbol.asyncDispose]());

const SOUNDS: Beep[] = [
  { start: 0.5, pitch: "low" },
  { start: 1.5, pitch: "high" },
  { start: 2.5, pitch: "high" },
];

const CLIP = beeps(SOUNDS, 4);

describe.each([
  {
    family: "zipformer-transducer",
    files: zipformerTransducer(),
    stepSeconds: 0.04,
    tokenSeconds: [null, null],
  },
  { family: "nemo-transducer", files: parakeetTransducer(), stepSeconds: 0.08, tokenSeconds: [0.16, 0.08] },
] as const)("a model of the family $family", ({ family, files, stepSeconds, tokenSeconds }) => {
  let recogniser: Recogniser;

  beforeAll(async () => {
    recogniser = await loadSherpa({ family, paths: await writeFiles(folder.path, files), threads: 1 });
  });

  test("writes what is said, with tokens that make up the text", async () => {
    const { text, tokens, language } = await recogniser.recognise(CLIP, { language: null });
    expect({ text, language }).toEqual({ text: "boop beep beep", language: null });
    expect(tokens.map((token) => token.text)).toEqual([" bo", "op", " be", "ep", " be", "ep"]);
  });

  test("says when each token is said, to a step of the model, and how sure it is", async () => {
    const { tokens } = await recogniser.recognise(CLIP, { language: null });
    const starts = tokens.map(({ start }) => start ?? -1);
    for (const [i, { start }] of SOUNDS.entries()) {
      expect(Math.abs((starts[2 * i] ?? -1) - start)).toBeLessThan(stepSeconds);
      expect(starts[2 * i + 1]).toBeGreaterThan(starts[2 * i] ?? Infinity);
      expect(starts[2 * i + 1]).toBeLessThan(start + BEEP_SECONDS);
    }
    for (const { confidence } of tokens) {
      expect(confidence).toBeGreaterThan(0.4);
      expect(confidence).toBeLessThan(1);
    }
  });

  test("hears nothing in silence, be it a room's or digital", async () => {
    for (const silence of [beeps([], 4), new Float32Array(CLIP.length)])
      expect(await recogniser.recognise(silence, { language: null })).toEqual({
        text: "",
        tokens: [],
        language: null,
      });
  });

  test("says how long each token lasts where the model knows", async () => {
    const { tokens } = await recogniser.recognise(CLIP, { language: null });
    const lengths = tokens.map(({ start, end }) => (end === null ? null : thousandths(end - (start ?? 0))));
    expect(lengths).toEqual(SOUNDS.flatMap(() => tokenSeconds));
  });
});

function thousandths(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

async function loadWhisper(withAttention: boolean): Promise<Recogniser> {
  const paths = await writeFiles(folder.path, whisper(withAttention));
  return loadSherpa({ family: "whisper", paths, threads: 1 });
}

/** Language and text of a clip. */
function heardBy(recogniser: Recogniser) {
  return async (samples: Float32Array, given: string | null): Promise<[string | null, string]> => {
    const { language, text } = await recogniser.recognise(samples, { language: given });
    return [language, text];
  };
}

describe("a Whisper", () => {
  let timed: Recogniser;
  let untimed: Recogniser;

  beforeAll(async () => {
    [timed, untimed] = [await loadWhisper(true), await loadWhisper(false)];
  });

  test("writes in the language that it is given, clip by clip, and else in the one that it hears", async () => {
    const mostlyLow = beeps([...SOUNDS, { start: 3.4, pitch: "low" }, { start: 4.2, pitch: "low" }], 5);
    const heard = heardBy(timed);
    expect(await heard(CLIP, "de")).toEqual(["de", "Piep Piep Piep"]);
    expect(await heard(CLIP, null)).toEqual(["en", "beep beep beep"]);
    expect(await heard(mostlyLow, "en")).toEqual(["en", "beep beep beep beep beep"]);
    expect(await heard(mostlyLow, null)).toEqual(["de", "Piep Piep Piep Piep Piep"]);
  });

  test("says when each token is said, but the first, if its export tells what it attends to", async () => {
    const { tokens } = await timed.recognise(CLIP, { language: null });
    const [first, ...others] = tokens.map(({ start }) => start ?? -1);
    // Nothing comes before the first token that could end where it begins.
    expect(first).toBe(0);
    for (const [i, start] of others.entries())
      expect(Math.abs(start - (SOUNDS[i + 1]?.start ?? 0))).toBeLessThan(0.04);
    expect(tokens.at(-1)?.end).toBeCloseTo(2.5 + BEEP_SECONDS, 1);
  });

  test("has no times otherwise", async () => {
    const { text, tokens } = await untimed.recognise(CLIP, { language: null });
    expect(text).toBe("beep beep beep");
    for (const { start, end } of tokens) expect([start, end]).toEqual([null, null]);
  });

  test("writes all of fast speech, though sherpa-onnx lets it write six tokens for each second", async () => {
    const sounds = Array.from({ length: 20 }, (_, i): Beep => {
      return { start: 0.2 + i * 0.12, pitch: "high", seconds: 0.06 };
    });
    const { tokens } = await timed.recognise(beeps(sounds, 2.6), { language: "en" });
    expect(tokens).toHaveLength(sounds.length);
  });

  test("writes the longest clip to its end, at seven tokens a second", async () => {
    const seconds = SHERPA_FAMILIES.whisper.clipSecondsMax;
    const sounds = Array.from({ length: 7 * (seconds - 1) }, (_, i): Beep => {
      return { start: seconds - 0.2 - i / 7, pitch: "high", seconds: 0.06 };
    });
    const { tokens } = await timed.recognise(beeps(sounds, seconds), { language: "en" });
    expect(tokens).toHaveLength(sounds.length);
    expect(tokens.at(-1)?.start).toBeCloseTo(seconds - 0.2, 1);
  });

  test("hears nothing in silence", async () => {
    const recognition = await timed.recognise(beeps([], 4), { language: "de" });
    expect(recognition).toEqual({ text: "", tokens: [], language: "de" });
  });
});

describe("a SenseVoice", () => {
  let recogniser: Recogniser;

  beforeAll(async () => {
    const paths = await writeFiles(folder.path, senseVoice());
    recogniser = await loadSherpa({ family: "sense-voice", paths, threads: 1 });
  });

  test("writes with capitals and digits as people do, and says when each token begins, to its step of 60 ms", async () => {
    const { text, tokens } = await recogniser.recognise(CLIP, { language: null });
    expect(text).toBe("Boop Beep Beep");
    expect(tokens.map((token) => token.text)).toEqual([" Boop", " Beep", " Beep"]);
    for (const [i, { start, end }] of tokens.entries()) {
      expect(Math.abs((start ?? -1) - (SOUNDS[i]?.start ?? 0))).toBeLessThan(0.06);
      expect(end).toBeNull();
    }
  });

  test("says which language it hears, whatever is given, and none in silence", async () => {
    const heard = heardBy(recogniser);
    expect(await heard(CLIP, null)).toEqual(["en", "Boop Beep Beep"]);
    expect(await heard(beeps([{ start: 1, pitch: "low" }], 2), "en")).toEqual(["ja", "Boop"]);
    expect(await heard(beeps([], 4), null)).toEqual([null, ""]);
  });
});

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { spoken } from "../../test/audio.ts";
import { joinedWords, synthesisedWords, type KnownClip } from "../../../bench/lib/alignment/known-words.ts";
import { randomFrom, samplesOf, withNoise } from "../../../bench/lib/alignment/sound.ts";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { alignWords } from "./align.ts";

const TEXT =
  "seven people walked across the bridge and found nothing but water under every stone they could move";

/** Words one after the other, so that their edges are known. */
let clips: KnownClip[];

beforeAll(async () => {
  clips = joinedWords((await synthesisedWords(TEXT.split(" "))) ?? [], 4, "given");
});

function errorsOf(change: (samples: Float32Array) => Float32Array): number[] {
  const errors = clips.flatMap(({ samples, words }) => {
    const aligned = alignWords(
      change(samples),
      words.map(({ text }) => text),
    );
    return words.map(({ start }, i) => Math.abs((aligned?.[i]?.start ?? Infinity) - start));
  });
  return errors.sort((a, b) => a - b);
}

function medianOf(errors: readonly number[]): number {
  return errors[Math.floor(errors.length / 2)] ?? Infinity;
}

describe("words that are said", () => {
  test("are found where they are", () => {
    expect(medianOf(errorsOf((samples) => samples))).toBeLessThan(0.05);
  });

  test("are found in noise", () => {
    expect(medianOf(errorsOf((samples) => withNoise(samples, 15, randomFrom(1))))).toBeLessThan(0.08);
  });

  test("are found alike at any level", () => {
    expect(errorsOf((samples) => samples.map((sample) => sample / 300))).toEqual(
      errorsOf((samples) => samples),
    );
  });

  test("explain the sound better than words that are not", async () => {
    const samples = await samplesOf(await spoken("the old river runs slowly through the valley"));
    const fitOf = (text: string): number =>
      (alignWords(samples, text.split(" ")) ?? []).reduce(
        (sum, { fit, start, end }) => sum + fit * (end - start),
        0,
      );
    expect(fitOf("the old river runs slowly through the valley")).toBeGreaterThan(
      fitOf("please check my second invoice before Monday"),
    );
  });

  test("are squeezed where there is no room for them", async () => {
    const samples = await samplesOf(await spoken("good morning"));
    const invented = "good morning and welcome to our show".split(" ");
    const squeezes = (alignWords(samples, invented) ?? []).map(({ squeeze }) => squeeze);
    expect(squeezes.filter((squeeze) => squeeze > 0.8).length).toBeGreaterThanOrEqual(2);
  });
});

describe("any words in any sound", () => {
  const words = fc.array(
    fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("a", "1965", "東京", "strengths", "Ok.")),
    {
      maxLength: 30,
    },
  );
  const sound = fc.tuple(
    fc.integer({ min: 0, max: 3 * SAMPLE_RATE_HZ }),
    fc.integer(),
    fc.constantFrom(0, 1e-4, 1),
  );

  test("come in order, inside the clip, or not at all", () => {
    fc.assert(
      fc.property(words, sound, (texts, [length, seed, level]) => {
        const random = randomFrom(seed);
        const samples = Float32Array.from({ length }, () => level * (2 * random() - 1));
        const aligned = alignWords(samples, texts);
        if (aligned === null) return;
        expect(aligned).toHaveLength(texts.length);
        let reached = 0;
        for (const { start, end, fit, squeeze } of aligned) {
          expect(start).toBeGreaterThanOrEqual(reached);
          expect(end).toBeGreaterThan(start);
          expect(fit).toBeLessThanOrEqual(0);
          expect(squeeze).toBeLessThanOrEqual(1);
          reached = end;
        }
        expect(reached).toBeLessThanOrEqual(length / SAMPLE_RATE_HZ);
      }),
      { numRuns: 60 },
    );
  });

  test("come not at all where nobody can say so many", () => {
    const samples = new Float32Array(2 * SAMPLE_RATE_HZ);
    expect(
      alignWords(
        samples,
        Array.from({ length: 300 }, () => "word"),
      ),
    ).toBeNull();
    expect(alignWords(samples, [])).toBeNull();
    expect(alignWords(new Float32Array(0), ["word"])).toBeNull();
  });
});

import { truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { soundOf } from "../../test/scripted-engine.ts";
import { clipOf, temporaryFolder, writeSpool } from "../../test/spools.ts";
import { SAMPLE_RATE_HZ, type Clip } from "../speech/recogniser.ts";
import {
  compareSamples,
  comparisonOf,
  isForeign,
  isStrange,
  spokenShare,
  type Comparison,
} from "./foreign.ts";
import { heardOf } from "./heard.ts";
import type { Reading, Standing } from "./looks.ts";

/** Six words and six others that have "the" and "of" with them in the same order. */
const SAID = "the number of the conferences arrived";
const READ_OTHERWISE = "for the end of a month, the church";

function heard(text: string) {
  return heardOf({ text, tokens: [], language: null });
}

function reading(startSeconds: number, seconds: number, text = SAID, standing: Standing = "kept"): Reading {
  const startSample = startSeconds * SAMPLE_RATE_HZ;
  const span = { startSample, endSample: startSample + seconds * SAMPLE_RATE_HZ };
  return { segment: { ...span, spans: [span] }, heard: heard(text), standing, evidence: [] };
}

const folder = await temporaryFolder();
afterAll(() => folder[Symbol.asyncDispose]());

/** An hour of segments of 20 s and one of 5 s in each ten minutes. */
const HOUR = Array.from({ length: 180 }, (_, i) => reading(i * 20, i % 30 === 7 ? 5 : 19));

/** Speech of ten seconds, then nothing, in a noise of some level. */
async function recorded(seconds: number, noise: number): Promise<Clip> {
  const sound = soundOf([{ start: 0, end: 10, text: "" }], seconds);
  return clipOf(
    await writeSpool(
      folder.path,
      sound.map((value, i) => value + (i % 2 === 0 ? noise : -noise)),
    ),
  );
}

/** An hour of silence, which takes no room on disk. */
async function silentHour(): Promise<Clip> {
  const spool = {
    path: path.join(folder.path, "hour.s16le"),
    channels: 1,
    samples: 3600 * SAMPLE_RATE_HZ,
  } as const;
  await writeFile(spool.path, "");
  await truncate(spool.path, spool.samples * 2);
  return clipOf(spool);
}

/** Compares readings as `second` hears them, and counts what it was asked for. */
async function compared(readings: readonly Reading[], second: (reading: Reading) => string) {
  const asked: Reading[][] = [];
  const clip = await silentHour();
  const comparisons = await compareSamples(readings, async (some) => {
    asked.push([...some]);
    const pairs = await Promise.all(some.map((one) => comparisonOf(clip, one, [heard(second(one))])));
    return pairs.filter((pair) => pair !== null);
  });
  return { asked, comparisons };
}

const compare = async (second: string): Promise<Comparison | null> =>
  comparisonOf(await recorded(20, 0), reading(0, 10), [heard(second)]);

/** Of so many words in clear speech, so many of them read alike. */
function comparisonWith(words: number, common: number, fit: number | null = null): Comparison {
  return { segment: reading(0, 9).segment, words, common, fit, depthDb: null };
}

describe("a comparison", () => {
  test("counts words that both have in the same order, whatever their case and punctuation", async () => {
    expect(await compare("The number, of the Conferences. Arrived?")).toMatchObject({ words: 6, common: 6 });
    expect(await compare(READ_OTHERWISE)).toMatchObject({ words: 6, common: 3 });
  });

  test("does not hold it against a text that the other look left some of it out", async () => {
    expect(await compare("the number of the conferences")).toMatchObject({ words: 5, common: 5 });
    expect(await compare("the number")).toBeNull();
  });

  test("of a short text with a few words read otherwise says nothing yet", () => {
    const few = comparisonWith(6, 4);
    expect([isStrange(few), isForeign([few])]).toEqual([false, false]);
  });

  test("with most words read otherwise is strange, and in a longer text another language", () => {
    const third = comparisonWith(30, 10);
    expect([isStrange(third), isForeign([third])]).toEqual([true, true]);
    const half = { ...third, common: 18 };
    expect([isStrange(half), isForeign([half])]).toEqual([true, false]);
    expect(isForeign([half, half, half, half])).toBe(true);
  });

  test("with most words read alike is strange where these do not fit their sound", () => {
    const alike = comparisonWith(30, 21);
    const judged = [null, -2.6, -3.4, -4.5, -9].map((fit) => isStrange({ ...alike, fit }));
    expect(judged).toEqual([false, false, false, true, true]);
    expect([-2.6, -4.5].map((fit) => isForeign([{ ...alike, fit }]))).toEqual([false, false]);
    const unfit = { ...alike, fit: -4.5 };
    expect([isForeign([alike, alike, alike, alike]), isForeign([unfit, unfit, unfit, unfit])]).toEqual([
      false,
      true,
    ]);
  });

  test("with nearly all words read alike is not, however badly they fit, nor is one of a few words", () => {
    const unfit = comparisonWith(12, 10, -9);
    expect([isStrange(unfit), isForeign([unfit])]).toEqual([false, false]);
    const few = { ...unfit, words: 7, common: 4 };
    expect([isStrange(few), isForeign([few])]).toEqual([false, false]);
  });

  test("of one sentence that does not fit is doubted, and refuses no recording by itself", () => {
    const sentence = comparisonWith(8, 4, -5);
    expect([isStrange(sentence), isForeign([sentence])]).toEqual([true, false]);
    expect(isForeign([sentence, sentence])).toBe(true);
  });

  test("knows how well the words fit their sound where they were looked for in it", async () => {
    const clip = await recorded(20, 0);
    const [one, other] = [reading(0, 10), [heard(SAID)]];
    expect((await comparisonOf(clip, one, other))?.fit).toBeNull();
    const aligned = one.heard.words.map((_, i) => ({ start: i, end: i + 1, fit: -i, squeeze: 0.2 }));
    const found = { ...one, heard: { ...one.heard, aligned } };
    expect((await comparisonOf(clip, found, other))?.fit).toBe(-2.5);
  });
});

/** Ten seconds of a segment of twelve are speech. */
const inRoom = (): Reading => {
  const { segment, ...rest } = reading(0, 10, "none of these words is in the other text at all");
  return { ...rest, segment: { ...segment, endSample: 12 * SAMPLE_RATE_HZ } };
};

describe("speech in noise", () => {
  test.each([
    [100, true],
    [4000, false],
  ])(
    "of amplitude %i under a tone of 8000 is a witness for another language: %s",
    async (noise, isWitness) => {
      const comparison = await comparisonOf(await recorded(20, noise), inRoom(), [heard(READ_OTHERWISE)]);
      if (comparison === null) throw new Error("not reached");
      expect([isStrange(comparison), isForeign([comparison])]).toEqual([true, isWitness]);
    },
  );
});

const isOther = ({ segment }: Reading) => segment.startSample < 600 * SAMPLE_RATE_HZ;

describe("samples", () => {
  test("are from all over the recording, few, and the short ones", async () => {
    const { asked, comparisons } = await compared(HOUR, () => SAID);
    expect(asked).toHaveLength(1);
    expect(comparisons.map(({ segment }) => segment.startSample / SAMPLE_RATE_HZ)).toEqual(
      [7, 37, 67, 97, 127, 157].map((i) => i * 20),
    );
  });

  test("that are all read otherwise are enough", async () => {
    const { asked, comparisons } = await compared(HOUR, () => READ_OTHERWISE.replaceAll("the", "a"));
    expect(asked.map(({ length }) => length)).toEqual([6]);
    expect([isForeign(comparisons), spokenShare(comparisons)]).toEqual([true, 0]);
  });

  test("some of which are read otherwise have all of the recording compared", async () => {
    const { comparisons } = await compared(HOUR, (one) => (isOther(one) ? "we are in a hurry today" : SAID));
    expect(comparisons).toHaveLength(180);
    expect(new Set(comparisons.map(({ segment }) => segment)).size).toBe(180);
    expect(spokenShare(comparisons)).toBeCloseTo(5 / 6, 2);
  });

  test("leave out what is withheld, a word or two, or too short to cut", async () => {
    const readings = [reading(0, 9, SAID, "withheld"), reading(10, 9, "Oh yes."), reading(20, 1)];
    const { comparisons } = await compared(readings, () => SAID);
    expect(comparisons).toEqual([]);
    expect(spokenShare(comparisons)).toBeNull();
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SAMPLE_RATE_HZ, type AlignedWord } from "../speech/recogniser.ts";
import { heardOf, textOf, type Heard } from "./heard.ts";
import type { Reading, Standing } from "./looks.ts";
import { joinReadings, seamOf, type ReadSegment } from "./overlap.ts";
import { boundsOf, speechSecondsOf, type Segment } from "./segments.ts";
import { timeWords } from "./word-times.ts";

/** A word with when it is said, in seconds. */
interface Said {
  text: string;
  start: number;
  end: number;
}

const OVERLAP_SECONDS = 1;

/** Words in a row, without a pause. */
function inARow(words: readonly [text: string, seconds: number][]): Said[] {
  let at = 0;
  return words.map(([text, seconds]) => ({ text, start: at, end: (at += seconds) }));
}

function sampleAt(seconds: number): number {
  return Math.round(seconds * SAMPLE_RATE_HZ);
}

function speech(start: number, end: number): Segment {
  const span = { startSample: sampleAt(start), endSample: sampleAt(end) };
  return { ...span, spans: [span] };
}

interface Hearing {
  /** What becomes of a word of which only a part is in the clip; nothing if not given. */
  torn?: string;
  /** Whether the aligner found the words; it is off by up to 0.02 s, on one side in one clip and on the other in the next. */
  aligned: boolean;
  standing?: Standing;
}

/** What a model makes of a clip in which words are said. */
function hear(said: readonly Said[], start: number, end: number, hearing: Hearing): ReadSegment {
  const segment = speech(start, end);
  const inside = said.filter((word) => word.end > start && word.start < end);
  const heard = inside.flatMap((word): Said[] => {
    if (word.start >= start && word.end <= end) return [word];
    return hearing.torn === undefined ? [] : [{ ...word, text: hearing.torn }];
  });
  const off = start > 0 ? 0.02 : -0.02;
  const aligned: AlignedWord[] = heard.map((word) => ({
    start: Math.max(word.start - start, 0) + off,
    end: Math.min(word.end, end) - start + off,
    fit: -1,
    squeeze: 0.5,
  }));
  const text = heard.map((word) => word.text).join(" ");
  const words: Heard = heardOf({ text, tokens: [], language: "en" });
  const reading: Reading = {
    segment,
    heard: hearing.aligned ? { ...words, aligned } : words,
    standing: hearing.standing ?? "kept",
    evidence: [],
  };
  return { segment, readings: [reading] };
}

/** Both sides of a cut, each reaching over it. */
function bothSides(said: readonly Said[], cut: number, hearing: Hearing): ReadSegment[] {
  const end = said.at(-1)?.end ?? 0;
  return [hear(said, 0, cut + OVERLAP_SECONDS, hearing), hear(said, cut - OVERLAP_SECONDS, end, hearing)];
}

function haveSeam(all: readonly ReadSegment[]): boolean {
  const [a, b] = all.flatMap(({ readings }) => readings);
  return a !== undefined && b !== undefined && seamOf(a, b) !== null;
}

const nothingApart = () => Promise.resolve<ReadSegment[]>([]);

function textOfAll(readings: readonly Reading[]): string {
  return readings.map(({ heard }) => textOf(heard.words)).join(" ");
}

function textSaid(said: readonly Said[]): string {
  return said.map(({ text }) => text).join(" ");
}

/** Fast speech: a word is hardly further from the next than two readings of it may be. */
const seconds = fc.integer({ min: 20, max: 35 }).map((hundredths) => hundredths / 100);
const torn = fc.option(fc.constant("zz"), { nil: undefined });
const share = fc.double({ min: 0.3, max: 0.7, noNaN: true });

/** Words from a few, so that the same ones come again and again. */
const someWords = fc
  .array(fc.tuple(fc.constantFrom("no", "yes", "well"), seconds), { minLength: 30, maxLength: 60 })
  .map(inARow);

/** Words that each come once. */
const otherWords = fc
  .array(seconds, { minLength: 30, maxLength: 60 })
  .map((lengths) => inARow(lengths.map((length, i) => [`word${i}`, length])));

describe("two readings that overlap", () => {
  test("give back what was said where its words have times, whatever the torn words became", async () => {
    await fc.assert(
      fc.asyncProperty(someWords, share, torn, async (said, share, torn) => {
        const end = said.at(-1)?.end ?? 0;
        const all = bothSides(said, end * share, { torn, aligned: true });
        const joined = await joinReadings(all, nothingApart);
        expect(textOfAll(joined)).toBe(textSaid(said));
      }),
    );
  });

  test("give it back without times too, as long as it does not repeat itself, or are read apart", async () => {
    await fc.assert(
      fc.asyncProperty(otherWords, share, torn, async (said, share, torn) => {
        const end = said.at(-1)?.end ?? 0;
        const all = bothSides(said, end * share, { torn, aligned: false });
        fc.pre(haveSeam(all));
        expect(textOfAll(await joinReadings(all, nothingApart))).toBe(textSaid(said));
      }),
    );
  });

  test("meet in time: no speech counts twice, and words are strictly in order", async () => {
    await fc.assert(
      fc.asyncProperty(someWords, share, torn, fc.boolean(), async (said, share, torn, aligned) => {
        const end = said.at(-1)?.end ?? 0;
        const all = bothSides(said, end * share, { torn, aligned });
        fc.pre(haveSeam(all));
        const joined = await joinReadings(all, nothingApart);
        expect(speechSecondsOf(joined.flatMap(({ segment }) => segment.spans))).toBeCloseTo(end, 3);
        const edges = joined.flatMap(({ segment }) => Object.values(boundsOf(segment.spans)));
        expect(edges[1]).toBe(edges[2]);
        const words = joined.flatMap((reading) => timeWords(reading));
        words.slice(1).forEach((word, i) => expect(word.start).toBeGreaterThanOrEqual(words[i]?.end ?? 0));
      }),
    );
  });
});

/** Ten seconds of words that take half a second each, cut at 5.2 s within "eleven". */
const COUNTED = inARow(
  "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    .split(" ")
    .map((text) => [text, 0.5]),
);

describe("a word across a cut", () => {
  test("stands once among others that are the same, if their times are known", async () => {
    const said = inARow(Array.from({ length: 50 }, () => ["no", 0.24]));
    const joined = await joinReadings(bothSides(said, 5.9, { torn: "know", aligned: true }), nothingApart);
    expect(textOfAll(joined)).toBe(textSaid(said));
  });

  test("stands once, from where neither clip tears it", async () => {
    const timed = await joinReadings(bothSides(COUNTED, 5.2, { torn: "el", aligned: true }), nothingApart);
    expect(textOfAll(timed)).toBe(textSaid(COUNTED));
    const untimed = await joinReadings(bothSides(COUNTED, 5.2, { torn: "el", aligned: false }), nothingApart);
    expect(textOfAll(untimed)).toBe(textSaid(COUNTED));
  });

  test("leaves the others at the times that they were found", async () => {
    const joined = await joinReadings(bothSides(COUNTED, 5.2, { aligned: true }), nothingApart);
    const words = joined.flatMap((reading) => timeWords(reading));
    words.forEach(({ start }, i) => expect(Math.abs(start - (COUNTED[i]?.start ?? 0))).toBeLessThan(0.03));
  });
});

/** Two clips of what is counted that have no word in common, and overlap from 4.2 s to 6.2 s. */
function unlike(aligned: boolean, standing: Standing = "kept"): ReadSegment[] {
  const other = COUNTED.map((word) => ({ ...word, text: `${word.text}ish` }));
  return [
    hear(COUNTED, 0, 6.2, { aligned, standing }),
    hear(other, 4.2, COUNTED.at(-1)?.end ?? 0, { aligned }),
  ];
}

/** With what they are apart, for which words are put down. */
function withApart(all: readonly ReadSegment[]): ReadSegment[] {
  return all.map(({ segment, readings }, i) => {
    const apart = i === 0 ? speech(0, 5.2) : speech(5.2, segment.endSample / SAMPLE_RATE_HZ);
    return { segment: { ...segment, apart }, readings };
  });
}

describe("where two readings have no word in common", () => {
  test.each([
    ["without times", unlike(false)],
    ["with times, which a word takes from others that were left out", unlike(true)],
  ])("they are read apart: %s", async (_, all) => {
    const asked: Segment[] = [];
    const joined = await joinReadings(withApart(all), async (segments) => {
      asked.push(...segments);
      return segments.map(({ startSample, endSample }) =>
        hear(COUNTED, startSample / SAMPLE_RATE_HZ, endSample / SAMPLE_RATE_HZ, {
          aligned: false,
          torn: "el",
        }),
      );
    });
    expect(asked).toEqual([speech(0, 5.2), speech(5.2, 8.5)]);
    expect(textOfAll(joined)).toBe(
      "one two three four five six seven eight nine ten el el twelve thirteen fourteen fifteen sixteen seventeen",
    );
  });

  test("what one of them does not show, the other does", async () => {
    const [a, b] = unlike(false, "withheld").flatMap(({ readings }) => readings);
    if (a === undefined || b === undefined) throw new Error("not reached");
    const silent: Reading = { ...b, heard: { ...b.heard, words: [] } };
    expect(seamOf(a, b)).toMatchObject({ kept: a.heard.words.length, dropped: 0 });
    expect(seamOf({ ...a, standing: "kept" }, silent)).toMatchObject({
      kept: a.heard.words.length,
      dropped: 0,
    });
    expect(seamOf(a, silent)).toMatchObject({ sample: sampleAt(5.2) });
  });
});

test("readings that do not overlap stay as they are", async () => {
  const all = [hear(COUNTED, 0, 5, { aligned: false }), hear(COUNTED, 5, 8.5, { aligned: false })];
  expect(await joinReadings(all, nothingApart)).toEqual(all.flatMap(({ readings }) => readings));
});

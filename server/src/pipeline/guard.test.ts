import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { countSyllables } from "./evidence/syllables.ts";
import { judge, speaksAgainst } from "./guard.ts";
import { heardOf, type Heard } from "./heard.ts";
import type { Segment } from "./segments.ts";

function saying(text: string): Heard {
  return heardOf({ text, tokens: [], language: null });
}

/** A segment with so much speech in it, and a little around it. */
function segmentOf(speechSeconds: number): Segment {
  const speech = Math.round(speechSeconds * SAMPLE_RATE_HZ);
  return {
    startSample: 0,
    endSample: speech + 12_800,
    spans: [{ startSample: 6400, endSample: 6400 + speech }],
  };
}

function kinds(text: string, speechSeconds: number, contrastDb: number | null = null): string[] {
  return judge(segmentOf(speechSeconds), saying(text), contrastDb).map(({ kind }) => kind);
}

const WORDS = (
  "the of and people yesterday market because seven running although beautiful I you we think never understood " +
  "question interview government tomorrow morning a river through strengths about eighteen hundred no yes maybe"
).split(" ");

const sentence = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 70 })
  .map((words) => words.join(" "));

describe("honest speech is not accused", () => {
  test("at any pace from slow dictation to the fastest talkers", () => {
    fc.assert(
      fc.property(sentence, fc.double({ min: 1, max: 9, noNaN: true }), (text, pace) => {
        const evidence = judge(segmentOf(Math.max(0.2, countSyllables(text) / pace)), saying(text), null);
        const invented = evidence.filter(({ kind }) => kind !== "repetition");
        expect(speaksAgainst(invented)).toBe(false);
      }),
    );
  });

  test.each([
    ["no no no", 0.8],
    ["No, no, no, no, no, no, no.", 1.6],
    ["testing testing one two three", 1.8],
    ["Very, very, very, very, very good.", 2],
    ["zero zero seven zero zero zero four", 2.4],
    ["And here are some more words words words words and that should be all thanks", 6],
    ["row row row your boat gently down the stream", 3.5],
    ["We shall fight on the beaches, we shall fight on the landing grounds, we shall fight in the fields", 6],
    ["ha ha ha ha ha", 1.2],
    ["I said no. I said no. I said no.", 2.5],
    ["1,234,567.89 and 2,345,678.90 make 3,580,246.79", 9],
    ["+44 20 7946 0018", 3.5],
    ["12/05/2024 14:30", 3],
    ["Yes.", 0.2],
    ["Seventy-seven percent.", 0.6],
    ["Thank you.", 0.4],
    ["Thank you very much.", 0.5],
    ["Antidisestablishmentarianism.", 1.4],
    ["東京は日本の首都であり、世界最大級の都市です。", 4],
    ["Ich hätte gern zwei Brötchen und eine Donaudampfschifffahrtsgesellschaft.", 4],
    ["Бабушка сказала, что завтра будет дождь", 2.4],
    ["مرحبا كيف حالك اليوم يا صديقي", 2.5],
  ])("%s", (text, seconds) => {
    expect(speaksAgainst(judge(segmentOf(seconds), saying(text), null))).toBe(false);
  });

  test("when a known phantom line is spoken into a quiet room, or nothing is known of the room", () => {
    expect(kinds("Thank you for watching.", 1.2, 20)).toEqual([]);
    expect(kinds("Thank you for watching.", 1.2, null)).toEqual([]);
  });
});

describe("invented text is found", () => {
  test("when a clause is repeated nine times at the end of a sentence of 8 s", () => {
    const loop = `The books were printed with movable type, ${"as it was said in the text, ".repeat(9)}`;
    expect(kinds(loop, 8)).toContain("repetition");
  });

  test("when any round of words goes on and on", () => {
    const round = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(sentence, round, fc.integer({ min: 9, max: 30 }), (before, words, count) => {
        const text = `${before} ${Array.from({ length: count }, () => words.join(" ")).join(" ")}`;
        expect(kinds(text, 15)).toContain("repetition");
      }),
    );
  });

  test("when it is longer than anybody can say in the time", () => {
    expect(kinds(WORDS.join(" "), 1)).toContain("speech_rate");
    expect(
      kinds("ご視聴ありがとうございました。次回もお楽しみに。チャンネル登録をお願いします。", 1),
    ).toContain("speech_rate");
  });

  test("when a sentence that nobody said comes on top of what was said in the time", () => {
    const said = "The conference has been extended.";
    expect(kinds(said, 1.8)).toEqual([]);
    expect(kinds(`${said} The museum closed its doors shortly before Christmas.`, 1.8)).toEqual(["hurry"]);
  });

  test("when its last words share what is left of the audio", () => {
    const words = "We went home and then the house was sold to a bank".split(" ").map((text, i) => {
      const start = i < 4 ? i * 0.5 : 2 + (i - 4) * 0.03;
      return { text, start, end: start + (i < 4 ? 0.5 : 0.03), confidence: null, glued: false };
    });
    const evidence = judge(segmentOf(2.4), { words, language: null }, null);
    expect(evidence.map(({ kind }) => kind)).toEqual(["crowding"]);
  });

  test.each([
    [-11, "unspoken"],
    [-7, "squeezed"],
  ])("when its last words are squeezed in, and fit as badly as %d", (fit, kind) => {
    const words = "We stayed at home that night, was published in 1965.".split(" ");
    const aligned = words.map((_, i) =>
      i < 6
        ? { start: i * 0.4, end: i * 0.4 + 0.4, fit: -2.5, squeeze: 0.4 }
        : { start: 2.4 + (i - 6) * 0.05, end: 2.45 + (i - 6) * 0.05, fit, squeeze: 1 },
    );
    const heard = { ...saying(words.join(" ")), aligned };
    expect(judge(segmentOf(2.8), heard, null)).toMatchObject([
      { kind, value: fit, text: words.slice(-4).join(" ") },
    ]);
  });

  test("when phrases come back without following each other", () => {
    const text = Array.from(
      { length: 9 },
      (_, i) => `We went to the market and then home again, ${WORDS[i]}.`,
    );
    expect(kinds(text.join(" "), 30)).toContain("compression");
  });

  test("when a known phantom line stands on sound that is as steady as its surroundings", () => {
    expect(kinds("Thank you for watching!", 1.2, 0.4)).toEqual(["phantom"]);
    expect(kinds("Thank you for coming today.", 1.2, 0.4)).toEqual([]);
  });

  test("when its words end after the audio", () => {
    const word = { text: "you", start: 25, end: 26, confidence: null, glued: false };
    const heard = { words: [word], language: null };
    expect(judge(segmentOf(1), heard, null)).toEqual([
      { kind: "past_end", value: 26, limit: 2.3, span: { start: 0, end: 1.8 }, text: "you" },
    ]);
    expect(judge(segmentOf(1), { ...heard, words: [{ ...word, start: 1.7, end: 2.1 }] }, null)).toEqual([]);
  });
});

describe("bad text is doubted but not taken for invented", () => {
  test("when it leaves out most of what was said", () => {
    expect(kinds("Yes.", 12)).toEqual(["sparse"]);
    expect(kinds("", 5)).toEqual(["sparse"]);
    expect(speaksAgainst(judge(segmentOf(12), saying("Yes."), null))).toBe(false);
  });

  test("when the model itself is not sure", () => {
    const word = { text: "perhaps", start: 0.1, end: 0.5, confidence: 0.2, glued: false };
    const evidence = judge(segmentOf(1), { words: [word], language: null }, null);
    expect(evidence.map(({ kind }) => kind)).toEqual(["confidence"]);
    expect(speaksAgainst(evidence)).toBe(false);
  });

  test("but a cough without words is no reason to listen again", () => {
    expect(kinds("", 0.6)).toEqual([]);
  });
});

test("long texts are quoted shortened, and no character is cut in half", () => {
  const [evidence] = judge(segmentOf(1), saying("🙂🙂 ha ".repeat(80)), null);
  expect(evidence?.text.length).toBeLessThanOrEqual(120);
  expect(evidence?.text.isWellFormed()).toBe(true);
});

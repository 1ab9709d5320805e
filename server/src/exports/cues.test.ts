import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyDocument, documentOf, turnOf, wordsOf } from "../../test/transcripts.ts";
import { CHARACTERS_PER_SECOND_MAX, CUE_MS_MAX, CUE_MS_MIN, cuesOf } from "./cues.ts";
import type { Cue } from "./cues.ts";
import { WITHHELD_MARK } from "./document.ts";

const everything = { unspaced: true, odd: true, withheld: true };

describe("whatever was said,", () => {
  test("a subtitle has at most two lines of 42 characters, none empty", () => {
    check((cues) => {
      for (const { lines } of cues) {
        expect(lines.length).toBeGreaterThanOrEqual(1);
        expect(lines.length).toBeLessThanOrEqual(2);
        for (const { text } of lines) {
          expect(text.trim()).toBe(text);
          expect(text).not.toBe("");
          expect(text.length).toBeLessThanOrEqual(42);
        }
      }
    });
  });

  test("a subtitle stands for 1 to 7 seconds", () => {
    check((cues) => {
      for (const cue of cues) {
        expect(cue.endMs - cue.startMs).toBeGreaterThanOrEqual(CUE_MS_MIN);
        expect(cue.endMs - cue.startMs).toBeLessThanOrEqual(CUE_MS_MAX);
      }
    });
  });

  test("starts strictly increase and nothing overlaps", () => {
    check((cues) => {
      const overlaps = cues.filter((cue, index) => cue.startMs < (cues[index - 1]?.endMs ?? 0));
      expect(overlaps).toEqual([]);
    });
  });

  test("a subtitle is faster than 20 characters a second only where the next one follows at once", () => {
    check((cues) => {
      const needless = cues.slice(0, -1).filter((cue, index) => {
        const characters = cue.lines.reduce((sum, line) => sum + line.text.length, 0);
        const seconds = (cue.endMs - cue.startMs) / 1000;
        return (
          characters / seconds > CHARACTERS_PER_SECOND_MAX + 0.1 && cues[index + 1]?.startMs !== cue.endMs
        );
      });
      expect(needless).toEqual([]);
    });
  });

  test("every character stands once and in order, and every withheld turn as a mark", () => {
    fc.assert(
      fc.property(anyDocument(everything), (document) => {
        const text = cuesOf(document, false)
          .flatMap((cue) => cue.lines.map((line) => line.text))
          .join("");
        const spoken = document.transcript.turns.map((turn) =>
          turn.flags.includes("withheld") ? WITHHELD_MARK : turn.text,
        );
        expect(bare(text)).toBe(bare(spoken.join("")));
      }),
    );
  });

  test("words that fit a line are never cut", () => {
    fc.assert(
      fc.property(anyDocument(), (document) => {
        const words = cuesOf(document, false).flatMap((cue) =>
          cue.lines.flatMap((line) => line.text.split(" ")),
        );
        expect(words).toEqual(wordsOf(document));
      }),
    );
  });
});

function check(rule: (cues: Cue[]) => void): void {
  fc.assert(
    fc.property(anyDocument(everything), fc.boolean(), (document, labels) => {
      rule(cuesOf(document, labels));
    }),
  );
}

function bare(text: string): string {
  return text.replace(/\s/gu, "");
}

function texts(cues: Cue[]): string[][] {
  return cues.map((cue) => cue.lines.map((line) => line.text));
}

describe("lines break", () => {
  test("after punctuation rather than at the last word that fits", () => {
    const said = turnOf("When the rain had stopped at last, they went down to the harbour again.", 0, 6);
    expect(texts(cuesOf(documentOf([said]), false))).toEqual([
      ["When the rain had stopped at last,", "they went down to the harbour again."],
    ]);
  });

  test("before a conjunction, and never after an article", () => {
    const said = turnOf("I had never seen the old bridge because nobody had told me where it was", 0, 6);
    expect(texts(cuesOf(documentOf([said]), false))).toEqual([
      ["I had never seen the old bridge", "because nobody had told me where it was"],
    ]);
  });

  test("between the words of a script without spaces, and never before its closing marks", () => {
    const said = turnOf("昨日は雨が降っていたので、私たちは家で映画を見ました。とても楽しかったです。", 0, 6);
    const lines = texts(cuesOf(documentOf([said]), false)).flat();
    expect(lines.join("")).toBe(said.text);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line).not.toMatch(/^[、。]/u);
  });
});

describe("times", () => {
  test("are those of the first and the last word", () => {
    const cues = cuesOf(documentOf([turnOf("We began in the spring of that year.", 12.5, 15.75)]), false);
    expect(cues).toMatchObject([{ startMs: 12_500, endMs: 15_750 }]);
  });

  test("of a short answer reach into the silence after it", () => {
    const cues = cuesOf(documentOf([turnOf("Yes.", 4, 4.2), turnOf("And then?", 9, 10.5)]), false);
    expect(cues.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [4000, 5000],
      [9000, 10_500],
    ]);
  });

  test("of the last words move forward rather than past the end of the recording", () => {
    const cues = cuesOf(documentOf([turnOf("Bye.", 9.7, 10)], { durationSeconds: 10 }), false);
    expect(cues).toMatchObject([{ startMs: 9000, endMs: 10_000 }]);
  });

  test("are spread over the turn where the text no longer agrees with its words", () => {
    const edited = {
      ...turnOf("uh uh uh", 0, 12),
      text: "First there was nothing at all. Then there was everything.",
    };
    const cues = cuesOf(documentOf([edited]), false);
    expect(cues.at(-1)?.endMs).toBe(12_000);
    expect(cues.length).toBe(2);
    expect(cues[1]?.startMs).toBeGreaterThan(5000);
  });

  test("of words that were joined or parted without changing a letter stay", () => {
    const edited = {
      ...turnOf("some body was there in the end", 0, 7),
      text: "somebody was there in the end",
    };
    expect(cuesOf(documentOf([edited]), false)).toMatchObject([{ startMs: 0, endMs: 7000 }]);
  });
});

test("two short turns share a subtitle, a line each", () => {
  const turns = [
    turnOf("Did you?", 0, 0.4, { speaker: 0 }),
    turnOf("Yes.", 0.4, 0.7, { speaker: 1 }),
    turnOf("Then let us go on with the other question.", 0.7, 3.5, { speaker: 0 }),
  ];
  expect(texts(cuesOf(documentOf(turns), true))).toEqual([
    ["Anna Meier: Did you?", "Björn: Yes."],
    ["Anna Meier: Then let us go", "on with the other question."],
  ]);
});

test("withheld speech is a subtitle of its own, for as long as it lasts", () => {
  const turns = [
    turnOf("Before.", 0, 1),
    turnOf("", 1, 4.5, { flags: ["withheld"], words: [] }),
    turnOf("After.", 4.5, 6),
  ];
  expect(cuesOf(documentOf(turns), false)).toMatchObject([
    { lines: [{ text: "Before." }] },
    { startMs: 1000, endMs: 4500, lines: [{ text: WITHHELD_MARK }] },
    { lines: [{ text: "After." }] },
  ]);
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyDocument, documentOf, turnOf, wordsOf } from "../../test/transcripts.ts";
import { LIMITS } from "../config/limits.ts";
import { renderSrt } from "../exports/srt.ts";
import { renderVtt } from "../exports/vtt.ts";
import { ValidationError } from "../http/errors.ts";
import { parseSubtitles, readSubtitles, SubtitleError } from "./subtitles.ts";
import type { Subtitles, SubtitleType } from "./subtitles.ts";

const TYPES: SubtitleType[] = ["srt", "vtt"];

/** Turns in short: start, end, speaker's name, text. */
function shortly({ turns, speakers }: Subtitles): [number, number, string | null, string][] {
  return turns.map(({ start, end, speaker, text }) => [
    start,
    end,
    speaker === null ? null : (speakers[speaker] ?? null),
    text,
  ]);
}

function fault(file: string | Uint8Array, type: SubtitleType): string {
  try {
    parseSubtitles(file, type);
  } catch (error) {
    if (error instanceof SubtitleError) return error.message;
    throw error;
  }
  return "no fault";
}

describe("SRT is read", () => {
  test("as the format has it", () => {
    const file =
      "1\n00:00:01,500 --> 00:00:03,000\nHello <i>there</i>,\nall of you.\n\n2\n00:01:02,345 --> 01:00:04,000\n{\\an8}Bye.\n";
    expect(shortly(parseSubtitles(file, "srt"))).toEqual([
      [1.5, 3, null, "Hello there, all of you."],
      [62.345, 3604, null, "Bye."],
    ]);
  });

  test.each([
    ["a byte order mark", "\ufeff1\n00:00:01,000 --> 00:00:02,000\nA b.\n"],
    ["Windows line ends", "1\r\n00:00:01,000 --> 00:00:02,000\r\nA b.\r\n"],
    ["old Macintosh line ends", "1\r00:00:01,000 --> 00:00:02,000\rA b.\r"],
    ["no numbers", "00:00:01,000 --> 00:00:02,000\nA b."],
    ["points for commas", "1\n00:00:01.000 --> 00:00:02.000\nA b."],
    ["no hours", "1\n00:01,000 --> 00:02,000\nA b."],
    ["short fractions", "1\n0:00:01,0 --> 0:00:02\nA b."],
    ["positions after the times", "1\n00:00:01,000 --> 00:00:02,000  X1:40 X2:600\nA b."],
    ["no spaces around the arrow", "1\n00:00:01,000-->00:00:02,000\nA b."],
    ["blank lines everywhere", "\n\n1\n00:00:01,000 --> 00:00:02,000\n\nA\n\n\nb.\n\n\n"],
    ["fonts and colours", '1\n00:00:01,000 --> 00:00:02,000\n<font color="#ff0000">A</font> <B>b.</B>'],
    ["zero bytes", "1\n00:00:01,000 --> 00:00:02,000\nA\0 b.\n"],
  ])("with %s", (_, file) => {
    expect(shortly(parseSubtitles(file, "srt"))).toEqual([[1, 2, null, "A b."]]);
  });

  test("without blank lines between subtitles", () => {
    const file = "1\n00:00:01,000 --> 00:00:02,000\nA.\n2\n00:00:03,000 --> 00:00:04,000\nB.\n";
    expect(shortly(parseSubtitles(file, "srt"))).toEqual([
      [1, 2, null, "A."],
      [3, 4, null, "B."],
    ]);
  });

  test("with text that is a number", () => {
    const file = "1\n00:00:01,000 --> 00:00:02,000\n42\n\n2\n00:00:03,000 --> 00:00:04,000\n7\n";
    expect(shortly(parseSubtitles(file, "srt"))).toEqual([
      [1, 2, null, "42"],
      [3, 4, null, "7"],
    ]);
  });

  test("in the order of time, with overlaps kept and subtitles without text left out", () => {
    const file =
      "1\n00:00:05,000 --> 00:00:09,000\nB\n\n2\n00:00:01,000 --> 00:00:06,000\nA\n\n3\n00:00:02,000 --> 00:00:03,000\n\n";
    expect(shortly(parseSubtitles(file, "srt"))).toEqual([
      [1, 6, null, "A"],
      [5, 9, null, "B"],
    ]);
  });

  test("with names before the text, which go on until the next one", () => {
    const file =
      "1\n00:00:01,000 --> 00:00:02,000\nDr. Anna de Vries: Ready?\n\n2\n00:00:02,000 --> 00:00:03,000\nNow?\n\n3\n00:00:03,000 --> 00:00:04,000\nBob: At 12:30.\nSPEAKER 3: Yes.\n";
    expect(shortly(parseSubtitles(file, "srt"))).toEqual([
      [1, 2, "Dr. Anna de Vries", "Ready?"],
      [2, 3, "Dr. Anna de Vries", "Now?"],
      [3, 3.692, "Bob", "At 12:30."],
      [3.692, 4, "SPEAKER 3", "Yes."],
    ]);
  });

  test("without taking a lone colon for a name", () => {
    const file =
      "1\n00:00:01,000 --> 00:00:02,000\nRemember: no names.\n\n2\n00:00:02,000 --> 00:00:03,000\nWell.\n";
    expect(parseSubtitles(file, "srt").speakers).toEqual([]);
  });
});

describe("WebVTT is read", () => {
  test("with headers, notes, styles, regions, identifiers, settings, tags, entities and voices", () => {
    const file = `WEBVTT - a title
Kind: captions

STYLE
::cue(v) { color: red }

REGION
id:one

NOTE a comment
over two lines

intro
00:01.000 --> 00:03.000 align:start position:10%
<v.loud Mary &amp; Jo>Hi &lt;there&gt;, <c.red.big>you</c> <00:00:02.500><i>all</i>!

NOTE

00:00:04.000 --> 00:00:08.000
<v Bob>AT&amp;T&#33;</v>
<v Mary &amp; Jo>Right,&nbsp;
then.
`;
    expect(shortly(parseSubtitles(file, "vtt"))).toEqual([
      [1, 3, "Mary & Jo", "Hi <there>, you all!"],
      [4, 5.176, "Bob", "AT&T!"],
      [5.176, 8, "Mary & Jo", "Right, then."],
    ]);
  });

  test("with the times right after the header", () => {
    expect(shortly(parseSubtitles("WEBVTT\n00:01.000 --> 00:02.000\nA", "vtt"))).toEqual([[1, 2, null, "A"]]);
  });
});

describe("words", () => {
  test("have estimated times within their turn, one after the other", () => {
    const { turns } = parseSubtitles("1\n00:00:01,000 --> 00:00:02,000\nI understand", "srt");
    expect(turns[0]?.words).toEqual([
      { text: "I", start: 1, end: 1.091, confidence: null, timing: "estimated" },
      { text: "understand", start: 1.091, end: 2, confidence: null, timing: "estimated" },
    ]);
  });
});

function fileWith(text: string): string {
  return `1\r\n00:00:01,000 --> 00:00:02,000\r\n${text}\r\n`;
}

/** In a code page whose bytes beyond ASCII are the code points beyond `offset`. */
function singleBytes(text: string, offset: number): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const code = character.charCodeAt(0);
    return code > 0x7f ? code - offset : code;
  });
}

describe("the encoding is found for", () => {
  test.each<[string, Uint8Array, string]>([
    ["UTF-8", Buffer.from(fileWith("Größe")), "Größe"],
    ["UTF-16, little end first", Buffer.from(`\ufeff${fileWith("Größe")}`, "utf16le"), "Größe"],
    ["UTF-16, big end first", Buffer.from(`\ufeff${fileWith("Größe")}`, "utf16le").swap16(), "Größe"],
    ["UTF-16 without a mark", Buffer.from(fileWith("привет"), "utf16le"), "привет"],
    ["Windows-1252", singleBytes(fileWith("Größe, déjà"), 0), "Größe, déjà"],
    ["Windows-1251", singleBytes(fileWith("Привет мир"), 0x410 - 0xc0), "Привет мир"],
  ])("%s", (_, bytes, text) => {
    expect(parseSubtitles(bytes, "srt").turns[0]?.text).toBe(text);
  });
});

describe("a fault names its line, what is wrong and what is expected:", () => {
  const good = "1\n00:00:01,000 --> 00:00:02,000\nA\n\n";
  test.each<[string, SubtitleType, string]>([
    [
      "",
      "srt",
      "Line 1: the file ends without a subtitle; expected times such as 00:01:02,345 --> 00:01:04,000.",
    ],
    [
      "Dear Sir,\n",
      "srt",
      'Line 1: expected the times of a subtitle, such as 00:01:02,345 --> 00:01:04,000, but found "Dear Sir,".',
    ],
    [
      `${good}2\n00:00:03,000 --> 00:00:0x,000\nB`,
      "srt",
      'Line 6: expected times such as 00:01:02,345 --> 00:01:04,000, but found "00:00:03,000 --> 00:00:0x,000".',
    ],
    [
      `${good}2\n00:00:03,000 -> 00:00:04,000\nB`,
      "srt",
      'Line 6: expected times such as 00:01:02,345 --> 00:01:04,000, but found "00:00:03,000 -> 00:00:04,000".',
    ],
    [
      `${good}2\n00:00:71,000 --> 00:00:72,000\nB`,
      "srt",
      'Line 6: expected times such as 00:01:02,345 --> 00:01:04,000, but found "00:00:71,000 --> 00:00:72,000".',
    ],
    [
      `${good}2\n00:00:04,000 --> 00:00:03,000\nB`,
      "srt",
      'Line 6: the subtitle ends before it starts ("00:00:04,000 --> 00:00:03,000"); expected the end after the start.',
    ],
    [
      "1\n00:00:01,000 --> 00:00:02,000\n\n",
      "srt",
      "Line 1: no subtitle in the file has text; expected at least one.",
    ],
    [
      "WEBVTT\n\n00:01.000 --> 00:02.000\nA",
      "srt",
      'Line 1: found WEBVTT where an SRT file begins with a number; upload this file with "file_type" "vtt".',
    ],
    [good, "vtt", 'Line 1: expected WEBVTT, with which every WebVTT file begins, but found "1".'],
    [
      "WEBVTT\n\nloose text\n\n00:01.000 --> 00:02.000\nA",
      "vtt",
      'Line 3: expected the times of a subtitle, such as 00:01:02.345 --> 00:01:04.000, but found "loose text".',
    ],
    [
      "WEBVTT",
      "vtt",
      "Line 1: the file ends without a subtitle; expected times such as 00:01:02.345 --> 00:01:04.000.",
    ],
    [
      "x".repeat(5000),
      "srt",
      `Line 1: expected the times of a subtitle, such as 00:01:02,345 --> 00:01:04,000, but found "${"x".repeat(60)}…".`,
    ],
  ])("%j as %s", (file, type, message) => {
    expect(fault(file, type)).toBe(message);
  });

  test("a file that is too large", () => {
    expect(fault("x".repeat(LIMITS.subtitles.sizeBytesMax + 1), "srt")).toBe(
      "The file has more than 2 MB: split it into smaller ones.",
    );
  });

  test("a file with too many words", () => {
    const wordy = `00:01 --> 00:02\n${"a ".repeat(LIMITS.subtitles.wordsMax + 1)}`;
    expect(fault(wordy, "srt")).toBe("The file has more than 250000 words: split it into smaller ones.");
  });

  test("a file with too many subtitles", () => {
    const many = "00:01 --> 00:02\na\n".repeat(LIMITS.subtitles.turnsMax + 1);
    expect(fault(many, "srt")).toBe("The file has more than 50000 subtitles: split it into smaller ones.");
  });
});

describe("whatever is uploaded,", () => {
  const scraps = fc.constantFrom(
    "WEBVTT",
    "\n",
    "\n\n",
    "\r\n",
    "1",
    "42",
    "00:00:01,000",
    "00:02.000",
    " --> ",
    "-->",
    "->",
    "<v ",
    "<v Bob>",
    "</v>",
    "<",
    ">",
    "&amp;",
    "&#x110000;",
    "&#0;",
    "NOTE",
    "STYLE",
    "REGION",
    "Anna: ",
    ">> ",
    "[speech withheld]",
    "text",
    "私は。",
    "مرحبا",
    "\0",
    "\ufeff",
    "\ud800",
    "{\\an8}",
  );
  const files = fc.oneof(
    fc.array(scraps, { maxLength: 60 }).map((parts) => parts.join("")),
    fc
      .array(scraps, { maxLength: 60 })
      .map((parts) => `WEBVTT\n\n00:01.000 --> 00:03.000\n${parts.join("")}`),
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.uint8Array({ maxLength: 300 }),
  );

  test("there are sound turns or a fault, and nothing else", () => {
    fc.assert(
      fc.property(files, fc.constantFrom(...TYPES), (file, type) => {
        if (fault(file, type) !== "no fault") return;
        const { turns, speakers, durationSeconds } = parseSubtitles(file, type);
        expect(turns.length).toBeGreaterThan(0);
        let before = 0;
        for (const { start, end, speaker, text, flags, words } of turns) {
          expect(start).toBeGreaterThanOrEqual(before);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(durationSeconds);
          expect(text === "").toBe(flags.includes("withheld"));
          expect(text.isWellFormed()).toBe(true);
          expect(words.map((word) => word.text).join("")).toBe(text.replace(/\s/gu, ""));
          expect(speaker === null ? "nobody" : speakers[speaker]).toBeTruthy();
          before = start;
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("it is read in time that grows with its size, not with its square", () => {
    const repeated = [
      "<v ",
      "<....",
      "<a ",
      "{\\",
      "&#",
      "A: ",
      ">> ",
      "a b ",
      "1:",
      " ",
      "-->",
      "<font ",
      "私",
      "e\u0301\u0301",
      "<v A>b\n",
      "A: b\n",
      "\n",
    ];
    const files = repeated.map((scrap) => `WEBVTT\n\n00:01.000 --> 00:03.000\n${scrap.repeat(60_000)}`);
    const answers = files.flatMap((file) => [fault(file, "vtt"), fault(file.slice(8), "srt")]);
    expect(answers).toHaveLength(files.length * 2);
  }, 60_000);
});

function joined({ turns }: Subtitles): string[] {
  return turns.flatMap((turn) => turn.text.split(/\s+/u)).filter((word) => word !== "");
}

describe("our own exports are read back into the same words", () => {
  test("from WebVTT, with speakers, markup and withheld speech", () => {
    fc.assert(
      fc.property(anyDocument({ withheld: true }), (document) => {
        const { turns } = document.transcript;
        const read = parseSubtitles(renderVtt(document), "vtt");
        expect(joined(read)).toEqual(wordsOf(document));
        const withheld = (all: typeof turns) => all.filter((turn) => turn.flags.includes("withheld")).length;
        expect(withheld(read.turns)).toBe(withheld(turns));
        const names = new Set(
          turns.flatMap(({ speaker }) => (speaker === null ? [] : document.transcript.speakers[speaker])),
        );
        expect(new Set(read.speakers)).toEqual(names);
      }),
    );
  });

  test("from WebVTT, whatever was said", () => {
    fc.assert(
      fc.property(anyDocument({ odd: true, unspaced: true }), (document) => {
        const read = parseSubtitles(renderVtt(document), "vtt");
        expect(joined(read).join("")).toBe(wordsOf(document).join(""));
      }),
    );
  });

  test("from SRT, with the names of speakers told from their words", () => {
    fc.assert(
      fc.property(anyDocument({ withheld: true }), (document) => {
        const read = parseSubtitles(renderSrt(document), "srt");
        expect(joined(read)).toEqual(wordsOf(document));
        const { speakers, turns } = document.transcript;
        const named = new Set(turns.map(({ speaker }) => (speaker === null ? null : speakers[speaker])));
        const readNames = new Set(
          read.turns.map(({ speaker }) => (speaker === null ? null : read.speakers[speaker])),
        );
        expect(readNames).toEqual(named.size > 1 ? named : new Set([null]));
      }),
    );
  });
});

describe("an uploaded file", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "uspeech-subtitle-upload-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("becomes a transcript without a model, whose speech is what its subtitles cover", async () => {
    const path = join(folder, "good.srt");
    await writeFile(path, renderSrt(documentOf([turnOf("One two three.", 1, 3), turnOf("Four.", 10, 12)])));
    expect(await readSubtitles(path, "srt")).toMatchObject({
      model: "",
      language: "",
      durationSeconds: 12,
      speechSeconds: 4,
      speakers: [],
      turns: [{ text: "One two three." }, { text: "Four." }],
      coverage: { ratio: 1, uncovered: [], withheld: [] },
    });
  });

  test("with a fault is refused on its field", async () => {
    const path = join(folder, "bad.vtt");
    await writeFile(path, "nothing");
    const refused = readSubtitles(path, "vtt");
    await expect(refused).rejects.toThrow(ValidationError);
    await expect(refused).rejects.toMatchObject({
      body: { file: ['Line 1: expected WEBVTT, with which every WebVTT file begins, but found "nothing".'] },
    });
  });
});

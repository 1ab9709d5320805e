import fc from "fast-check";
import type { ExportDocument } from "../src/exports/export.ts";
import type { Turn, TurnFlag, Word } from "../src/pipeline/transcript.ts";

/** A document around turns, with what surrounds them as in a short interview. */
export function documentOf(
  turns: Turn[],
  changes: Partial<ExportDocument["transcript"]> = {},
): ExportDocument {
  const durationSeconds = turns.reduce((end, turn) => Math.max(end, turn.end), 0) + 2;
  return {
    title: "interview",
    createdAt: new Date("2026-05-17T14:02:11Z"),
    returnTimestamps: true,
    transcript: {
      model: "moonshine-base",
      language: "en",
      languageConfidence: null,
      durationSeconds,
      speechSeconds: durationSeconds,
      speakers: ["Anna Meier", "Björn"],
      speakersConfidence: null,
      turns,
      coverage: { ratio: 1, uncovered: [], withheld: [] },
      missing: [],
      ...changes,
    },
  };
}

/** A turn whose words are spread evenly over its time. */
export function turnOf(text: string, start: number, end: number, changes: Partial<Turn> = {}): Turn {
  const texts = text.split(" ").filter((word) => word !== "");
  const step = (end - start) / texts.length;
  const words: Word[] = texts.map((word, index) => ({
    text: word,
    start: start + step * index,
    end: start + step * (index + 1),
    confidence: null,
    timing: "aligned",
  }));
  return { start, end, speaker: null, text, flags: [], words, ...changes };
}

/** The words of all turns that are shown, in order. */
export function wordsOf(document: ExportDocument): string[] {
  return document.transcript.turns
    .filter((turn) => !turn.flags.includes("withheld"))
    .flatMap((turn) => turn.text.split(/\s+/u))
    .filter((word) => word !== "");
}

const PLAIN = [
  "a",
  "the",
  "and",
  "but",
  "we",
  "people",
  "interview,",
  "yesterday.",
  "why?",
  "don't",
  "42",
  "7",
  "Straße",
  "žluťoučký",
];
const SCRIPTS = [
  "مرحبا",
  "شكرا،",
  "שלום",
  "привет",
  "ευχαριστώ",
  "नमस्ते",
  "감사합니다",
  "🙂",
  "e\u0301te\u0301",
];
const UNSPACED = ["私は東京へ行きました。それから、", "我们昨天去了北京", "สวัสดีครับผมชื่อสมชาย", "はい。"];
const ODD = [
  "&",
  "&amp;",
  "<b>",
  "</v>",
  "a<b>c",
  "3<4",
  "-->",
  "--",
  "{\\an8}",
  "1",
  "NOTE",
  "WEBVTT",
  "\\N",
  "x".repeat(43),
  "y".repeat(200),
];

export interface Flavour {
  /** Words in scripts without spaces. */
  unspaced?: boolean;
  /** Markup, arrows, words longer than a line. */
  odd?: boolean;
  withheld?: boolean;
}

/** Documents with turns from one word to sixty, dense or with long pauses, at times over one another. */
export function anyDocument(flavour: Flavour = {}): fc.Arbitrary<ExportDocument> {
  const words = [...PLAIN, ...SCRIPTS, ...(flavour.unspaced ? UNSPACED : []), ...(flavour.odd ? ODD : [])];
  const turn = fc.record({
    texts: fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 60 }),
    wordSeconds: fc.double({ min: 0.02, max: 1.5, noNaN: true }),
    pauseSeconds: fc.oneof(fc.constant(0), fc.double({ min: -1, max: 8, noNaN: true })),
    speaker: fc.constantFrom(null, 0, 1),
    flags: fc.constantFrom<TurnFlag[]>([], [], [], ["doubtful"], flavour.withheld ? ["withheld"] : []),
  });
  return fc.array(turn, { minLength: 1, maxLength: 12 }).map((plans) => {
    let at = 0;
    const turns = plans.map(({ texts, wordSeconds, pauseSeconds, speaker, flags }) => {
      const start = Math.max(0, at + pauseSeconds);
      at = start + wordSeconds * texts.length;
      const withheld = flags.includes("withheld");
      const spoken = turnOf(texts.join(" "), start, at, { speaker, flags });
      return withheld ? { ...spoken, text: "", words: [] } : spoken;
    });
    return documentOf(turns);
  });
}

import { describe, expect, test } from "vitest";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { coverageOf } from "./coverage.ts";
import { heardOf } from "./heard.ts";
import { languageOf } from "./language.ts";
import type { Reading, Standing } from "./looks.ts";
import { hallucinated, tooShort, withholdForeign, withholdRepeatedLines } from "./verdict.ts";

function reading(
  text: string,
  start: number,
  end: number,
  standing: Standing = "kept",
  language = "en",
): Reading {
  const span = { startSample: start * SAMPLE_RATE_HZ, endSample: end * SAMPLE_RATE_HZ };
  const evidence =
    standing === "withheld" ? [{ kind: "repetition", span: { start, end }, value: 9, limit: 2, text }] : [];
  const heard = { ...heardOf({ text, tokens: [], language: null }), language };
  return { segment: { ...span, spans: [span] }, heard, standing, evidence };
}

describe("a recording", () => {
  test("with less than 0.3 s of speech is too short, and says how much there is", () => {
    expect(tooShort(0.3, 10)).toBeNull();
    const failure = tooShort(0.12, 10);
    expect(failure?.reason).toBe("audio_too_short");
    expect(failure?.detail.figures).toEqual({
      speech_seconds: 0.12,
      speech_seconds_min: 0.3,
      duration_seconds: 10,
    });
    expect(failure?.detail.message).toContain("0.12 seconds of speech");
  });

  test("most of whose text was withheld is no transcript, and says why", () => {
    const failure = hallucinated([reading("Yes.", 0, 1), reading("la la la", 2, 12, "withheld")]);
    expect(failure?.reason).toBe("hallucinated_transcript");
    expect(failure?.detail.evidence.map(({ kind }) => kind)).toEqual(["repetition"]);
    expect(failure?.detail.figures).toMatchObject({ withheld_seconds: 10, text_seconds: 11 });
  });

  test("of which a part was withheld stands", () => {
    expect(hallucinated([reading("Yes.", 0, 6), reading("la la la", 7, 12, "withheld")])).toBeNull();
    expect(hallucinated([])).toBeNull();
    expect(hallucinated([reading("", 0, 9)])).toBeNull();
  });
});

describe("text that another cut does not have", () => {
  const said = reading("one two three four five six seven eight nine ten", 0, 6);
  const compared = (depthDb: number, common = 1) => [
    { segment: said.segment, words: 10, common, fit: null, depthDb },
  ];

  test("is withheld, for the language's sake in clear speech and as a guess in noise", () => {
    const kinds = [30, 5].map((depth) => withholdForeign([said], compared(depth)));
    expect(kinds.flat().map(({ standing, evidence }) => [standing, evidence[0]?.kind])).toEqual([
      ["withheld", "language"],
      ["withheld", "agreement"],
    ]);
  });

  test("is only doubted where half of it is the same", () => {
    expect(withholdForeign([said], compared(30, 5))[0]?.standing).toBe("doubtful");
  });

  test("must have more of it where the words do not fit their sound, and the evidence says how much", () => {
    const [fitting, unfit] = [-2, -5].map((fit) =>
      withholdForeign([said], [{ segment: said.segment, words: 10, common: 7, fit, depthDb: 30 }]),
    );
    expect(fitting).toEqual([said]);
    expect(unfit?.[0]).toMatchObject({ standing: "doubtful", evidence: [{ value: 0.7, limit: 0.9 }] });
    const halfAlike = { segment: said.segment, words: 10, common: 5, fit: -5, depthDb: 30 };
    expect(withholdForeign([said], [halfAlike])[0]?.standing).toBe("doubtful");
  });

  test("is no transcript where it is all in noise, and leaves one where it is another language in between", () => {
    expect(hallucinated(withholdForeign([said], compared(5)))?.reason).toBe("hallucinated_transcript");
    expect(hallucinated(withholdForeign([said], compared(30)))).toBeNull();
  });
});

describe("a line written for segment after segment", () => {
  const credit = "Subtitles by the community";

  test("of different lengths is withheld", () => {
    const readings = [3, 9, 1, 14].map((length, i) => reading(credit, i * 20, i * 20 + length));
    const guarded = withholdRepeatedLines([reading("Hello there.", 0, 1), ...readings]);
    expect(guarded.map(({ standing }) => standing)).toEqual(["kept", ...readings.map(() => "withheld")]);
    expect(hallucinated(guarded)?.reason).toBe("hallucinated_transcript");
  });

  test("that takes the same time each time is an announcement", () => {
    const readings = [2, 2.1, 1.9, 2, 2.2].map((length, i) =>
      reading("Please hold the line.", i * 20, i * 20 + length),
    );
    expect(withholdRepeatedLines(readings)).toEqual(readings);
  });

  test("as short as people's answers is an answer", () => {
    const readings = [0.3, 2, 0.4, 1].map((length, i) => reading("Yes, yes.", i * 20, i * 20 + length));
    expect(withholdRepeatedLines(readings)).toEqual(readings);
  });
});

describe("coverage", () => {
  test("counts speech with text, and lists what has none", () => {
    const readings = [
      reading("Hello.", 0, 6),
      reading("", 10, 12),
      reading("la la la", 20, 22, "withheld"),
      reading("Maybe.", 30, 40, "doubtful"),
    ];
    expect(coverageOf(readings)).toEqual({
      ratio: 0.8,
      uncovered: [{ start: 10, end: 12 }],
      withheld: [{ start: 20, end: 22 }],
    });
  });

  test("is whole where there is no speech", () => {
    expect(coverageOf([])).toEqual({ ratio: 1, uncovered: [], withheld: [] });
  });
});

describe("the language", () => {
  const mixed = [reading("Hello.", 0, 2, "kept", "en"), reading("Guten Tag.", 3, 11, "kept", "de")];

  test("is the one with the most speech in the whole recording, not at its beginning", () => {
    expect(languageOf(mixed, null, ["en", "de"], [])).toEqual({ language: "de", confidence: 0.8 });
  });

  test("of a model of one language is as sure as the share of speech that was read alike", () => {
    const comparisons = [
      { segment: reading("", 0, 6).segment, words: 20, common: 19, fit: null, depthDb: null },
      { segment: reading("", 10, 12).segment, words: 20, common: 4, fit: null, depthDb: null },
    ];
    expect(languageOf(mixed, null, ["en"], comparisons)).toEqual({ language: "en", confidence: 0.75 });
    expect(languageOf(mixed, "en", ["en"], comparisons)).toEqual({ language: "en", confidence: 0.75 });
  });

  test("is not known where the model wrote nothing", () => {
    const silent = [reading("", 0, 9)];
    expect(languageOf(silent, null, ["en"], [])).toEqual({ language: "", confidence: null });
    expect(languageOf(silent, "en", ["en"], [])).toEqual({ language: "en", confidence: null });
  });

  test("is the project's where it has one, and the model's where that speaks only one", () => {
    expect(languageOf(mixed, "fr", ["en", "fr"], [])).toEqual({ language: "fr", confidence: null });
    expect(languageOf(mixed, null, ["en"], [])).toEqual({ language: "en", confidence: null });
  });
});

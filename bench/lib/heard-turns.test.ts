import { expect, test } from "vitest";
import type { Evidence, Outcome, Transcript, Turn } from "../../server/src/pipeline/transcript.ts";
import { heardTurns } from "./heard-turns.ts";

function turn(start: number, end: number, text: string, flags: Turn["flags"]): Turn {
  return { start, end, text, flags, speaker: null, words: [] };
}

function evidence(start: number, end: number, text: string): Evidence {
  return { kind: "repetition", span: { start, end }, value: 9, limit: 7, text };
}

const TRANSCRIPT: Omit<Transcript, "turns"> = {
  model: "moonshine-base",
  language: "en",
  languageConfidence: null,
  durationSeconds: 9,
  speechSeconds: 9,
  speakers: [],
  speakersConfidence: null,
  coverage: { ratio: 1, uncovered: [], withheld: [] },
  missing: [],
};

test("a turn that is withheld has what its own evidence quotes; others have their text", () => {
  const turns = [
    turn(0, 3, "We went home.", []),
    turn(3, 6, "", ["withheld"]),
    turn(6, 9, "It was late.", ["doubtful"]),
  ];
  const quoted = [evidence(6, 9, "It was late."), evidence(3, 6, "The rain fell.")];
  const outcome: Outcome = {
    kind: "transcribed",
    transcript: { ...TRANSCRIPT, turns },
    evidence: quoted,
  };
  expect(heardTurns(outcome)).toEqual([
    { start: 0, end: 3, flag: null, text: "We went home." },
    { start: 3, end: 6, flag: "withheld", text: "The rain fell." },
    { start: 6, end: 9, flag: "doubtful", text: "It was late." },
  ]);
});

function failed(reason: "hallucinated_transcript" | "audio_too_short"): Outcome {
  return {
    kind: "failed",
    reason,
    detail: { message: "", figures: {}, evidence: [evidence(0, 5, "Thank you.")] },
    durationSeconds: 9,
    speechSeconds: 5,
  };
}

test("a recording of which nothing is shown is one turn, and one with too little speech is none", () => {
  expect(heardTurns(failed("hallucinated_transcript"))).toEqual([
    { start: 0, end: 9, flag: "failed", text: "Thank you." },
  ]);
  expect(heardTurns(failed("audio_too_short"))).toEqual([]);
});

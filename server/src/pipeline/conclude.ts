/** Makes the outcome of what was heard: the guard's verdict on the whole, turns, word times, coverage. */
import type { SpeechSpan } from "../speech/recogniser.ts";
import { coverageOf } from "./coverage.ts";
import type { HeardVoice } from "./hear.ts";
import { languageOf } from "./language.ts";
import type { Reading } from "./looks.ts";
import { speechSecondsOf } from "./segments.ts";
import type { Outcome, Turn } from "./transcript.ts";
import { turnsOf, untimedTurn, type SpokenReading } from "./turns.ts";
import { evidenceOf, hallucinated, tooShort, withholdRepeatedLines } from "./verdict.ts";
import { timeWords } from "./word-times.ts";

export interface Circumstances {
  durationSeconds: number;
  /** Name in the catalogue. */
  model: string;
  /** ISO 639-1 code of the project, or null. */
  asked: string | null;
  /** What the model speaks. */
  spoken: readonly string[];
  /** Told why a stage is missing. */
  onMissing?: ((stage: string, error: unknown) => void) | undefined;
}

/** @param voices one for each signal that was listened to; several where each holds one person */
export function conclude(voices: readonly HeardVoice[], circumstances: Circumstances): Outcome {
  const { durationSeconds, model, asked, spoken } = circumstances;
  const guarded = voices.map(({ readings }) => withholdRepeatedLines(readings));
  const readings = guarded.flat();
  const speechSeconds = speechSecondsOf(union(voices.flatMap(({ spans }) => spans)));
  const failure = tooShort(speechSeconds, durationSeconds) ?? hallucinated(readings);
  if (failure !== null) return { kind: "failed", ...failure, durationSeconds, speechSeconds };
  const { language, confidence } = languageOf(readings, asked, spoken);
  const { turns, speakers, missing } = turnsOfVoices(guarded, circumstances);
  return {
    kind: "transcribed",
    evidence: evidenceOf(readings),
    transcript: {
      model,
      language,
      languageConfidence: confidence,
      durationSeconds,
      speechSeconds,
      speakers,
      turns,
      coverage: coverageOf(readings),
      missing,
    },
  };
}

/** Spans of all voices as one: what two people say at once is heard, and charged, once. */
export function union(spans: readonly SpeechSpan[]): SpeechSpan[] {
  const joined: SpeechSpan[] = [];
  for (const { startSample, endSample } of [...spans].sort((a, b) => a.startSample - b.startSample)) {
    const last = joined.at(-1);
    if (last !== undefined && startSample <= last.endSample)
      last.endSample = Math.max(last.endSample, endSample);
    else joined.push({ startSample, endSample });
  }
  return joined;
}

interface Told {
  turns: Turn[];
  speakers: string[];
  missing: string[];
}

/** Turns of all voices in the order of time. Where each voice is one person, they are named in the order of appearance. */
function turnsOfVoices(voices: readonly Reading[][], { onMissing }: Circumstances): Told {
  const missing: string[] = [];
  const orMissing = (error: unknown) => {
    if (missing.length === 0) missing.push("word_times");
    onMissing?.("word_times", error);
  };
  const heard = voices.filter((readings) => readings.some(({ heard }) => heard.words.length > 0));
  const inOrder = heard.sort((a, b) => firstSample(a) - firstSample(b));
  const isApart = voices.length > 1;
  const turns = inOrder.flatMap((readings, i) => turnsOfVoice(readings, isApart ? i : null, orMissing));
  return {
    turns: turns.sort((a, b) => a.start - b.start),
    speakers: isApart ? inOrder.map((_, i) => `Speaker ${i + 1}`) : [],
    missing,
  };
}

function firstSample(readings: readonly Reading[]): number {
  return readings.find(({ heard }) => heard.words.length > 0)?.segment.startSample ?? Infinity;
}

/** The words of a voice as turns; without times should that stage fail, for the text is never lost. */
function turnsOfVoice(
  readings: readonly Reading[],
  speaker: number | null,
  orMissing: (error: unknown) => void,
): Turn[] {
  try {
    return turnsOf(readings.map((reading) => spoken(reading, speaker)));
  } catch (error) {
    orMissing(error);
    return readings.flatMap((reading) => untimedTurn(reading, speaker));
  }
}

function spoken(reading: Reading, speaker: number | null): SpokenReading {
  return { reading, speaker, words: reading.standing === "withheld" ? [] : timeWords(reading) };
}

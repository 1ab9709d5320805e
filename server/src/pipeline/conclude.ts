/** Makes the outcome of what was heard: the guard's verdict on the whole, turns, word times, coverage. */
import type { Told } from "../speakers/diarizer.ts";
import type { SpeechSpan } from "../speech/recogniser.ts";
import { coverageOf } from "./coverage.ts";
import type { HeardVoice } from "./hear.ts";
import { languageOf } from "./language.ts";
import type { Reading } from "./looks.ts";
import { speechSecondsOf } from "./segments.ts";
import { bySpeaker, mainSpeaker, namesOf, toldOf, type Apart } from "./speakers.ts";
import type { Outcome, Transcript, Turn } from "./transcript.ts";
import { turnsOf, untimedTurn, type SpokenReading } from "./turns.ts";
import {
  evidenceOf,
  hallucinated,
  otherLanguage,
  tooShort,
  withholdForeign,
  withholdRepeatedLines,
} from "./verdict.ts";
import { timeWords } from "./word-times.ts";

export interface Circumstances {
  durationSeconds: number;
  /** Name in the catalogue. */
  model: string;
  /** ISO 639-1 code of the project, or null. */
  asked: string | null;
  /** What the model speaks. */
  spoken: readonly string[];
  /** A sentence on what to do about a recording in another language. */
  remedy: string;
  /** Who speaks when, where all are on one signal. */
  apart: Apart;
  /** Told why a stage is missing. */
  onMissing?: ((stage: string, error: unknown) => void) | undefined;
}

/** @param voices one for each signal that was listened to; several where each holds one person */
export function conclude(voices: readonly HeardVoice[], circumstances: Circumstances): Outcome {
  const { durationSeconds, model, asked, spoken } = circumstances;
  const guarded = voices.map(({ readings, comparisons }) =>
    withholdForeign(withholdRepeatedLines(readings), comparisons),
  );
  const readings = guarded.flat();
  const comparisons = voices.flatMap((voice) => voice.comparisons);
  const speechSeconds = speechSecondsOf(union(voices.flatMap(({ spans }) => spans)));
  const failure =
    tooShort(speechSeconds, durationSeconds) ??
    otherLanguage(readings, comparisons, circumstances) ??
    hallucinated(readings);
  if (failure !== null) return { kind: "failed", ...failure, durationSeconds, speechSeconds };
  const { language, confidence } = languageOf(readings, asked, spoken, comparisons);
  const { turns, speakers, speakersConfidence, missing } = turnsOfVoices(guarded, circumstances);
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
      speakersConfidence,
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

interface Spoken extends Pick<Transcript, "turns" | "speakers" | "speakersConfidence" | "missing"> {}

/** Turns of all voices in the order of time, and who speaks in them, named in the order of appearance. */
function turnsOfVoices(voices: readonly Reading[][], { apart, onMissing }: Circumstances): Spoken {
  const missing = new Set<string>();
  const orMissing = (stage: string) => (error: unknown) => {
    missing.add(stage);
    onMissing?.(stage, error);
  };
  const told = toldOf(apart, orMissing("speakers"));
  const heard = voices.filter((readings) => readings.some(({ heard }) => heard.words.length > 0));
  const isApart = voices.length > 1;
  const turns = heard.flatMap((readings, i) => {
    const whose: Whose = told ?? (isApart ? i : null);
    return turnsOfVoice(readings, whose, orMissing("word_times"));
  });
  const confidence = isApart ? 1 : (told?.certainty ?? null);
  return {
    ...namesOf(
      turns.toSorted((a, b) => a.start - b.start),
      confidence,
    ),
    missing: [...missing],
  };
}

/** Whose words a voice's are: one person's, nobody knows whose, or several people's. */
type Whose = number | null | Told;

/** The words of a voice as turns; without times should that stage fail, for the text is never lost. */
function turnsOfVoice(
  readings: readonly Reading[],
  whose: Whose,
  orMissing: (error: unknown) => void,
): Turn[] {
  try {
    return turnsOf(readings.flatMap((reading) => spoken(reading, whose)));
  } catch (error) {
    orMissing(error);
    return readings.flatMap((reading) =>
      untimedTurn(reading, isTold(whose) ? mainSpeaker(reading, whose) : whose),
    );
  }
}

function spoken(reading: Reading, whose: Whose): SpokenReading[] {
  const words = reading.standing === "withheld" ? [] : timeWords(reading);
  return isTold(whose) ? bySpeaker(reading, words, whose) : [{ reading, speaker: whose, words }];
}

function isTold(whose: Whose): whose is Told {
  return typeof whose === "object" && whose !== null;
}

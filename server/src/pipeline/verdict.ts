/** Judges a recording as a whole, once all of it was heard. */
import { plainWords } from "./evidence/repetition.ts";
import {
  agreedShareMin,
  isClear,
  isForeign,
  isStrange,
  isUnlike,
  spokenShare,
  sumOf,
  type Comparison,
} from "./foreign.ts";
import { GUARD } from "./guard.ts";
import { textOf } from "./heard.ts";
import type { Reading } from "./looks.ts";
import { speechSecondsIn, speechSecondsOf, type Segment } from "./segments.ts";
import type { Evidence, FailureDetail, FailureReason, Span } from "./transcript.ts";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";

export interface Failure {
  reason: FailureReason;
  detail: FailureDetail;
}

/** Whether there is too little speech to speak of; null where there is enough. */
export function tooShort(speechSeconds: number, durationSeconds: number): Failure | null {
  if (speechSeconds >= GUARD.speechSecondsMin) return null;
  return {
    reason: "audio_too_short",
    detail: {
      message:
        `Only ${speechSeconds.toFixed(2)} seconds of speech were found in ${durationSeconds.toFixed(1)} seconds of audio; ` +
        `at least ${GUARD.speechSecondsMin} are needed. The recording may be silent, or hold music, noise or beeps only.`,
      figures: {
        speech_seconds: speechSeconds,
        speech_seconds_min: GUARD.speechSecondsMin,
        duration_seconds: durationSeconds,
      },
      evidence: [],
    },
  };
}

/** How much evidence a failure lists: enough to see, whatever the recording's length. */
const EVIDENCE_MAX = 50;

/** Whether too much of what was heard was withheld for the rest to be a transcript; null where it stands. */
export function hallucinated(readings: readonly Reading[]): Failure | null {
  const withText = readings.filter((reading) => reading.heard.words.length > 0 && !isForeignReading(reading));
  const withheld = withText.filter(({ standing }) => standing === "withheld");
  const textSeconds = speechSecondsIn(withText);
  const withheldSeconds = speechSecondsIn(withheld);
  if (withheld.length === 0 || withheldSeconds <= textSeconds * (1 - GUARD.trustedShareMin)) return null;
  return {
    reason: "hallucinated_transcript",
    detail: {
      message:
        `The model's text cannot come from this audio: it was withheld for ${withheldSeconds.toFixed(1)} of the ` +
        `${textSeconds.toFixed(1)} seconds of speech that it wrote for, after a second look. The recording may hold ` +
        "music, noise or another language, or be too faint.",
      figures: {
        withheld_seconds: withheldSeconds,
        text_seconds: textSeconds,
        trusted_share: 1 - withheldSeconds / textSeconds,
        trusted_share_min: GUARD.trustedShareMin,
      },
      evidence: evidenceOf(withheld).slice(0, EVIDENCE_MAX),
    },
  };
}

/** What a failure for the language's sake says of the model. */
interface Spoken {
  model: string;
  spoken: readonly string[];
  remedy: string;
}

/** Whether next to nothing of a recording is in the model's language; null where enough of it is. */
export function otherLanguage(
  readings: readonly Reading[],
  comparisons: readonly Comparison[],
  { model, spoken, remedy }: Spoken,
): Failure | null {
  const share = spokenShare(comparisons);
  if (share === null || share >= GUARD.spokenShareMin || !isForeign(comparisons)) return null;
  const { words, common } = sumOf(comparisons);
  return {
    reason: "hallucinated_transcript",
    detail: {
      message:
        `The recording seems to be in a language that the installed model ${model} does not speak (it speaks ` +
        `${spoken.join(", ")}): of ${words} words, ${common} were read alike when the same speech was cut differently. If it is in that ` +
        `language after all, it is too unclear to be transcribed. ${remedy}`.trimEnd(),
      figures: {
        words_compared: words,
        words_read_alike: common,
        spoken_share: share,
        spoken_share_min: GUARD.spokenShareMin,
      },
      evidence: evidenceOf(readings.filter(isForeignReading)).slice(0, EVIDENCE_MAX),
    },
  };
}

/**
 * Doubts readings whose speech was read differently in another cut, and withholds those of which next to nothing was read
 * alike: in clear speech they are in another language, in noise they are guesses.
 *
 * @param comparisons of these readings
 */
export function withholdForeign(readings: readonly Reading[], comparisons: readonly Comparison[]): Reading[] {
  const strange = new Map(
    comparisons.filter(isStrange).map((comparison) => [comparison.segment, comparison]),
  );
  return readings.map((reading) => {
    const comparison = strange.get(reading.segment);
    if (comparison === undefined) return reading;
    const isSure = isUnlike(comparison);
    const standing = reading.standing === "withheld" || isSure ? "withheld" : "doubtful";
    return { ...reading, standing, evidence: [...reading.evidence, readDifferently(reading, comparison)] };
  });
}

function readDifferently({ segment, heard }: Reading, comparison: Comparison): Evidence {
  return {
    kind: isClear(comparison) ? "language" : "agreement",
    span: spanOf(segment),
    value: hundredths(comparison.common / comparison.words),
    limit: hundredths(agreedShareMin(comparison)),
    text: textOf(heard.words),
  };
}

function hundredths(share: number): number {
  return Math.round(100 * share) / 100;
}

function isForeignReading({ standing, evidence }: Reading): boolean {
  return standing === "withheld" && evidence.some(({ kind }) => kind === "language");
}

/** All evidence of readings, in the order of time. */
export function evidenceOf(readings: readonly Reading[]): Evidence[] {
  return readings.flatMap(({ evidence }) => evidence).sort((a, b) => a.span.start - b.span.start);
}

/**
 * Withholds one line that was written for segment after segment, however different their lengths: a credit line over a
 * whole film. An announcement that is really repeated takes the same time each time.
 *
 * @param readings of one voice, in the order of time
 */
export function withholdRepeatedLines(readings: readonly Reading[]): Reading[] {
  const spoken = readings.filter(({ heard }) => heard.words.length > 0);
  const doubted = new Map<Reading, Evidence>();
  for (let first = 0; first < spoken.length;) {
    const line = lineOf(spoken[first]);
    let end = first + 1;
    while (end < spoken.length && lineOf(spoken[end]) === line) end += 1;
    const same = spoken.slice(first, end);
    if (isInventedLine(line, same))
      for (const reading of same) doubted.set(reading, repeatedLine(reading, same.length));
    first = end;
  }
  return readings.map((reading) => {
    const evidence = doubted.get(reading);
    return evidence
      ? { ...reading, standing: "withheld", evidence: [...reading.evidence, evidence] }
      : reading;
  });
}

/** Shorter lines, "yes" and "thank you", are said again and again. */
const LINE_WORDS_MIN = 3;

const SAME_LINES_MAX = 3;

/** The same line said twice by the same person differs by a fifth in length or so; this leaves room for the detector. */
const LINE_SECONDS_RATIO_MAX = 1.8;

function isInventedLine(line: string, same: readonly Reading[]): boolean {
  if (same.length <= SAME_LINES_MAX || line.split(" ").length < LINE_WORDS_MIN) return false;
  const seconds = same.map(({ segment }) => speechSecondsOf(segment.spans));
  return Math.max(...seconds) > LINE_SECONDS_RATIO_MAX * Math.min(...seconds);
}

function lineOf(reading: Reading | undefined): string {
  return plainWords(textOf(reading?.heard.words ?? [])).join(" ");
}

function repeatedLine({ segment, heard }: Reading, count: number): Evidence {
  return {
    kind: "repeated_line",
    span: spanOf(segment),
    value: count,
    limit: SAME_LINES_MAX,
    text: textOf(heard.words),
  };
}

function spanOf({ startSample, endSample }: Segment): Span {
  return { start: startSample / SAMPLE_RATE_HZ, end: endSample / SAMPLE_RATE_HZ };
}

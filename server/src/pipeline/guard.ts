/**
 * Judges whether a text can have been spoken in the audio that it is said to come from. Every limit stands here with its
 * source. Evidence is a reason to listen again, cut differently (`looks.ts`), never by itself a verdict.
 */
import { deflateSync } from "node:zlib";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { crowdingOf } from "./evidence/crowding.ts";
import { longestRun, plainWords, type Run } from "./evidence/repetition.ts";
import { countSyllables } from "./evidence/syllables.ts";
import { isPhantomLine } from "./evidence/phantom-lines.ts";
import { worstFittingRun } from "./evidence/unspoken.ts";
import { textOf, type Heard } from "./heard.ts";
import { speechSecondsOf, type Segment } from "./segments.ts";
import type { Evidence, Span } from "./transcript.ts";

export const GUARD = {
  /** Less speech than this in a whole recording is none (transcription.md, section 5). */
  speechSecondsMin: 0.3,
  /** Words may end this long after their clip: Whisper rounds to 0.02 s, transducers to 0.08 s, and both may be late. */
  pastEndSecondsMax: 0.5,
  /**
   * The fastest languages are read at 7.8 syllables a second (Pellegrino, Coupé and Marsico 2011, Japanese and Spanish),
   * and fast talkers reach half as much again.
   */
  syllablesPerSecondMax: 12,
  /** Detectors clip the edges of short words, and the count of syllables is an estimate. */
  syllablesSlack: 4,
  /**
   * A reason to listen again: conversation has 5 to 6 syllables a second of speech, and of the English test collections no
   * segment that was looked at passes this. What a model adds comes on top of what was said.
   */
  hurriedSyllablesPerSecond: 5.5,
  hurriedSyllablesSlack: 2,
  /** Of the densest five words. Half as much again as the fastest talkers, since models time single words badly. */
  crowdedSyllablesPerSecond: 20,
  /**
   * A reason to listen again: of four squeezed words in a row, or of a whole text, the fit that the aligner finds. Of the default
   * model's texts of 147 segments of English 1 in 100 has such a place, and with an ending planted after them 98 in 100.
   */
  squeezedFitMin: -5.5,
  /** Speech that is played at twice its speed has places down to about here; two of three planted endings fit worse. */
  unspokenFitMin: -9,
  /** Slow dictation has two syllables a second; a text with fewer than this has left speech out. */
  syllablesPerSecondMin: 0.5,
  /** Below this the detector may have heard a cough or a door. */
  sparseSpeechSecondsMin: 2,
  /** The `compression_ratio_threshold` of OpenAI's Whisper. */
  compressionMax: 2.4,
  /** The `logprob_threshold` of OpenAI's Whisper, -1, as a probability. */
  confidenceMin: 0.37,
  /** Speech stands out from the room by more than this; a detector that is wrong has heard something steady. */
  contrastDbMin: 3,
  /** Of the speech that has text, so much must be trusted for the whole to be a transcript of the recording. */
  trustedShareMin: 0.5,
  /**
   * Of the words of speech that was cut in two ways, so many are read alike, less `agreedSlack` divided by the root of their
   * number, as chance has it. Chosen on 158 English recordings, all but two of which are above, and 122 in other languages,
   * of which 12 are.
   */
  agreedShareMin: 0.75,
  agreedSlack: 0.5,
  /**
   * Where fewer are read alike than this, the recording is in another language. Of the same English, 0.76 was the
   * least with twenty words or more; chosen on the same recordings.
   */
  foreignShareMax: 0.7,
  /** One segment alone must be further off: there are many. People who talk at once were at 0.5. */
  foreignSegmentShareMax: 0.6,
  foreignSlack: 0.7,
  /**
   * Words that a model half translates are read alike and do not fit their sound. `agreedShareMin` and
   * `foreignShareMax` are higher by `misfitSharePerFit` for each unit of fit (natural logarithm) that the words are below
   * `misfitBelow`, by `misfitShareMax` at most. Of clips in English 87 in 100 fit better, also with pink noise 10 dB below the speech; of those in other
   * languages 11. Chosen on half of the recordings (docs/decisions/0015-other-languages.md). Fewer words prove too little.
   */
  misfitBelow: -3.5,
  misfitSharePerFit: 0.1,
  misfitShareMax: 0.15,
  misfitWordsMin: 8,
  /** A recording is not refused for the fit of fewer words: synthetic English, eight words of it, was half read alike at a fit below -3.9. */
  misfitRefusalWordsMin: 15,
  /**
   * Noise makes English be read differently too. Measured over whole files: clean speech nearly always
   * 14 dB or more (a few files 10 to 12), speech with noise 10 dB below it around 10.
   */
  foreignDepthDbMin: 11,
  /** With this much of its speech in the model's language, a recording has a transcript; the rest is withheld. */
  spokenShareMin: 0.15,
} as const;

/**
 * Rounds of the same words that people still say: "no no no no no", a refrain sung three times. By the number of words in
 * the round; longer rounds are as the last.
 */
const ROUNDS_MAX: readonly number[] = [0, 7, 5, 4, 3, 2];

/** Kinds of evidence for which a text is withheld when a second look did not remove them. */
const AGAINST_THE_TEXT = new Set([
  "past_end",
  "speech_rate",
  "crowding",
  "unspoken",
  "repetition",
  "compression",
  "phantom",
]);

/** Whether evidence says that the text was invented, and not only that it may be bad. */
export function speaksAgainst(evidence: readonly Evidence[]): boolean {
  return evidence.some(({ kind }) => AGAINST_THE_TEXT.has(kind));
}

/** Whether evidence says that there may be more text than was said, so that only a second look can tell. */
export function mayHoldMore(evidence: readonly Evidence[]): boolean {
  return evidence.some(({ kind }) => kind === "hurry" || kind === "squeezed");
}

/**
 * All evidence against what was heard in a segment; empty where there is none.
 *
 * @param contrastDb how far the speech stands out from what surrounds it; null where that is not known
 */
export function judge(segment: Segment, heard: Heard, contrastDb: number | null): Evidence[] {
  const text = textOf(heard.words);
  const speechSeconds = speechSecondsOf(segment.spans);
  const span = secondsOf(segment);
  const found = [
    pastEnd(heard, span),
    tooFast(text, speechSeconds) ?? hurried(text, speechSeconds),
    crowded(heard),
    unspoken(heard),
    tooSparse(text, speechSeconds),
    repetition(text),
    compression(text),
    unsure(heard),
    phantom(text, contrastDb),
  ];
  return found
    .filter((measure) => measure !== null)
    .map(({ kind, value, limit, text: own = text }) => ({ kind, value, limit, span, text: shortened(own) }));
}

/** With a text where it is about some of the words only. */
type Measure = Pick<Evidence, "kind" | "value" | "limit"> & { text?: string };

function pastEnd(heard: Heard, { start, end }: Span): Measure | null {
  const last = Math.max(0, ...heard.words.map((word) => word.end ?? word.start ?? 0));
  const limit = end - start + GUARD.pastEndSecondsMax;
  return last > limit ? { kind: "past_end", value: round(last), limit: round(limit) } : null;
}

function tooFast(text: string, speechSeconds: number): Measure | null {
  const syllables = countSyllables(text);
  const most = GUARD.syllablesPerSecondMax * speechSeconds + GUARD.syllablesSlack;
  if (syllables <= most) return null;
  return { kind: "speech_rate", value: round(syllables / speechSeconds), limit: round(most / speechSeconds) };
}

function hurried(text: string, speechSeconds: number): Measure | null {
  const value = countSyllables(text) / speechSeconds;
  const limit = GUARD.hurriedSyllablesPerSecond + GUARD.hurriedSyllablesSlack / speechSeconds;
  return value > limit ? { kind: "hurry", value: round(value), limit: round(limit) } : null;
}

function crowded(heard: Heard): Measure | null {
  const value = crowdingOf(heard.words);
  const limit = GUARD.crowdedSyllablesPerSecond;
  return value !== null && value > limit ? { kind: "crowding", value: round(value), limit } : null;
}

function unspoken({ aligned, words }: Heard): Measure | null {
  const run = worstFittingRun(aligned ?? []);
  if (run === null || run.fit >= GUARD.squeezedFitMin) return null;
  const text = textOf(words.slice(run.first, run.last));
  const value = round(run.fit);
  return run.fit < GUARD.unspokenFitMin
    ? { kind: "unspoken", value, limit: GUARD.unspokenFitMin, text }
    : { kind: "squeezed", value, limit: GUARD.squeezedFitMin, text };
}

function tooSparse(text: string, speechSeconds: number): Measure | null {
  const value = countSyllables(text) / speechSeconds;
  if (speechSeconds < GUARD.sparseSpeechSecondsMin || value >= GUARD.syllablesPerSecondMin) return null;
  return { kind: "sparse", value: round(value), limit: GUARD.syllablesPerSecondMin };
}

function repetition(text: string): Measure | null {
  const run = longestRun(plainWords(text));
  if (run === null || run.count <= roundsMax(run)) return null;
  return { kind: "repetition", value: run.count, limit: roundsMax(run) };
}

function roundsMax({ period }: Run): number {
  return ROUNDS_MAX[Math.min(period, ROUNDS_MAX.length - 1)] ?? 2;
}

function compression(text: string): Measure | null {
  const bytes = Buffer.from(text);
  const value = bytes.length / deflateSync(bytes).length;
  return value > GUARD.compressionMax
    ? { kind: "compression", value: round(value), limit: GUARD.compressionMax }
    : null;
}

function unsure(heard: Heard): Measure | null {
  const known = heard.words.flatMap((word) => word.confidence ?? []);
  if (known.length === 0) return null;
  const value = known.reduce((sum, confidence) => sum + confidence, 0) / known.length;
  return value < GUARD.confidenceMin
    ? { kind: "confidence", value: round(value), limit: GUARD.confidenceMin }
    : null;
}

/** A known line alone accuses as many honest transcripts as invented ones: the audio must be doubtful first. */
function phantom(text: string, contrastDb: number | null): Measure | null {
  if (contrastDb === null || contrastDb >= GUARD.contrastDbMin || !isPhantomLine(text)) return null;
  return { kind: "phantom", value: round(contrastDb), limit: GUARD.contrastDbMin };
}

function secondsOf(segment: Segment): Span {
  return { start: segment.startSample / SAMPLE_RATE_HZ, end: segment.endSample / SAMPLE_RATE_HZ };
}

const QUOTE_CHARACTERS = 120;

function shortened(text: string): string {
  return text.length <= QUOTE_CHARACTERS ? text : `${text.slice(0, QUOTE_CHARACTERS - 1).toWellFormed()}…`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

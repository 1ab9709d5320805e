/** Recognises a segment, and once more, cut differently, where the guard doubts what was heard. */
import type { Clip } from "../speech/recogniser.ts";
import { sharedWords } from "./evidence/agreement.ts";
import { contrastDb } from "./evidence/contrast.ts";
import { isPhantomLine } from "./evidence/phantom-lines.ts";
import { plainWords } from "./evidence/repetition.ts";
import { countSyllables } from "./evidence/syllables.ts";
import { judge, mayHoldMore, speaksAgainst } from "./guard.ts";
import { textOf, type Heard } from "./heard.ts";
import { halve } from "./quiet.ts";
import { boundsOf, pausesOf, samplesIn, speechSecondsOf, withContext, type Segment } from "./segments.ts";
import type { Evidence } from "./transcript.ts";

/** `kept`: trusted. `doubtful`: shown with a flag. `withheld`: the words are not shown. */
export type Standing = "kept" | "doubtful" | "withheld";

/** What was heard in a segment, and how far it is to be trusted. */
export interface Reading {
  segment: Segment;
  heard: Heard;
  standing: Standing;
  /** Why it is not kept; empty where it is. */
  evidence: Evidence[];
}

/** Recognises one segment; `doubted` tells whether what it hears may be shown at once. */
export type Listen = (segment: Segment, isDoubted: (heard: Heard) => Promise<boolean>) => Promise<Heard>;

/**
 * Reads a segment. Gives the first look where nothing speaks against it; else what the second look made of it, which may
 * be two readings. What comes out depends on the segment and the model alone.
 *
 * @param clip the recording that the segment is part of
 */
export async function read(clip: Clip, segment: Segment, listen: Listen): Promise<Reading[]> {
  const first = await look(clip, segment, listen);
  if (first.evidence.length === 0) return [first];
  const pieces = await recut(clip, segment.apart ?? segment);
  if (pieces.every((piece) => isSameClip(piece, segment))) return [first];
  const second: Reading[] = [];
  for (const piece of pieces) second.push(await look(clip, piece, listen));
  return settle(first, second);
}

async function look(clip: Clip, segment: Segment, listen: Listen): Promise<Reading> {
  const evidenceOf = async (heard: Heard) =>
    judge(segment, heard, await doubtfulContrast(clip, segment, heard));
  const heard = await listen(segment, async (heard) => (await evidenceOf(heard)).length > 0);
  const evidence = await evidenceOf(heard);
  return { segment, heard, evidence, standing: standingOf(evidence) };
}

/** The audio is measured only where the text is a known phantom: it costs a read of the clip. */
async function doubtfulContrast(clip: Clip, segment: Segment, heard: Heard): Promise<number | null> {
  return isPhantomLine(textOf(heard.words)) ? contrastDb(clip, segment) : null;
}

function standingOf(evidence: Evidence[]): Standing {
  if (evidence.length === 0) return "kept";
  return speaksAgainst(evidence) ? "withheld" : "doubtful";
}

/** A piece shorter than this is not cut further where it can be trimmed: sentences this short are torn by a cut. */
const HALVED_SECONDS_MIN = 4;

/** Speech shorter than this is a word, and not cut at all. */
const TORN_SECONDS_MIN = 1;

/** Context at the place where a segment is cut in two; at a quiet place within speech there is none. */
const CUT_CONTEXT_SECONDS = 0.4;

/** Context of a second look that cannot be cut: enough to be another clip, and still more than none. */
const TIGHT_CONTEXT_SECONDS = 0.15;

/** A model hears a clip that lost less than this as it heard it before: that is no second look. */
const TRIMMED_SECONDS_MIN = 0.1;

function isSameClip(a: Segment, b: Segment): boolean {
  const trimmed = Math.abs(a.startSample - b.startSample) + Math.abs(a.endSample - b.endSample);
  return trimmed < samplesIn(TRIMMED_SECONDS_MIN);
}

/**
 * The same speech as other clips: in two at its longest pause, or where it is quietest; where it is short, trimmed closer. What is
 * too short to cut and has nothing around it comes back as it is.
 *
 * @param halvedSecondsMin speech without a pause that is shorter is not cut
 * @throws Error when the spool cannot be read
 */
export async function recut(
  clip: Clip,
  segment: Segment,
  halvedSecondsMin: number = HALVED_SECONDS_MIN,
): Promise<Segment[]> {
  const { spans, startSample, endSample } = segment;
  const [only] = spans;
  if (spans.length > 1) {
    const pauses = pausesOf(spans);
    const cut = pauses.indexOf(Math.max(...pauses)) + 1;
    return inTwo(segment, spans.slice(0, cut), spans.slice(cut));
  }
  const tight = withContext(spans, startSample, endSample, TIGHT_CONTEXT_SECONDS);
  const secondsMin = isSameClip(tight, segment) ? TORN_SECONDS_MIN : halvedSecondsMin;
  if (only === undefined || speechSecondsOf(spans) < secondsMin) return [tight];
  const [before, after] = await halve(clip, only);
  return inTwo(segment, [before], [after]);
}

function inTwo(
  { startSample, endSample }: Segment,
  before: Segment["spans"],
  after: Segment["spans"],
): Segment[] {
  const end = boundsOf(before).endSample;
  const start = boundsOf(after).startSample;
  const middle = Math.floor((end + start) / 2);
  return [
    { startSample, endSample: Math.min(middle, end + samplesIn(CUT_CONTEXT_SECONDS)), spans: before },
    { startSample: Math.max(middle, start - samplesIn(CUT_CONTEXT_SECONDS)), endSample, spans: after },
  ];
}

/** Decides between two looks at the same speech. */
function settle(first: Reading, second: Reading[]): Reading[] {
  if (!speaksAgainst(first.evidence) && !mayHoldMore(first.evidence)) {
    if (isFuller(second, first)) return second;
    return [isGuessed(first, second) ? { ...first, standing: "withheld" } : first];
  }
  const unspoken = first.evidence.find(({ kind }) => kind === "unspoken" || kind === "squeezed");
  if (unspoken !== undefined && !isHeardAgain(unspoken, second))
    return second.map((reading) => withFirstEvidence(reading, first));
  if (isSpokenRepetition(first, second) || isSpokenFast(first, second))
    return [{ ...first, standing: "kept", evidence: [] }];
  return second.map((reading) => withFirstEvidence(reading, first));
}

/**
 * Whether another cut has the very words that have no sound. That both looks are alike on the whole says nothing of a few words
 * at the end of a long text.
 */
function isHeardAgain({ text }: Evidence, second: Reading[]): boolean {
  return inSpaces(textOfAll(second)).includes(inSpaces(text));
}

function inSpaces(text: string): string {
  return ` ${plainWords(text).join(" ")} `;
}

/** Whether a second look found more of the speech, and nothing in it is invented. */
function isFuller(second: Reading[], first: Reading): boolean {
  return (
    second.every(({ evidence }) => !speaksAgainst(evidence)) &&
    countSyllables(textOfAll(second)) > countSyllables(textOfAll([first]))
  );
}

/** A few words that were said are heard again, most of them; what is written for a voice without words is not. */
const GUESSED_SHARE_MAX = 0.5;

/** Whether next to no text for much speech is also another text in another cut. */
function isGuessed(first: Reading, second: Reading[]): boolean {
  return (
    first.evidence.some(({ kind }) => kind === "sparse") &&
    first.heard.words.length > 0 &&
    sharedWords(plainWords(textOfAll([first])), plainWords(textOfAll(second))) < GUESSED_SHARE_MAX
  );
}

/** Kinds of evidence that people can give by saying the same thing often. */
const SPOKEN_KINDS = new Set(["repetition", "compression", "sparse", "confidence"]);

/** Reading aloud has 4 to 8 syllables a second in all languages measured (Pellegrino, Coupé and Marsico 2011). */
const HUMAN_SYLLABLES_PER_SECOND = 8;

/** Of the words of both looks, so many must be the same. A loop runs on for another number of rounds in another clip. */
const AGREED_SHARE_MIN = 0.9;

/** Whether words that come again and again were really said: heard alike in two cuts, and slowly enough for a person. */
function isSpokenRepetition(first: Reading, second: Reading[]): boolean {
  const text = textOfAll([first]);
  const pace = countSyllables(text) / speechSecondsOf(first.segment.spans);
  return (
    first.evidence.every(({ kind }) => SPOKEN_KINDS.has(kind)) &&
    pace <= HUMAN_SYLLABLES_PER_SECOND &&
    sharedWords(plainWords(text), plainWords(textOfAll(second))) >= AGREED_SHARE_MIN
  );
}

/** Kinds of evidence that people can give by speaking fast, and models by timing their words badly. */
const FAST_KINDS = new Set(["hurry", "crowding", "unspoken", "squeezed", "sparse", "confidence"]);

/** Two cuts of the same speech differ in a word or two; what a model adds makes up more. */
const FAST_AGREED_SHARE_MIN = 0.85;

/** Whether what is too much for an ordinary speaker was said: heard alike in two cuts. */
function isSpokenFast(first: Reading, second: Reading[]): boolean {
  return (
    first.evidence.every(({ kind }) => FAST_KINDS.has(kind)) &&
    sharedWords(plainWords(textOfAll([first])), plainWords(textOfAll(second))) >= FAST_AGREED_SHARE_MIN
  );
}

function textOfAll(readings: Reading[]): string {
  return readings.map(({ heard }) => textOf(heard.words)).join(" ");
}

/** A reading that is withheld says what was found in both looks. */
function withFirstEvidence(reading: Reading, first: Reading): Reading {
  if (reading.standing !== "withheld") return reading;
  return { ...reading, evidence: [...first.evidence, ...reading.evidence] };
}

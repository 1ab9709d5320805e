/** Finds out who speaks when in a recording in which all are on one signal. */
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { cluster } from "./clusters.ts";
import { Doubts, type Pair } from "./certainty.ts";
import { Ears, type KnownVoice, type Piece } from "./ears.ts";
import { relabel } from "./relabel.ts";
import { addTo, together, type Voice, type VoiceMetric, type VoicePrint } from "./voice-metric.ts";

export const DIARIZATION = {
  /**
   * Least certainty with which people are told apart; below it all is one speaker's, for a talk that is wrongly split is
   * worse than one that is not. Of recordings of one person, none came above 0.35.
   */
  certaintyMin: 0.5,
  /** Who says less than this in all is not told from the others: a cough or a shout is no voice. In seconds. */
  voiceSecondsMin: 4,
  /** Most people that are told apart: as many as a project may expect. */
  voicesMax: 100,
} as const;

/** Who speaks when. */
export interface Diarization {
  /** How many people were told apart; 1 where it is not certain that there are more. */
  speakers: number;
  /** The speaker of each piece, counted from 0 in the order of appearance. */
  labels: number[];
  /** 0 to 1, how surely the two that are most alike are two people; null where there is one speaker. */
  certainty: number | null;
}

/**
 * Tells the voices of a recording apart. The result depends on the pieces and their order alone.
 *
 * @param expected how many people speak at most, where somebody said so; fewer where it is not certain that there are as many
 */
export async function diarize<V extends Voice>(
  pieces: readonly Piece[],
  metric: VoiceMetric<V>,
  expected: number | null,
): Promise<Diarization> {
  const alone: Diarization = { speakers: 1, labels: pieces.map(() => 0), certainty: null };
  if (expected === 1 || pieces.length < 2) return alone;
  const ears = new Ears(pieces, metric);
  const doubts = new Doubts(ears);
  let prints = await cluster(firstPrints(pieces, metric), metric, { apartMax: 1, voicesMin: 1 });
  for (;;) {
    const labels = await settle(ears, prints);
    const voices = await ears.know(printsOf(pieces, labels));
    const doubt = doubts.most(labels, voices);
    if (doubt === null) return alone;
    const { certainty } = doubt;
    const isFew = voices.length <= (expected ?? Infinity);
    if (isFew && certainty >= DIARIZATION.certaintyMin) return { speakers: voices.length, labels, certainty };
    prints = withJoined(voices, doubt);
  }
}

/** Neighbouring pieces together, so that each says enough of a voice. */
function firstPrints<V extends Voice>(
  pieces: readonly Piece[],
  { piecesAtFirst }: VoiceMetric<V>,
): VoicePrint[] {
  return stretchesOf(pieces)
    .flatMap((stretch) => {
      const parts = Math.max(1, Math.round(stretch.length / piecesAtFirst));
      return Array.from({ length: parts }, (_, i) =>
        stretch.slice(
          Math.round((i * stretch.length) / parts),
          Math.round(((i + 1) * stretch.length) / parts),
        ),
      );
    })
    .map((part) => sumOf(part))
    .filter(([amount]) => amount !== undefined && amount > 0);
}

/** Pieces that follow each other without a pause. */
function stretchesOf(pieces: readonly Piece[]): Piece[][] {
  const stretches: Piece[][] = [];
  for (const piece of pieces) {
    const last = stretches.at(-1);
    if (piece.follows && last !== undefined) last.push(piece);
    else stretches.push([piece]);
  }
  return stretches;
}

/** How often pieces are given to voices and voices made of their pieces; after two rounds next to nothing changes. */
const ROUNDS = 3;

/** Gives each piece to a voice, and leaves out the voices that hardly say anything. */
async function settle<V extends Voice>(ears: Ears<V>, prints: readonly VoicePrint[]): Promise<number[]> {
  const { pieces } = ears;
  let voices = await ears.know(loudest(prints));
  for (let round = 0; round < ROUNDS; round += 1) {
    const labels = byAppearance(relabel(pieces, voices));
    const seconds = secondsOf(pieces, labels);
    const enough = seconds.map((own) => own >= DIARIZATION.voiceSecondsMin);
    voices = await ears.know(printsOf(pieces, labels).filter((_, voice) => enough[voice]));
    if (voices.length === 0) return pieces.map(() => 0);
  }
  return byAppearance(relabel(pieces, voices));
}

/** Those who say the most, as many as can be told apart. */
function loudest(prints: readonly VoicePrint[]): VoicePrint[] {
  return prints.toSorted((a, b) => (b[0] ?? 0) - (a[0] ?? 0)).slice(0, DIARIZATION.voicesMax);
}

function secondsOf(pieces: readonly Piece[], labels: readonly number[]): number[] {
  const seconds: number[] = [];
  pieces.forEach(({ startSample, endSample }, i) => {
    const label = labels[i] ?? 0;
    seconds[label] = (seconds[label] ?? 0) + (endSample - startSample) / SAMPLE_RATE_HZ;
  });
  return seconds;
}

function printsOf(pieces: readonly Piece[], labels: readonly number[]): VoicePrint[] {
  const prints: VoicePrint[] = [];
  pieces.forEach(({ print }, i) => {
    const label = labels[i] ?? 0;
    addTo((prints[label] ??= new Float64Array(print.length)), print);
  });
  return prints;
}

/** The print of pieces together. */
function sumOf(pieces: readonly Piece[]): VoicePrint {
  const sum = new Float64Array(pieces[0]?.print.length ?? 0);
  for (const { print } of pieces) addTo(sum, print);
  return sum;
}

function withJoined(voices: readonly KnownVoice[], { first, second }: Pair): VoicePrint[] {
  const prints = voices.map(({ voice }) => voice.print);
  const [joined] = prints.splice(second, 1);
  return prints.map((print, i) => (i === first && joined !== undefined ? together(print, joined) : print));
}

/** The same labels, counted in the order in which they first appear. */
function byAppearance(labels: readonly number[]): number[] {
  const order = [...new Set(labels)];
  return labels.map((label) => order.indexOf(label));
}

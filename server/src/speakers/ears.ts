/**
 * What is known of voices in a recording: how each piece fits each of them. Voices are asked about again and again while they
 * settle and are joined, and most of them stay as they are: what was reckoned of a voice is kept as long as it is the same.
 */
import { setImmediate as breathe } from "node:timers/promises";
import type { PieceSpan } from "./pieces.ts";
import type { Voice, VoiceMetric, VoicePrint } from "./voice-metric.ts";

/** A piece of speech and how it sounds. */
export interface Piece extends PieceSpan {
  print: VoicePrint;
}

/** A voice among the pieces of a recording. Two with the same print are one object. */
export interface KnownVoice<V extends Voice = Voice> {
  readonly voice: V;
  /** Logarithm of how likely each piece is from it. */
  readonly fits: Float32Array;
  /** The same for its own pieces, of the voice without that piece: nothing is proved by what was made to fit. */
  readonly fitsAlone: Float32Array;
}

/** Pieces that are listened to before others get their turn: some 5 ms. */
const PIECES_AT_ONCE = 5_000;

export class Ears<V extends Voice = Voice> {
  readonly pieces: readonly Piece[];
  readonly metric: VoiceMetric<V>;
  #known: KnownVoice<V>[] = [];

  constructor(pieces: readonly Piece[], metric: VoiceMetric<V>) {
    this.pieces = pieces;
    this.metric = metric;
  }

  /** The voices of prints. Those that were asked for the last time and are the same are taken from there. */
  async know(prints: readonly VoicePrint[]): Promise<KnownVoice<V>[]> {
    const known: KnownVoice<V>[] = [];
    for (const print of prints)
      known.push(this.#known.find(({ voice }) => isSame(voice.print, print)) ?? (await this.#meet(print)));
    this.#known = known;
    return known;
  }

  /** How a piece of a voice's fits the voice without it. */
  fitAlone({ voice, fitsAlone }: KnownVoice<V>, piece: number): number {
    const known = fitsAlone[piece] ?? NaN;
    const print = this.pieces[piece]?.print;
    if (!Number.isNaN(known) || print === undefined) return known;
    return (fitsAlone[piece] = this.metric.fitWithout(voice, print));
  }

  async #meet(print: VoicePrint): Promise<KnownVoice<V>> {
    const voice = this.metric.voiceOf(print);
    const listen = this.metric.listenFor(voice);
    const fits = new Float32Array(this.pieces.length);
    for (const [i, piece] of this.pieces.entries()) {
      if (i % PIECES_AT_ONCE === 0) await breathe();
      fits[i] = listen(piece.print);
    }
    return { voice, fits, fitsAlone: new Float32Array(fits.length).fill(NaN) };
  }
}

function isSame(a: VoicePrint, b: VoicePrint): boolean {
  return a.every((value, i) => value === b[i]);
}

/** Cuts speech into the pieces that voices are looked for in. */
import { SAMPLE_RATE_HZ, type SpeechSpan } from "../speech/recogniser.ts";

/** A stretch of speech that is taken as one person's. */
export interface PieceSpan extends SpeechSpan {
  /** Whether it follows the piece before it without a pause. */
  follows: boolean;
}

/** Cuts a span into equal pieces of about a length. */
export function piecesOf({ startSample, endSample }: SpeechSpan, pieceSeconds: number): PieceSpan[] {
  const samples = endSample - startSample;
  const count = Math.max(1, Math.round(samples / (pieceSeconds * SAMPLE_RATE_HZ)));
  return Array.from({ length: count }, (_, i) => ({
    startSample: startSample + Math.round((i * samples) / count),
    endSample: startSample + Math.round(((i + 1) * samples) / count),
    follows: i > 0,
  }));
}

/** The process in which speakers are told apart: it answers one message, and is ended. Started by `diarizer.ts` alone. */
import { readClip } from "../media/samples.ts";
import { COSINE_METRIC, embeddingPrint } from "./cosine.ts";
import { diarize } from "./diarize.ts";
import type { Order, Report, SpokenStretch, Told } from "./diarizer.ts";
import { loadExtractor } from "./extractor.ts";
import { cepstralPrint, GAUSSIAN_METRIC } from "./gaussian.ts";
import { piecesOf } from "./pieces.ts";
import type { Piece } from "./relabel.ts";
import type { Voice, VoiceMetric, VoicePrint } from "./voice-metric.ts";

// Never outlives its parent. No clean exit: a native thread may be at work.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// A signal to the whole group is the parent's to act upon.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

process.once("message", (order: Order) => {
  void answer(order).then((report) => process.send?.(report));
});

async function answer(order: Order): Promise<Report> {
  try {
    return { kind: "told", told: await tell(order) };
  } catch (error) {
    return { kind: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

/** By the network where there is one, else by statistics. */
function tell(order: Order): Promise<Told> {
  if (order.model === null) return tellBy(GAUSSIAN_METRIC, cepstralPrint, order);
  const embed = loadExtractor(order.model.path);
  return tellBy(COSINE_METRIC, (samples) => embeddingPrint(embed(samples)), order);
}

async function tellBy<V extends Voice>(
  metric: VoiceMetric<V>,
  printOf: (samples: Float32Array) => VoicePrint,
  { clip, spans, expected }: Order,
): Promise<Told> {
  const pieces: Piece[] = [];
  for (const piece of piecesOf(spans, metric.pieceSeconds)) {
    const { startSample, endSample } = piece;
    pieces.push({ ...piece, print: printOf(await readClip({ ...clip, startSample, endSample })) });
  }
  const { speakers, labels, certainty } = await diarize(pieces, metric, expected);
  return { speakers, certainty, stretches: stretchesOf(pieces, labels) };
}

/** Neighbouring pieces of one speaker as one stretch. */
function stretchesOf(pieces: readonly Piece[], labels: readonly number[]): SpokenStretch[] {
  const stretches: SpokenStretch[] = [];
  for (const [i, { startSample, endSample, follows }] of pieces.entries()) {
    const speaker = labels[i] ?? 0;
    const last = stretches.at(-1);
    if (last !== undefined && follows && last.speaker === speaker) last.endSample = endSample;
    else stretches.push({ startSample, endSample, speaker });
  }
  return stretches;
}

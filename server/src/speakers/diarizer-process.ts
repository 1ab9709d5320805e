/** The process in which speakers are told apart: it hears speech as it is found, answers once, and is ended. Started by `diarizer.ts` alone. */
import { readClip } from "../media/samples.ts";
import { COSINE_METRIC, embeddingPrint } from "./cosine.ts";
import { diarize } from "./diarize.ts";
import type { SpeechSpan } from "../speech/recogniser.ts";
import type { Begin, Order, Report, SpokenStretch, Told } from "./diarizer.ts";
import { loadExtractor } from "./extractor.ts";
import { cepstralPrint, GAUSSIAN_METRIC } from "./gaussian.ts";
import { piecesOf } from "./pieces.ts";
import type { Piece } from "./ears.ts";
import type { Voice, VoiceMetric, VoicePrint } from "./voice-metric.ts";

// Never outlives its parent. No clean exit: a native thread may be at work.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// A signal to the whole group is the parent's to act upon.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

/** Arrays of numbers lie outside of V8's heap, and it is in no hurry to free what it does not see. */
const COLLECT_MS = 1_000;
setInterval(() => globalThis.gc?.(), COLLECT_MS);

/** Prints of the speech so far; none until told what to listen to. */
let hearing: Promise<Hearing | null> = Promise.resolve(null);

process.on("message", (order: Order) => {
  hearing = hearing.then((heard) => follow(order, heard));
  hearing.catch((error: unknown) =>
    report({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});

function report(message: Report): void {
  process.send?.(message);
}

/** One after the other, in the order in which they came. */
async function follow(order: Order, heard: Hearing | null): Promise<Hearing> {
  if (order.kind === "begin") return begin(order);
  if (heard === null) throw new Error("There is nothing to listen to yet.");
  if (order.kind === "speech") await heard.add(order.spans);
  else report({ kind: "told", told: await heard.tell() });
  return heard;
}

/** What is listened to, whatever voices are told apart by. */
interface Hearing {
  add(spans: readonly SpeechSpan[]): Promise<void>;
  tell(): Promise<Told>;
}

/** By the network where there is one, else by statistics. */
function begin(order: Begin): Hearing {
  if (order.model === null) return hearBy(GAUSSIAN_METRIC, cepstralPrint, order);
  const embed = loadExtractor(order.model.path);
  return hearBy(COSINE_METRIC, (samples) => embeddingPrint(embed(samples)), order);
}

function hearBy<V extends Voice>(
  metric: VoiceMetric<V>,
  printOf: (samples: Float32Array) => VoicePrint,
  { clip, expected }: Begin,
): Hearing {
  const pieces: Piece[] = [];
  return {
    async add(spans) {
      for (const span of spans) {
        const { startSample } = span;
        const samples = await readClip({ ...clip, startSample, endSample: span.endSample });
        for (const piece of piecesOf(span, metric.pieceSeconds)) {
          const own = samples.subarray(piece.startSample - startSample, piece.endSample - startSample);
          pieces.push({ ...piece, print: printOf(own) });
        }
      }
    },
    async tell() {
      const { speakers, labels, certainty } = await diarize(pieces, metric, expected);
      return { speakers, certainty, stretches: stretchesOf(pieces, labels) };
    },
  };
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

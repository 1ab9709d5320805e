/** When words were said, found in the sound itself: forced alignment with a small acoustic model of English. */
import type { AlignedWord } from "../speech/recogniser.ts";
import { AcousticModel, STATES, type Scores } from "./acoustic-model.ts";
import { featuresOf, FRAME_RATE_HZ } from "./features.ts";
import parameters from "./parameters.json" with { type: "json" };
import { bestPath, type FrameSpan, type Path } from "./path.ts";
import { pronounceAll } from "./pronounce.ts";

const MODEL = new AcousticModel(parameters);

/**
 * Lays words along a clip. They come strictly in order, do not overlap, and lie within the clip. The same samples and words give
 * the same times, on every machine.
 *
 * @param samples mono, 16 kHz, of any level
 * @param texts words in English, as they are written, in the order in which they are said
 * @returns null where there are none, one of them has no sound, or they cannot be said in so short a time
 */
export function alignWords(
  samples: Float32Array,
  texts: readonly string[],
  model: AcousticModel = MODEL,
): AlignedWord[] | null {
  const pronunciations = pronounceAll(texts);
  if (texts.length === 0 || pronunciations.some((sounds) => sounds.length === 0)) return null;
  const scores = model.score(featuresOf(samples));
  const path = bestPath(model, scores, pronunciations);
  if (path === null) return null;
  return path.words.map((span, i) => ({
    start: span.first / FRAME_RATE_HZ,
    end: span.last / FRAME_RATE_HZ,
    fit: fitOf(scores, path, span),
    squeeze: ((pronunciations[i]?.length ?? 0) * STATES) / (span.last - span.first),
  }));
}

function fitOf(scores: Scores, { states }: Path, { first, last }: FrameSpan): number {
  let sum = 0;
  for (let frame = first; frame < last; frame += 1) {
    const own = scores.values[frame * scores.states + (states[frame] ?? 0)] ?? 0;
    sum += own - (scores.best[frame] ?? 0);
  }
  return sum / (last - first);
}

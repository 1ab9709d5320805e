import { setImmediate as later } from "node:timers/promises";
import { readClip } from "../src/media/samples.ts";
import { SpeechEngineError } from "../src/speech/recogniser.ts";
import {
  SAMPLE_RATE_HZ,
  type AlignedWord,
  type Clip,
  type Detection,
  type RecogniseOptions,
  type Recognition,
  type Share,
  type SpeechEngine,
  type SpeechSpan,
} from "../src/speech/recogniser.ts";

/** What is "said" in a recording made by {@link soundOf}, and when. */
export interface Saying {
  start: number;
  end: number;
  text: string;
  /** The channel in which alone it is heard; both where not given. */
  side?: "left" | "right";
}

/** A tone wherever something is said. */
export function soundOf(sayings: readonly Saying[], seconds: number): Int16Array {
  const sound = new Int16Array(Math.round(seconds * SAMPLE_RATE_HZ));
  for (const { start, end } of sayings) {
    for (let i = sampleAt(start); i < sampleAt(end); i += 1) sound[i] = 8000 * Math.sin(i / 8);
  }
  return sound;
}

export interface Script {
  sayings: readonly Saying[];
  /** What the model writes instead of the sayings in a clip, where it is not undefined. */
  hears?: (clip: Clip, sayings: readonly Saying[]) => string | undefined;
  /** Called before each recognition; may throw. */
  onRecognise?: (clip: Clip) => void | Promise<void>;
  /** How many turns of the event loop a recognition takes, so that clips finish out of order. */
  turns?: (clip: Clip) => number;
  /** Where the aligner finds words; nowhere if not given. */
  aligns?: (clip: Clip, words: readonly string[]) => AlignedWord[] | null;
  sliceSeconds?: number;
  clipSecondsMax?: number;
  workers?: number;
  languages?: string[];
}

/**
 * An engine whose models play a part: the detector finds what is loud in the real spool, the recogniser writes what is
 * said in the clip that it is given. All else is as with real models.
 */
export class ScriptedEngine implements SpeechEngine {
  readonly model = "scripted";
  readonly languages: readonly string[];
  readonly workers: number;
  readonly clipSecondsMax: number;
  /** Clips that were recognised, in order. */
  readonly recognised: Clip[] = [];
  /** Most recognitions at once. */
  busiest = 0;
  readonly #script: Script;
  #busy = 0;

  constructor(script: Script) {
    this.#script = script;
    this.languages = script.languages ?? ["en"];
    this.workers = script.workers ?? 2;
    this.clipSecondsMax = script.clipSecondsMax ?? 30;
  }

  async detect(clip: Clip, { signal }: Share): Promise<Detection> {
    await later();
    signal.throwIfAborted();
    const spans = loudSpans(await readClip(clip)).map((span) => shifted(span, clip.startSample));
    const sliceEnd = clip.startSample + (this.#script.sliceSeconds ?? 60) * SAMPLE_RATE_HZ;
    const inSlice = spans.filter((span) => span.startSample < sliceEnd);
    const next = spans[inSlice.length];
    if (next === undefined) return { spans: inSlice, nextSample: clip.endSample };
    const last = inSlice.at(-1)?.endSample ?? clip.startSample;
    return { spans: inSlice, nextSample: Math.max(sliceEnd, Math.ceil((last + next.startSample) / 2)) };
  }

  async recognise(clip: Clip, _options: RecogniseOptions, { signal }: Share): Promise<Recognition> {
    this.#busy += 1;
    this.busiest = Math.max(this.busiest, this.#busy);
    try {
      await this.#script.onRecognise?.(clip);
      for (let turn = this.#script.turns?.(clip) ?? 1; turn > 0; turn -= 1) {
        await later();
        signal.throwIfAborted();
      }
      this.recognised.push(clip);
      const inside = this.#script.sayings.filter((saying) => isInside(saying, clip));
      const text = this.#script.hears?.(clip, inside) ?? inside.map((saying) => saying.text).join(" ");
      return { text, tokens: [], language: null };
    } finally {
      this.#busy -= 1;
    }
  }

  async align(clip: Clip, words: readonly string[], { signal }: Share): Promise<AlignedWord[] | null> {
    await later();
    signal.throwIfAborted();
    return this.#script.aligns?.(clip, words) ?? null;
  }

  close(): Promise<void> {
    return Promise.reject(new SpeechEngineError("Whoever is given an engine does not close it."));
  }
}

function isInside({ start, end, side }: Saying, { mix, startSample, endSample }: Clip): boolean {
  if (side !== undefined && mix !== "mono" && mix !== side) return false;
  const middle = sampleAt((start + end) / 2);
  return middle >= startSample && middle < endSample;
}

function loudSpans(samples: Float32Array): SpeechSpan[] {
  const spans: SpeechSpan[] = [];
  let open: SpeechSpan | null = null;
  const quietMax = SAMPLE_RATE_HZ / 100;
  samples.forEach((sample, i) => {
    if (Math.abs(sample) < 0.01) return;
    if (open !== null && i - open.endSample <= quietMax) open.endSample = i + 1;
    else spans.push((open = { startSample: i, endSample: i + 1 }));
  });
  return spans;
}

function shifted({ startSample, endSample }: SpeechSpan, by: number): SpeechSpan {
  return { startSample: startSample + by, endSample: endSample + by };
}

function sampleAt(seconds: number): number {
  return Math.round(seconds * SAMPLE_RATE_HZ);
}

/** What the pool and a worker process say to each other. No audio is among it: a clip names a stretch of a spool on disk. */
import type { AlignedWord, Clip, Detection, RecogniseOptions, Recognition } from "./recogniser.ts";
import type { SherpaModel } from "./sherpa.ts";

/** What a worker loads; its only argument, as JSON. */
export interface WorkerModels {
  /** Null for one that finds speech only. */
  recogniser: SherpaModel | null;
  detectorPath: string;
}

export type Task =
  | { kind: "detect"; clip: Clip }
  | { kind: "recognise"; clip: Clip; options: RecogniseOptions }
  | { kind: "align"; clip: Clip; words: readonly string[] };

export type Request = Task & { id: number };

export type Answer =
  | { kind: "detected"; detection: Detection }
  | { kind: "recognised"; recognition: Recognition }
  | { kind: "aligned"; words: AlignedWord[] | null };

/** `refused`: the call cannot be done, on this worker or another. */
export type Report =
  | { kind: "ready"; residentBytes: number }
  | { kind: "unloadable"; message: string }
  | { kind: "answered"; id: number; answer: Answer; residentBytes: number }
  | { kind: "refused"; id: number; message: string };

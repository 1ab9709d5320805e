/** What a run leaves behind as it goes, so that a later run of the same recording goes on from there. */
import type { Clip, Mix } from "../speech/recogniser.ts";
import type { Heard } from "./heard.ts";

/** What a model heard in one clip. Plain JSON; the clip's place in the recording is its key. */
export interface StoredSegment {
  /** Results of another model or for another language are not taken up. */
  model: string;
  language: string | null;
  mix: Mix;
  startSample: number;
  endSample: number;
  heard: Heard;
  /** Null where the guard doubts the text or the speech was shown before: it waits for the recording's end. */
  shown: ShownText | null;
}

/** Text that may be shown while the recording is still being worked on, and the part of the signal that it stands for. */
export interface ShownText {
  startSample: number;
  endSample: number;
  text: string;
}

/** Keyed by `mix`, `startSample` and `endSample`; a segment that is saved again is the same again. */
export interface Checkpoint {
  load(): Promise<StoredSegment[]>;
  save(segment: StoredSegment): Promise<void>;
}

/** The part of a clip that tells it from others of the same recording. */
export function clipKey({
  mix,
  startSample,
  endSample,
}: Pick<Clip, "mix" | "startSample" | "endSample">): string {
  return `${mix} ${startSample} ${endSample}`;
}

/** Finds what an earlier run has stored, for the model and language that this one uses. */
export async function loadHeard(
  checkpoint: Checkpoint,
  model: string,
  language: string | null,
): Promise<Map<string, Heard>> {
  const stored = await checkpoint.load();
  const ours = stored.filter((segment) => segment.model === model && segment.language === language);
  return new Map(ours.map((segment) => [clipKey(segment), segment.heard]));
}

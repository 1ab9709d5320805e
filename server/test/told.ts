import type { SpeechSpan } from "../src/speech/recogniser.ts";
import type { Asked, Diarizer, Told } from "../src/speakers/diarizer.ts";

/** All that a diarizer is told of a recording, at once. */
export interface Talk extends Asked {
  spans: readonly SpeechSpan[];
}

/** Tells people apart in speech that is all known. */
export async function tellApart(diarizer: Diarizer, talk: Talk, signal: AbortSignal): Promise<Told> {
  using listener = diarizer.listen(talk, signal);
  listener.add(talk.spans);
  return await listener.tellApart();
}

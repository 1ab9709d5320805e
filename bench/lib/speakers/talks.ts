/** Recordings in which several people speak on one signal. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Diarizer } from "../../../server/src/speakers/diarizer.ts";
import { SAMPLE_RATE_HZ, type SpeechEngine, type SpeechSpan } from "../../../server/src/speech/recogniser.ts";
import { tellApart } from "../../../server/test/told.ts";
import { openRecording, withSpeech } from "../hear-recording.ts";
import type { Recording } from "../manifest.ts";
import { diarizationErrors, type DiarizationErrors, type SpokenSpan } from "./diarization-error-rate.ts";

export interface Method {
  name: string;
  diarizer: Diarizer;
  /** Whether it is told how many people speak. */
  isCountGiven: boolean;
}

/** What one method made of a recording. */
export interface Attempt {
  method: string;
  speakers: number;
  certainty: number | null;
  /** With {@link COLLAR_SECONDS}, and without. */
  forgiven: DiarizationErrors;
  strict: DiarizationErrors;
}

export interface Talk {
  path: string;
  speakers: number;
  attempts: Attempt[];
}

/** Half of what NIST leaves uncounted around each edge, on either side of it. */
export const COLLAR_SECONDS = 0.25;

/** Has speakers told apart in the speech that the product's detector finds. */
export async function talkOf(
  folder: string,
  recording: Recording,
  engine: SpeechEngine,
  methods: readonly Method[],
): Promise<Talk> {
  const reference = await referenceOf(folder, recording);
  const speakers = new Set(reference.map(({ speaker }) => speaker)).size;
  const opened = await openRecording(path.join(folder, recording.path));
  return withSpeech(opened, engine, async (clip, spans) => {
    const one = spans.map((span) => spokenBy(span, "1"));
    const attempts = [attemptOf("one speaker", reference, one, null)];
    for (const { name, diarizer, isCountGiven } of methods) {
      const expected = isCountGiven ? speakers : null;
      const signal = AbortSignal.timeout(3_600_000);
      const { stretches, certainty } = await tellApart(diarizer, { clip, spans, expected }, signal);
      const found = stretches.map((span) => spokenBy(span, String(span.speaker)));
      attempts.push(attemptOf(name, reference, found, certainty));
    }
    return { path: recording.path, speakers, attempts };
  });
}

export function attemptOf(
  method: string,
  reference: readonly SpokenSpan[],
  found: readonly SpokenSpan[],
  certainty: number | null,
): Attempt {
  return {
    method,
    speakers: new Set(found.map(({ speaker }) => speaker)).size,
    certainty,
    forgiven: diarizationErrors(reference, found, COLLAR_SECONDS),
    strict: diarizationErrors(reference, found, 0),
  };
}

/** Who speaks when, as people wrote it down: NIST's RTTM. */
export async function referenceOf(folder: string, { rttm }: Recording): Promise<SpokenSpan[]> {
  if (rttm === null) throw new Error("Nobody wrote down who speaks when.");
  const lines = (await readFile(path.join(folder, rttm), "utf8")).split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/u))
    .filter(([kind]) => kind === "SPEAKER")
    .map(([, , , start, seconds, , , speaker]) => ({
      start: Number(start),
      end: Number(start) + Number(seconds),
      speaker: speaker ?? "",
    }));
}

export function spokenBy({ startSample, endSample }: SpeechSpan, speaker: string): SpokenSpan {
  return { start: startSample / SAMPLE_RATE_HZ, end: endSample / SAMPLE_RATE_HZ, speaker };
}

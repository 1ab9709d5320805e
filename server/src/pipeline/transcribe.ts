/** Turns a recording into a transcript, or says why there is none. Reads like the specification: transcription.md. */
import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import type { Decoded } from "../media/decode.ts";
import type { SpeechEngine } from "../speech/recogniser.ts";
import { loadHeard, type Checkpoint } from "./checkpoint.ts";
import { conclude } from "./conclude.ts";
import { hear, type HeardVoice, type SpeechListener } from "./hear.ts";
import { Pace } from "./pace.ts";
import { ProgressMeter, type Progress } from "./progress.ts";
import { durationOf, openSource, voicesOf, type Recording } from "./source.ts";
import { watchSpeakers, type SpeakerOptions } from "./speakers.ts";
import type { Outcome } from "./transcript.ts";

export type { Checkpoint, StoredSegment } from "./checkpoint.ts";
export type { Progress } from "./progress.ts";

export interface TranscribeOptions {
  engine: SpeechEngine;
  /** Decoded audio is kept here while the recording is transcribed: up to 230 MB an hour. Gone afterwards in every case. */
  scratchDir: string;
  /** The recording's turn among others at the engine. */
  shareKey: string;
  signal: AbortSignal;
  /** ISO 639-1, or `auto`. */
  language: string;
  /** What a person can do about a recording in a language that the model does not speak: a sentence for the failure. */
  remedy?: string;
  /** How the speakers of one signal are told apart; not at all where absent or null. */
  speakers?: SpeakerOptions | null;
  /** Longest recording that is taken. */
  secondsMax: number;
  checkpoint: Checkpoint;
  onProgress: (progress: Progress) => void;
  /** Told why a stage after recognition is in the transcript's `missing`. */
  onMissing?: (stage: string, error: unknown) => void;
}

/**
 * Transcribes a recording. A run that takes up where another stopped gives the same transcript as one that was never
 * disturbed.
 *
 * @throws the decoder's errors; SpeechEngineError, worth another try; the checkpoint's errors; the signal's reason, at once
 */
export async function transcribe(recording: Recording, options: TranscribeOptions): Promise<Outcome> {
  options.signal.throwIfAborted();
  const folder = await mkdtemp(path.join(options.scratchDir, "transcribe-"));
  try {
    return await transcribeIn(folder, recording, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function transcribeIn(
  folder: string,
  recording: Recording,
  options: TranscribeOptions,
): Promise<Outcome> {
  const { engine, signal, shareKey, secondsMax } = options;
  const share = { key: shareKey, signal };
  const progress = new ProgressMeter(options.onProgress, new Pace(engine.workers));
  progress.enter("decoding");
  const decoded = await openSource(recording, { engine, share, folder, secondsMax });
  progress.enter("listening");
  using speakers = watchSpeakers(voicesOf(decoded), options.speakers ?? null, signal);
  const voices = await hearVoices(decoded, options, progress, speakers);
  progress.enter("finishing");
  signal.throwIfAborted();
  return conclude(voices, {
    apart: await speakers.apart(),
    durationSeconds: durationOf(decoded),
    model: engine.model,
    asked: askedLanguage(options),
    spoken: engine.languages,
    remedy: options.remedy ?? "",
    onMissing: options.onMissing,
  });
}

async function hearVoices(
  decoded: Decoded,
  options: TranscribeOptions,
  progress: ProgressMeter,
  speech: SpeechListener,
): Promise<HeardVoice[]> {
  const { engine, checkpoint, signal, shareKey } = options;
  const language = askedLanguage(options);
  const stored = await loadHeard(checkpoint, engine.model, language);
  const voices = voicesOf(decoded);
  const heard: HeardVoice[] = [];
  for (const [index, voice] of voices.entries()) {
    const part = { index, count: voices.length };
    const share = { key: shareKey, signal };
    const how = { engine, share, language, checkpoint, stored, progress, part, speech };
    heard.push(await hear(voice, how));
  }
  return heard;
}

/** Null leaves it to the model. */
function askedLanguage({ language }: TranscribeOptions): string | null {
  return language === "auto" ? null : language;
}

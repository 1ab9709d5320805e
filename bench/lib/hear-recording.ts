/** Hears one recording, as the product does and as the bare model does. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Decoded } from "../../server/src/media/decode.ts";
import { probe } from "../../server/src/media/probe.ts";
import { findSpeech, mixedVoice, openSource, type Recording } from "../../server/src/pipeline/source.ts";
import { transcribe } from "../../server/src/pipeline/transcribe.ts";
import type { Outcome } from "../../server/src/pipeline/transcript.ts";
import type { Clip, Share, SpeechEngine, SpeechSpan } from "../../server/src/speech/recogniser.ts";
import { heardTurns, type HeardTurn } from "./heard-turns.ts";

/** What came out of a recording. */
export interface Heard {
  text: string;
  turns: HeardTurn[];
  speechSeconds: number;
  /** Speech without text, and speech whose text was withheld. */
  uncoveredSeconds: number;
  withheldSeconds: number;
  /** Kinds of evidence that the guard kept. */
  evidence: string[];
  /** Why there is no transcript: a reason of the API; null where there is one. */
  reason: string | null;
}

const SECONDS_MAX = 12 * 3600;

/** Longer than any recording of a collection takes. */
const TIMEOUT_MS = 3_600_000;

/** Probes a file as an upload is probed. */
export async function openRecording(file: string): Promise<Recording> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  return { path: file, probe: await probe(file, { filename: path.basename(file), signal }) };
}

/**
 * Runs the product's whole pipeline: decode, find speech, recognise, guard.
 *
 * @param language ISO 639-1, or `auto`
 */
export function transcribeRecording(
  recording: Recording,
  language: string,
  engine: SpeechEngine,
): Promise<Outcome> {
  return transcribe(recording, {
    engine,
    scratchDir: tmpdir(),
    shareKey: recording.path,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    language,
    secondsMax: SECONDS_MAX,
    checkpoint: { load: async () => [], save: async () => undefined },
    onProgress: () => undefined,
  });
}

/** The same, as what is counted. */
export async function hearWithPipeline(
  recording: Recording,
  language: string,
  engine: SpeechEngine,
): Promise<Heard> {
  const outcome = await transcribeRecording(recording, language, engine);
  if (outcome.kind === "failed") return failed(outcome);
  const { turns, coverage, speechSeconds } = outcome.transcript;
  return {
    text: turns.map((turn) => turn.text).join(" "),
    turns: heardTurns(outcome),
    speechSeconds,
    uncoveredSeconds: lengthOf(coverage.uncovered),
    withheldSeconds: lengthOf(coverage.withheld),
    evidence: outcome.evidence.map(({ kind }) => kind),
    reason: null,
  };
}

function failed(outcome: Extract<Outcome, { kind: "failed" }>): Heard {
  const { reason, speechSeconds } = outcome;
  const turns = heardTurns(outcome);
  return { text: "", turns, speechSeconds, uncoveredSeconds: 0, withheldSeconds: 0, evidence: [], reason };
}

function lengthOf(spans: readonly { start: number; end: number }[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Gives each stretch that the same detector finds straight to the model: no context, no joining, no level, no guard. */
export async function hearWithBareModel(
  recording: Recording,
  language: string,
  engine: SpeechEngine,
): Promise<string> {
  const asked = language === "auto" ? null : language;
  return withSpeech(recording, engine, async (clip, spans, share) => {
    const heard = spans.map((span) =>
      engine.recognise({ ...clip, ...span, gainDb: 0 }, { language: asked }, share),
    );
    return (await Promise.all(heard)).map(({ text }) => text).join(" ");
  });
}

/** Decodes a recording and finds the speech in the mean of its channels; what was decoded is gone after `work`. */
export async function withSpeech<T>(
  recording: Recording,
  engine: SpeechEngine,
  work: (clip: Clip, spans: SpeechSpan[], share: Share) => Promise<T>,
): Promise<T> {
  return withSource(recording, engine, async (decoded, share) => {
    const voice = mixedVoice(decoded);
    const spans: SpeechSpan[] = [];
    for await (const found of findSpeech(voice, engine, share)) spans.push(...found.spans);
    return work(voice.clip, spans, share);
  });
}

/** Decodes a recording as the pipeline does; what was decoded is gone after `work`. */
export async function withSource<T>(
  recording: Recording,
  engine: SpeechEngine,
  work: (decoded: Decoded, share: Share) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "bench-"));
  try {
    const share = { key: recording.path, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const decoded = await openSource(recording, { engine, share, folder, secondsMax: SECONDS_MAX });
    return await work(decoded, share);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

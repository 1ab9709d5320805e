/** Hears one recording, as the product does and as the bare model does. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { probe } from "../../server/src/media/probe.ts";
import { findSpeech, mixedVoice, openSource, type Recording } from "../../server/src/pipeline/source.ts";
import { transcribe } from "../../server/src/pipeline/transcribe.ts";
import type { SpeechEngine } from "../../server/src/speech/recogniser.ts";

/** What came out of a recording. */
export interface Heard {
  text: string;
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

/** Runs the product's whole pipeline: decode, find speech, recognise, guard. */
export async function hearWithPipeline(
  recording: Recording,
  language: string,
  engine: SpeechEngine,
): Promise<Heard> {
  const outcome = await transcribe(recording, {
    engine,
    scratchDir: tmpdir(),
    shareKey: recording.path,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    language,
    secondsMax: SECONDS_MAX,
    checkpoint: { load: async () => [], save: async () => undefined },
    onProgress: () => undefined,
  });
  if (outcome.kind === "failed") return failed(outcome.reason, outcome.speechSeconds);
  const { turns, coverage, speechSeconds } = outcome.transcript;
  return {
    text: turns.map((turn) => turn.text).join(" "),
    speechSeconds,
    uncoveredSeconds: lengthOf(coverage.uncovered),
    withheldSeconds: lengthOf(coverage.withheld),
    evidence: outcome.evidence.map(({ kind }) => kind),
    reason: null,
  };
}

/** Gives each stretch that the same detector finds straight to the model: no context, no joining, no level, no guard. */
export async function hearWithBareModel(
  recording: Recording,
  language: string,
  engine: SpeechEngine,
): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const share = { key: `bare ${recording.path}`, signal };
  const folder = await mkdtemp(path.join(tmpdir(), "bench-"));
  const asked = language === "auto" ? null : language;
  try {
    const decoded = await openSource(recording, { engine, share, folder, secondsMax: SECONDS_MAX });
    const texts: Promise<string>[] = [];
    const { clip } = mixedVoice(decoded);
    for await (const { spans } of findSpeech(mixedVoice(decoded), engine, share)) {
      for (const span of spans) {
        const bare = { ...clip, ...span, gainDb: 0 };
        texts.push(engine.recognise(bare, { language: asked }, share).then(({ text }) => text));
      }
    }
    return (await Promise.all(texts)).join(" ");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function failed(reason: string, speechSeconds: number): Heard {
  return { text: "", speechSeconds, uncoveredSeconds: 0, withheldSeconds: 0, evidence: [], reason };
}

function lengthOf(spans: readonly { start: number; end: number }[]): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

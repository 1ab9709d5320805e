/** Recordings with a channel for each party. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { findSpeech, openSource, voicesOf } from "../../../server/src/pipeline/source.ts";
import { transcribe } from "../../../server/src/pipeline/transcribe.ts";
import type { Transcript } from "../../../server/src/pipeline/transcript.ts";
import type { SpeechEngine } from "../../../server/src/speech/recogniser.ts";
import { openRecording } from "../hear-recording.ts";
import type { Recording } from "../manifest.ts";
import { namesOf, type SpokenSpan } from "./diarization-error-rate.ts";
import { attemptOf, referenceOf, SECONDS_MAX, spokenBy, type Attempt } from "./talks.ts";

export interface Call {
  path: string;
  attempt: Attempt;
  /** Of the transcript's words, those that stand under the name of who said them. */
  wordsRight: number;
  words: number;
}

/** @returns null for a recording that the product does not take for a call */
export async function callOf(
  folder: string,
  recording: Recording,
  engine: SpeechEngine,
): Promise<Call | null> {
  const file = path.join(folder, recording.path);
  const found = await spansByChannel(file, engine);
  if (found === null) return null;
  const reference = await referenceOf(folder, recording);
  const words = await wordsOf(file, engine);
  const names = namesOf(reference, words);
  const said = await saidIn(folder, recording);
  const right = words.filter((word) => names.get(whoSays(word, said)) === word.speaker);
  return {
    path: recording.path,
    attempt: attemptOf("by channel", reference, found, 1),
    wordsRight: right.length,
    words: words.length,
  };
}

async function spansByChannel(file: string, engine: SpeechEngine): Promise<SpokenSpan[] | null> {
  const scratch = await mkdtemp(path.join(tmpdir(), "bench-"));
  try {
    const share = { key: file, signal: AbortSignal.timeout(3_600_000) };
    const options = { engine, share, folder: scratch, secondsMax: SECONDS_MAX };
    const voices = voicesOf(await openSource(await openRecording(file), options));
    if (voices.length < 2) return null;
    const spans: SpokenSpan[] = [];
    for (const voice of voices)
      for await (const found of findSpeech(voice, engine, share))
        spans.push(...found.spans.map((span) => spokenBy(span, voice.clip.mix)));
    return spans;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Words of the transcript, each with its speaker. */
async function wordsOf(file: string, engine: SpeechEngine): Promise<SpokenSpan[]> {
  const outcome = await transcribe(await openRecording(file), {
    engine,
    scratchDir: tmpdir(),
    shareKey: file,
    signal: AbortSignal.timeout(3_600_000),
    language: "en",
    secondsMax: SECONDS_MAX,
    checkpoint: { load: async () => [], save: async () => undefined },
    onProgress: () => undefined,
  });
  if (outcome.kind === "failed") throw new Error(outcome.detail.message);
  return spokenWords(outcome.transcript);
}

function spokenWords({ turns }: Transcript): SpokenSpan[] {
  return turns.flatMap(({ words, speaker }) =>
    words.map(({ start, end }) => ({ start, end, speaker: String(speaker) })),
  );
}

async function saidIn(folder: string, { segments }: Recording): Promise<SpokenSpan[]> {
  if (segments === null) throw new Error("Nobody wrote down what is said when.");
  const said: unknown = JSON.parse(await readFile(path.join(folder, segments), "utf8"));
  return Array.isArray(said) ? said : [];
}

/** Who speaks in a word's middle, or nearest to it. */
function whoSays({ start, end }: SpokenSpan, said: readonly SpokenSpan[]): string {
  const middle = (start + end) / 2;
  const away = (span: SpokenSpan) => Math.max(span.start - middle, middle - span.end, 0);
  const [nearest] = said.toSorted((a, b) => away(a) - away(b));
  return nearest?.speaker ?? "";
}

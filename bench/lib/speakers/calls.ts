/** Recordings with a channel for each party. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { findSpeech, voicesOf, type Recording as Opened } from "../../../server/src/pipeline/source.ts";
import type { Transcript } from "../../../server/src/pipeline/transcript.ts";
import type { SpeechEngine } from "../../../server/src/speech/recogniser.ts";
import { openRecording, transcribeRecording, withSource } from "../hear-recording.ts";
import type { Recording } from "../manifest.ts";
import { namesOf, type SpokenSpan } from "./diarization-error-rate.ts";
import { attemptOf, referenceOf, spokenBy, type Attempt } from "./talks.ts";

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
  const opened = await openRecording(path.join(folder, recording.path));
  const found = await spansByChannel(opened, engine);
  if (found === null) return null;
  const reference = await referenceOf(folder, recording);
  const words = await wordsOf(opened, engine);
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

function spansByChannel(opened: Opened, engine: SpeechEngine): Promise<SpokenSpan[] | null> {
  return withSource(opened, engine, async (decoded, share) => {
    const voices = voicesOf(decoded);
    if (voices.length < 2) return null;
    const spans: SpokenSpan[] = [];
    for (const voice of voices)
      for await (const found of findSpeech(voice, engine, share))
        spans.push(...found.spans.map((span) => spokenBy(span, voice.clip.mix)));
    return spans;
  });
}

/** Words of the transcript, each with its speaker. */
async function wordsOf(opened: Opened, engine: SpeechEngine): Promise<SpokenSpan[]> {
  const outcome = await transcribeRecording(opened, "en", engine);
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
  if (!Array.isArray(said)) throw new Error(`${segments} holds no list.`);
  return said;
}

/** Who speaks in a word's middle, or nearest to it. */
function whoSays({ start, end }: SpokenSpan, said: readonly SpokenSpan[]): string {
  const middle = (start + end) / 2;
  const away = (span: SpokenSpan) => Math.max(span.start - middle, middle - span.end, 0);
  const [nearest] = said.toSorted((a, b) => away(a) - away(b));
  return nearest?.speaker ?? "";
}

/** Recordings of one person, which must stay one speaker: each by itself, and all of a person and language together. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readClip } from "../../../server/src/media/samples.ts";
import { mixedVoice } from "../../../server/src/pipeline/source.ts";
import { SAMPLE_RATE_HZ, type SpeechEngine } from "../../../server/src/speech/recogniser.ts";
import { wavOf } from "../../../server/src/speech/wav.ts";
import { tellApart } from "../../../server/test/told.ts";
import { joined, silence } from "../hard-sounds/sound.ts";
import { openRecording, withSource, withSpeech } from "../hear-recording.ts";
import type { Recording } from "../manifest.ts";
import type { Method } from "./talks.ts";

export interface Person {
  method: string;
  /** A file, or a person whose files were joined. */
  name: string;
  isJoined: boolean;
  seconds: number;
  speakers: number;
}

/** A person with fewer files than this is not joined. */
const FILES_MIN = 3;

export async function personsOf(
  folder: string,
  recordings: readonly Recording[],
  engine: SpeechEngine,
  method: Method,
): Promise<Person[]> {
  const alone = recordings.filter(({ kind }) => kind === "speech");
  const persons: Person[] = [];
  for (const recording of alone) {
    const file = path.join(folder, recording.path);
    persons.push(await personIn(file, recording.path, false, engine, method));
  }
  const known = alone.filter(({ speaker, dataset }) => speaker !== null && dataset !== "formats_jfk");
  const groups = Map.groupBy(known, ({ dataset, speaker, language }) => `${dataset} ${speaker} ${language}`);
  for (const [name, own] of groups)
    if (own.length >= FILES_MIN) persons.push(await personJoined(folder, name, own, engine, method));
  return persons;
}

async function personIn(
  file: string,
  name: string,
  isJoined: boolean,
  engine: SpeechEngine,
  { diarizer, name: method }: Method,
): Promise<Person> {
  return withSpeech(await openRecording(file), engine, async (clip, spans) => {
    const signal = AbortSignal.timeout(3_600_000);
    const { speakers } = await tellApart(diarizer, { clip, spans, expected: null }, signal);
    return { method, name, isJoined, seconds: clip.endSample / SAMPLE_RATE_HZ, speakers };
  });
}

/** Joins a person's files, each at its own level, with a second between two. */
async function personJoined(
  folder: string,
  name: string,
  recordings: readonly Recording[],
  engine: SpeechEngine,
  method: Method,
): Promise<Person> {
  const scratch = await mkdtemp(path.join(tmpdir(), "bench-"));
  try {
    const parts: Float32Array[] = [];
    for (const { path: file } of recordings)
      parts.push(await soundOf(path.join(folder, file), engine), silence(1));
    const file = path.join(scratch, "joined.wav");
    await writeFile(file, wavOf(joined(...parts)));
    return await personIn(file, name, true, engine, method);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function soundOf(file: string, engine: SpeechEngine): Promise<Float32Array> {
  return withSource(await openRecording(file), engine, (decoded) =>
    readClip({ ...mixedVoice(decoded).clip, gainDb: 0 }),
  );
}

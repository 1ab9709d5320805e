import { beforeAll, expect, test } from "vitest";
import { beeps, type Beep } from "../../test/onnx/beeps.ts";
import { writeFiles } from "../../test/onnx/files.ts";
import { senseVoice } from "../../test/onnx/sense-voice.ts";
import { parakeetTransducer, zipformerTransducer } from "../../test/onnx/transducers.ts";
import { whisper } from "../../test/onnx/whisper.ts";
import { writeWav } from "../../test/recordings.ts";
import { ScriptedEngine } from "../../test/scripted-engine.ts";
import { temporaryFolder } from "../../test/spools.ts";
import { readClip } from "../media/samples.ts";
import { probe } from "../media/probe.ts";
import type { Clip, RecogniseOptions, Recogniser, Recognition } from "../speech/recogniser.ts";
import { loadSherpa } from "../speech/sherpa.ts";
import { transcribe } from "./transcribe.ts";

const folder = await temporaryFolder();
beforeAll(() => () => folder[Symbol.asyncDispose]());

/** Hears what is loud, and has it read by a model. */
class ReadingEngine extends ScriptedEngine {
  readonly #recogniser: Recogniser;

  constructor(recogniser: Recogniser) {
    super({ sayings: [] });
    this.#recogniser = recogniser;
  }

  override async recognise(clip: Clip, options: RecogniseOptions): Promise<Recognition> {
    return this.#recogniser.recognise(await readClip(clip), options);
  }
}

const SECONDS = 12;

const SOUNDS: Beep[] = [
  { start: 1.5, pitch: "low" },
  { start: 2.5, pitch: "high" },
  { start: 3.5, pitch: "high" },
  { start: 8.5, pitch: "low" },
  { start: 9.5, pitch: "high" },
];

test.each([
  ["zipformer-transducer", zipformerTransducer(), "boop beep beep boop beep", 0.04],
  ["nemo-transducer", parakeetTransducer(), "boop beep beep boop beep", 0.08],
  ["sense-voice", senseVoice(), "Boop Beep Beep Boop Beep", 0.06],
  ["whisper", whisper(true), "beep beep beep beep beep", 0.04],
] as const)("words have the times of a model of the family %s", async (family, files, text, stepSeconds) => {
  const sound = Int16Array.from(beeps(SOUNDS, SECONDS), (sample) => sample * 32_767);
  const file = await writeWav(folder.path, `${family}.wav`, sound);
  const paths = await writeFiles(folder.path, files);
  const outcome = await transcribe(
    { path: file, probe: await probe(file, { filename: file, signal: AbortSignal.timeout(60_000) }) },
    {
      engine: new ReadingEngine(await loadSherpa({ family, paths, threads: 1 })),
      scratchDir: folder.path,
      shareKey: "file 1",
      signal: AbortSignal.timeout(60_000),
      language: "en",
      secondsMax: 60,
      checkpoint: { load: async () => [], save: async () => undefined },
      onProgress: () => undefined,
    },
  );
  if (outcome.kind === "failed") throw new Error(outcome.detail.message);
  const words = outcome.transcript.turns.flatMap((turn) => turn.words);
  expect(words.map((word) => word.text).join(" ")).toBe(text);
  expect(words.map(({ timing }) => timing)).toEqual(SOUNDS.map(() => "model"));
  for (const [i, { start }] of SOUNDS.entries())
    expect(Math.abs((words[i]?.start ?? 0) - start)).toBeLessThan(stepSeconds);
});

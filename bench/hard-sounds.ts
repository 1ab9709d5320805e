/**
 * Measures what is made of hard sounds, which are made for it from formulas, FFmpeg and recorded sentences: clips in which nobody
 * says a word that could be understood, and speech under hard conditions beside the bare model.
 *
 *     npm run bench:hard-sounds -- [FOLDER with manifest.jsonl] [--sentences N] [--kind TEXT] [--model NAME] [--workers N]
 *
 * Without a folder, ../shared/speech is taken where it is there, else Debian's pocketsphinx-testdata.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { createLog } from "../server/src/observe/log.ts";
import { Lanes } from "../server/src/pipeline/lanes.ts";
import { startSpeechEngine } from "../server/src/speech/worker-pool.ts";
import { testModels } from "../server/test/models.ts";
import { writeWav } from "../server/test/recordings.ts";
import { spoken, wordless, type Clip } from "./lib/hard-sounds/clips.ts";
import { hardSoundsReport, type Measured } from "./lib/hard-sounds/report.ts";
import { sentencesOf, voicesAmongNoises } from "./lib/hard-sounds/sentences.ts";
import { recorded } from "./lib/hard-sounds/sound.ts";
import { hearWithBareModel, hearWithPipeline, openRecording } from "./lib/hear-recording.ts";
import { normalise } from "./lib/normalise.ts";
import { wordErrors } from "./lib/word-error-rate.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sentences: { type: "string", default: "8" },
    kind: { type: "string", default: "" },
    model: { type: "string", default: "moonshine-base" },
    workers: { type: "string", default: String(availableParallelism()) },
  },
});

const engine = await startSpeechEngine({
  modelsDir: await testModels(),
  model: values.model,
  workers: Number(values.workers),
  log: createLog("warn"),
});
const folder = await mkdtemp(path.join(tmpdir(), "bench-"));
try {
  const sentences = await sentencesOf(positionals[0] ?? null, Number(values.sentences));
  const noises = await voicesAmongNoises(positionals[0] ?? null);
  const measured: Measured[] = [];
  const lanes = new Lanes(engine.workers, (error) => console.error(error));
  for (const clips of [wordless(sentences, noises), spoken(sentences)]) {
    for await (const clip of clips) {
      if (!clip.kind.includes(values.kind)) continue;
      await lanes.start(async () => {
        measured.push(await measure(clip));
        console.error(`${measured.length} ${clip.kind}: ${clip.name}`);
      });
    }
  }
  await lanes.idle();
  console.log(hardSoundsReport(measured));
} finally {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
}

async function measure({ kind, name, left, right, text }: Clip): Promise<Measured> {
  const part = await mkdtemp(path.join(folder, "clip-"));
  const file = await writeWav(part, "clip.wav", recorded(left), right && recorded(right));
  const recording = await openRecording(file);
  const ours = await hearWithPipeline(recording, "en", engine);
  const bare = await hearWithBareModel(recording, "en", engine);
  await rm(part, { recursive: true });
  const reference = text === null ? null : normalise(text);
  const errorsOf = (heard: string) => (reference === null ? null : wordErrors(reference, normalise(heard)));
  return {
    kind,
    name,
    heard: ours,
    bareText: bare,
    errors: errorsOf(ours.text),
    bareErrors: errorsOf(bare),
  };
}

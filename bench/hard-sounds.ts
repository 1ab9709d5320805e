/**
 * Measures what is made of hard sounds, which are made for it from formulas, FFmpeg and recorded sentences: clips in which nobody
 * says a word that could be understood, and speech under hard conditions beside the bare model.
 *
 *     npm run bench:hard-sounds -- [FOLDER with manifest.jsonl] [--sentences N] [--kind TEXT] [--model NAME] [--workers N]
 *
 * Without a folder, ../shared/speech is taken where it is there, else Debian's pocketsphinx-testdata.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { Lanes } from "../server/src/pipeline/lanes.ts";
import type { SpeechEngine } from "../server/src/speech/recogniser.ts";
import { writeWav } from "../server/test/recordings.ts";
import { manifestFolder } from "./lib/folders.ts";
import { spoken, wordless, type Clip } from "./lib/hard-sounds/clips.ts";
import { hardSoundsReport, type Measured } from "./lib/hard-sounds/report.ts";
import { sentencesOf, voicesAmongNoises } from "./lib/hard-sounds/sentences.ts";
import { recorded } from "./lib/hard-sounds/sound.ts";
import { hearWithBareModel, hearWithPipeline, openRecording } from "./lib/hear-recording.ts";
import { normalise } from "./lib/normalise.ts";
import { removeFolder, temporaryFolder } from "./lib/temporary.ts";
import { withEngine } from "./lib/with-engine.ts";
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

await withEngine(values, measureAll);

async function measureAll(engine: SpeechEngine): Promise<void> {
  const folder = manifestFolder(positionals[0]);
  const sentences = await sentencesOf(folder, Number(values.sentences));
  const noises = await voicesAmongNoises(folder);
  const measured: Measured[] = [];
  const lanes = new Lanes(engine.workers, (error) => {
    // The others are worth something; but nobody should take the sums for those of all clips.
    console.error(error);
    process.exitCode = 1;
  });
  for (const clips of [wordless(sentences, noises), spoken(sentences)]) {
    for await (const clip of clips) {
      if (!clip.kind.includes(values.kind)) continue;
      await lanes.start(async () => {
        measured.push(await measure(clip, engine));
        console.error(`${measured.length} ${clip.kind}: ${clip.name}`);
      });
    }
  }
  await lanes.idle();
  console.log(hardSoundsReport(measured));
}

async function measure({ kind, name, left, right, text }: Clip, engine: SpeechEngine): Promise<Measured> {
  const folder = temporaryFolder();
  const file = await writeWav(folder, "clip.wav", recorded(left), right && recorded(right));
  const recording = await openRecording(file);
  const ours = await hearWithPipeline(recording, "en", engine);
  const bare = await hearWithBareModel(recording, "en", engine);
  removeFolder(folder);
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

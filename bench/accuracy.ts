/**
 * Measures what the product makes of a folder of recordings with a `manifest.jsonl`, next to the bare model behind the
 * same detector: word error rate and its parts by dataset, words in recordings without speech, speech lost, loops, and true
 * turns that are accused.
 *
 *     npm run bench:accuracy -- ../shared/speech [--dataset NAME …] [--language en] [--limit N] [--model NAME]
 *       [--models-dir DIR] [--workers N] [--no-bare] [--json FILE] [--errors]
 */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { Lanes } from "../server/src/pipeline/lanes.ts";
import { findRecogniser } from "../server/src/speech/models/catalogue.ts";
import type { SpeechEngine } from "../server/src/speech/recogniser.ts";
import { hearWithBareModel, hearWithPipeline, openRecording } from "./lib/hear-recording.ts";
import { DATASET_OPTION, folderFrom, ofDatasets, readManifest, type Recording } from "./lib/manifest.ts";
import { reportOf } from "./lib/report.ts";
import { scoreOf, type Result } from "./lib/score.ts";
import { ENGINE_OPTIONS, withEngine } from "./lib/with-engine.ts";
import { rateOf } from "./lib/word-error-rate.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    ...DATASET_OPTION,
    ...ENGINE_OPTIONS,
    language: { type: "string" },
    limit: { type: "string", default: "1000000" },
    bare: { type: "boolean", default: true },
    json: { type: "string" },
    errors: { type: "boolean", default: false },
  },
});

/** Recordings between two lines of progress. */
const REPORT_EVERY = 25;

await measure(folderFrom(positionals));

async function measure(folder: string): Promise<void> {
  const recordings = chosen(await readManifest(folder), findRecogniser(values.model).languages);
  const started = performance.now();
  await withEngine(values, async (engine) => {
    const results = await resultsOf(folder, recordings, engine);
    console.log(reportOf(results, values.bare));
    if (values.errors) console.log(errorsOf(results));
    if (values.json !== undefined) await writeFile(values.json, JSON.stringify(results, null, 1));
  });
  console.log(`\n${recordings.length} recordings in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

async function resultsOf(
  folder: string,
  recordings: readonly Recording[],
  engine: SpeechEngine,
): Promise<Result[]> {
  const results: Result[] = [];
  const lanes = new Lanes(engine.workers, (error) => console.error(error));
  for (const recording of recordings) {
    await lanes.start(async () => {
      results.push(await resultOf(folder, recording, engine));
      if (results.length % REPORT_EVERY === 0) console.error(`${results.length} of ${recordings.length}`);
    });
  }
  await lanes.idle();
  return results.sort((a, b) => a.recording.path.localeCompare(b.recording.path));
}

/** Speech with something to compare it with in a language that the model speaks, and what holds no speech. */
function chosen(recordings: Recording[], languages: readonly string[]): Recording[] {
  const wanted = recordings.filter(
    ({ kind, text, keywords }) =>
      kind === "nonspeech" ||
      ((kind === "speech" || kind === "multispeaker") && (text !== null || keywords.length > 0)),
  );
  const ofDataset = ofDatasets(wanted, values.dataset);
  const known = ofDataset.filter(({ language }) =>
    language === null ? values.language === undefined : languages.includes(values.language ?? language),
  );
  const asked = known.filter(({ language }) => values.language === undefined || language === values.language);
  const skipped = ofDataset.length - known.length;
  if (skipped > 0)
    console.log(`${skipped} recordings in languages that ${values.model} does not speak are left out\n`);
  return asked.slice(0, Number(values.limit));
}

async function resultOf(folder: string, recording: Recording, engine: SpeechEngine): Promise<Result> {
  const file = path.join(folder, recording.path);
  const language = recording.language ?? "auto";
  try {
    const opened = await openRecording(file);
    const heard = await hearWithPipeline(opened, language, engine);
    const ours = scoreOf(recording, heard.text);
    const bare = values.bare ? scoreOf(recording, await hearWithBareModel(opened, language, engine)) : null;
    return { recording, ours, bare, heard, error: null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { recording, ours: null, bare: null, heard: null, error: message };
  }
}

/** The recordings with errors, worst first, with both texts. */
function errorsOf(results: readonly Result[]): string {
  return results
    .flatMap(({ recording, ours }) => (ours?.errors ? [{ recording, ours, rate: rateOf(ours.errors) }] : []))
    .filter(({ rate }) => rate > 0)
    .sort((a, b) => b.rate - a.rate)
    .map(
      ({ recording, ours, rate }) =>
        `\n${recording.path} ${(rate * 100).toFixed(1)} %\n  said  ${recording.text}\n  heard ${ours.text}`,
    )
    .join("\n");
}

/**
 * Measures who is said to speak when.
 *
 *     npm run bench:speakers -- FOLDER [--models-dir DIR] [--model NAME]
 *
 * FOLDER holds `manifest.jsonl`. With a speaker model in DIR, that is measured too; recordings with a channel for each are
 * also transcribed, with the recogniser NAME.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { chooseDiarizer, installedVoiceModel } from "../server/src/speakers/choose-diarizer.ts";
import type { SpeechEngine } from "../server/src/speech/recogniser.ts";
import { testModels } from "../server/test/models.ts";
import { folderFrom, readManifest } from "./lib/manifest.ts";
import { callOf, type Call } from "./lib/speakers/calls.ts";
import { personsOf, type Person } from "./lib/speakers/persons.ts";
import { personRows, reportOf } from "./lib/speakers/report.ts";
import { talkOf, type Method, type Talk } from "./lib/speakers/talks.ts";
import { withEngine } from "./lib/with-engine.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { "models-dir": { type: "string" }, model: { type: "string", default: "moonshine-base" } },
});
const folder = folderFrom(positionals);
const modelsDir = values["models-dir"] ?? (await testModels());
const workers = String(availableParallelism());
await withEngine({ model: values.model, "models-dir": modelsDir, workers }, (engine) =>
  measure(folder, engine),
);

async function measure(folder: string, engine: SpeechEngine): Promise<void> {
  const recordings = await readManifest(folder);
  const methods = await methodsOf(modelsDir);
  const talks: Talk[] = [];
  const calls: Call[] = [];
  for (const recording of recordings.filter(({ kind, rttm }) => kind === "multispeaker" && rttm !== null)) {
    console.error(recording.path);
    const call = await callOf(folder, recording, engine);
    if (call === null) talks.push(await talkOf(folder, recording, engine, methods));
    else calls.push(call);
  }
  console.log(reportOf(talks, calls));
  const persons: Person[] = [];
  for (const method of methods.filter(({ isCountGiven }) => !isCountGiven))
    persons.push(...(await personsOf(folder, recordings, engine, method)));
  console.log(personRows(persons).join("\n"));
}

/** The built-in method, as it is and with the number of people given; the same with a speaker model where one is installed. */
async function methodsOf(modelsDir: string): Promise<Method[]> {
  const kinds =
    (await installedVoiceModel(modelsDir)) === null
      ? ["built-in" as const]
      : ["built-in" as const, "auto" as const];
  return kinds.flatMap((kind) => {
    const diarizer = chooseDiarizer(kind, modelsDir);
    const name = kind === "auto" ? "speaker model" : kind;
    if (diarizer === null) return [];
    return [
      { name, diarizer, isCountGiven: false },
      { name: `${name}, at most the true number`, diarizer, isCountGiven: true },
    ];
  });
}

/**
 * Measures whether a model of one language knows when it does not speak the language of a recording: what is found of other
 * languages, and what of its own is accused.
 *
 *     npm run bench:languages -- ../shared/speech [--dataset NAME …] [--model NAME] [--models-dir DIR] [--workers N]
 *       [--half 0|1] [--json FILE]
 *
 * `--half` takes one half of the recordings, so that limits can be chosen on one and judged on the other.
 */
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { Lanes } from "../server/src/pipeline/lanes.ts";
import type { Outcome } from "../server/src/pipeline/transcript.ts";
import type { SpeechEngine } from "../server/src/speech/recogniser.ts";
import { openRecording, transcribeRecording } from "./lib/hear-recording.ts";
import { languageReport, type Judged } from "./lib/language-report.ts";
import { readManifest, type Recording } from "./lib/manifest.ts";
import { withEngine } from "./lib/with-engine.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dataset: { type: "string", multiple: true, default: [] },
    model: { type: "string", default: "moonshine-base" },
    "models-dir": { type: "string" },
    workers: { type: "string", default: String(availableParallelism()) },
    half: { type: "string" },
    json: { type: "string" },
  },
});

/** One sentence in many containers would count many times. */
const LEFT_OUT = new Set(["formats_jfk", "formats_codec2", "formats_headerless"]);

const [folder] = positionals;
if (folder === undefined) throw new Error("Name the folder that holds manifest.jsonl.");
await withEngine(values, (engine) => measure(folder, engine));

async function measure(folder: string, engine: SpeechEngine): Promise<void> {
  const judged: Judged[] = [];
  const lanes = new Lanes(engine.workers, (error) => console.error(error));
  for (const recording of chosen(await readManifest(folder))) {
    await lanes.start(async () => {
      const opened = await openRecording(path.join(folder, recording.path));
      judged.push(judgedOf(recording, await transcribeRecording(opened, "auto", engine)));
      console.error(`${judged.length} ${recording.path}`);
    });
  }
  await lanes.idle();
  judged.sort((a, b) => a.path.localeCompare(b.path));
  console.log(languageReport(judged, engine.languages));
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(judged, null, 1));
}

function chosen(recordings: readonly Recording[]): Recording[] {
  return recordings.filter(
    ({ kind, dataset, language, path }) =>
      (kind === "speech" || kind === "multispeaker") &&
      language !== null &&
      !LEFT_OUT.has(dataset) &&
      (values.dataset.length === 0 || values.dataset.includes(dataset)) &&
      (values.half === undefined || halfOf(path) === values.half),
  );
}

function halfOf(path: string): string {
  return String((createHash("md5").update(path).digest()[0] ?? 0) % 2);
}

function judgedOf({ path, dataset, language }: Recording, outcome: Outcome): Judged {
  const { kind } = outcome;
  const known = { path, dataset, language: language ?? "" };
  const evidence = (kind === "failed" ? outcome.detail.evidence : outcome.evidence).filter(
    (one) => one.kind === "language",
  );
  if (kind === "failed")
    return {
      ...known,
      speechSeconds: outcome.speechSeconds,
      verdict: "spoken_share" in outcome.detail.figures ? "failed" : "no transcript",
      confidence: outcome.detail.figures["spoken_share"] ?? null,
      evidence,
    };
  const { speechSeconds, turns, languageConfidence } = outcome.transcript;
  const isWithheld = evidence.length > 0 && turns.some(({ flags }) => flags.includes("withheld"));
  return {
    ...known,
    speechSeconds,
    verdict: isWithheld ? "withheld" : evidence.length > 0 ? "doubtful" : "trusted",
    confidence: languageConfidence,
    evidence,
  };
}

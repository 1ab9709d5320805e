/**
 * Measures ways to cut speech into clips for the recogniser: word error rate with each, without the guard.
 *
 *     node bench/cutting.ts ../shared/speech [--dataset NAME …] [--model NAME] [--models-dir DIR] [--workers N]
 */
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { SEGMENTS, SegmentPlanner, type SegmentRules } from "../server/src/pipeline/segments.ts";
import {
  SAMPLE_RATE_HZ,
  type Clip,
  type Share,
  type SpeechEngine,
  type SpeechSpan,
} from "../server/src/speech/recogniser.ts";
import { openRecording, withSpeech } from "./lib/hear-recording.ts";
import { readManifest, type Recording } from "./lib/manifest.ts";
import { normalise } from "./lib/normalise.ts";
import { rateOf, sumOf, wordErrors, type WordErrors } from "./lib/word-error-rate.ts";
import { withEngine } from "./lib/with-engine.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dataset: { type: "string", multiple: true, default: [] },
    model: { type: "string", default: "moonshine-base" },
    "models-dir": { type: "string" },
    workers: { type: "string", default: String(availableParallelism()) },
  },
});

const ALONE = { ...SEGMENTS, joinedSecondsMax: 0 };

/** What is compared: one value changed at a time. */
const WAYS: Record<string, SegmentRules> = {
  "each stretch alone, no context": { ...ALONE, contextSeconds: 0 },
  "each stretch alone, 0.2 s": { ...ALONE, contextSeconds: 0.2 },
  "each stretch alone, 0.4 s": ALONE,
  "joined up to 10 s": { ...SEGMENTS, joinedSecondsMax: 10 },
  "joined up to 15 s": { ...SEGMENTS, joinedSecondsMax: 15 },
  "as shipped": SEGMENTS,
  "joined up to 25 s": { ...SEGMENTS, joinedSecondsMax: 25 },
  "context 0.2 s": { ...SEGMENTS, contextSeconds: 0.2 },
  "context 0.6 s": { ...SEGMENTS, contextSeconds: 0.6 },
  "joined over 1 s at most": { ...SEGMENTS, joinedPauseSecondsMax: 1 },
};

const [folder] = positionals;
if (folder === undefined) throw new Error("Name the folder that holds manifest.jsonl.");
await withEngine(values, (engine) => compare(folder, engine));

async function compare(folder: string, engine: SpeechEngine): Promise<void> {
  const recordings = (await readManifest(folder)).filter(
    ({ text, kind, language, dataset }) =>
      text !== null &&
      (kind === "speech" || kind === "multispeaker") &&
      engine.languages.includes(language ?? "") &&
      (values.dataset.length === 0 || values.dataset.includes(dataset)),
  );
  const errors = new Map<string, WordErrors[]>(Object.keys(WAYS).map((way) => [way, []]));
  for (const recording of recordings) {
    for (const [way, found] of await errorsOf(folder, recording, engine)) errors.get(way)?.push(found);
    console.error(recording.path);
  }
  for (const [way, found] of errors) {
    const { substitutions, deletions, insertions } = sumOf(found);
    const rate = (rateOf(sumOf(found)) * 100).toFixed(2);
    console.log(`${way.padEnd(32)} ${rate} %  ${substitutions} sub  ${deletions} del  ${insertions} ins`);
  }
}

async function errorsOf(
  folder: string,
  recording: Recording,
  engine: SpeechEngine,
): Promise<[string, WordErrors][]> {
  const opened = await openRecording(path.join(folder, recording.path));
  const reference = normalise(recording.text ?? "");
  return withSpeech(opened, engine, (clip, spans, share) =>
    Promise.all(
      Object.entries(WAYS).map(async ([way, rules]): Promise<[string, WordErrors]> => {
        const text = await hear(clip, spans, rules, engine, share);
        return [way, wordErrors(reference, normalise(text))];
      }),
    ),
  );
}

async function hear(
  clip: Clip,
  spans: SpeechSpan[],
  rules: SegmentRules,
  engine: SpeechEngine,
  share: Share,
): Promise<string> {
  const limits = { clipSamplesMax: engine.clipSecondsMax * SAMPLE_RATE_HZ, samples: clip.endSample };
  const planner = new SegmentPlanner(limits, rules);
  const segments = [...planner.add(spans), ...planner.finish()];
  const heard = segments.map(({ startSample, endSample }) =>
    engine.recognise({ ...clip, startSample, endSample }, { language: null }, share),
  );
  return (await Promise.all(heard)).map(({ text }) => text).join(" ");
}

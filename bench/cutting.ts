/**
 * Measures ways to cut speech into clips for the recogniser: word error rate with each, without the guard.
 *
 *     node bench/cutting.ts ../shared/speech [--dataset NAME …] [--model NAME] [--models-dir DIR] [--workers N]
 */
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
import { DATASET_OPTION, folderFrom, ofDatasets, readManifest, type Recording } from "./lib/manifest.ts";
import { normalise } from "./lib/normalise.ts";
import { linesOf, type WayErrors } from "./lib/ways.ts";
import { wordErrors } from "./lib/word-error-rate.ts";
import { ENGINE_OPTIONS, withEngine } from "./lib/with-engine.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { ...DATASET_OPTION, ...ENGINE_OPTIONS },
});

const ALONE = { ...SEGMENTS, joinedSecondsMax: 0 };

/** What is compared: one value changed at a time. */
const WAYS: Record<string, SegmentRules> = {
  "each stretch alone, no context": { ...ALONE, contextSeconds: 0 },
  "each stretch alone, 0.2 s": { ...ALONE, contextSeconds: 0.2 },
  [`each stretch alone, ${SEGMENTS.contextSeconds} s`]: ALONE,
  "joined up to 10 s": { ...SEGMENTS, joinedSecondsMax: 10 },
  "joined up to 15 s": { ...SEGMENTS, joinedSecondsMax: 15 },
  "as shipped": SEGMENTS,
  "joined up to 25 s": { ...SEGMENTS, joinedSecondsMax: 25 },
  "context 0.2 s": { ...SEGMENTS, contextSeconds: 0.2 },
  "context 0.6 s": { ...SEGMENTS, contextSeconds: 0.6 },
  "joined over 1 s at most": { ...SEGMENTS, joinedPauseSecondsMax: 1 },
};

const folder = folderFrom(positionals);
await withEngine(values, (engine) => compare(folder, engine));

async function compare(folder: string, engine: SpeechEngine): Promise<void> {
  const recordings = ofDatasets(await readManifest(folder), values.dataset).filter(
    ({ text, kind, language }) =>
      text !== null &&
      (kind === "speech" || kind === "multispeaker") &&
      engine.languages.includes(language ?? ""),
  );
  const found: WayErrors[] = [];
  for (const recording of recordings) {
    found.push(...(await errorsOf(folder, recording, engine)));
    console.error(recording.path);
  }
  for (const line of linesOf(found)) console.log(line);
}

async function errorsOf(folder: string, recording: Recording, engine: SpeechEngine): Promise<WayErrors[]> {
  const opened = await openRecording(path.join(folder, recording.path));
  const reference = normalise(recording.text ?? "");
  return withSpeech(opened, engine, (clip, spans, share) =>
    Promise.all(
      Object.entries(WAYS).map(async ([way, rules]): Promise<WayErrors> => {
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

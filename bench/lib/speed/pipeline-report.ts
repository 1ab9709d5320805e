import { SAMPLE_RATE_HZ } from "../../../server/src/speech/recogniser.ts";
import type { Speech } from "./long-speech.ts";
import type { PipelineOptions, Used } from "./pipeline.ts";
import type { Measured } from "./table.ts";
import { lengthOf } from "./units.ts";

/** The same recordings by the program, and their clips by bare sherpa-onnx. */
export interface Pass {
  files: number;
  fileSeconds: number;
  /** Recognised by each of the three. */
  clips: number;
  clipSamples: number;
  /** Clips for which all wrote the same. */
  sameTexts: number;
  ours: Used;
  bare: Used;
  /** Bare sherpa-onnx with the prepared decoder. */
  prepared: Used;
}

const COLUMNS = [
  "recordings",
  "wall s",
  "times real time",
  "CPU s",
  "bare wall s",
  "bare CPU s",
  "throughput kept %",
  "prepared wall s",
  "prepared CPU s",
  "kept of it %",
  "in CPU time %",
];

export function reportPipeline(passes: readonly Pass[], speech: Speech, options: PipelineOptions): Measured {
  const clips = passes.reduce((sum, { clips }) => sum + clips, 0);
  const same = passes.reduce((sum, { sameTexts }) => sum + sameTexts, 0);
  const clipSeconds = passes.reduce((sum, { clipSamples }) => sum + clipSamples, 0) / SAMPLE_RATE_HZ;
  const audioSeconds = passes.reduce((sum, pass) => sum + secondsOf(pass), 0);
  return {
    title: `Pipeline: ${options.model}, ${options.workers} workers, speech of ${speech.name}`,
    rows: [COLUMNS, ...passes.map((pass) => rowOf(pass)), ...summaries(passes)],
    notes: [
      "Wall time runs from the first byte uploaded until the last transcript is there; CPU time is that of server, workers, FFmpeg and",
      "the process that tells speakers apart. Bare sherpa-onnx recognises the same clips with the published model, as many processes of",
      "one thread as there are workers, and nothing else: no upload, no decoding, no search for speech. Prepared is the same with the",
      "decoder that the program uses; what is kept of it in CPU time is what throughput would be if no core ever waited.",
      `Of ${clips} clips all three wrote the same for ${same};`,
      `the clips hold ${Math.round(clipSeconds)} s of the ${Math.round(audioSeconds)} s uploaded.`,
    ],
    figures: passes,
  };
}

function rowOf(pass: Pass, after = ""): string[] {
  const { ours, bare, prepared } = pass;
  return [
    nameOf(pass) + after,
    ours.wallSeconds.toFixed(1),
    (secondsOf(pass) / ours.wallSeconds).toFixed(1),
    ours.cpuSeconds.toFixed(1),
    bare.wallSeconds.toFixed(1),
    bare.cpuSeconds.toFixed(1),
    percent(bare.wallSeconds, ours.wallSeconds),
    prepared.wallSeconds.toFixed(1),
    prepared.cpuSeconds.toFixed(1),
    percent(prepared.wallSeconds, ours.wallSeconds),
    percent(prepared.cpuSeconds, ours.cpuSeconds),
  ];
}

/** A row for all rounds of the same recordings, where there were several. */
function summaries(passes: readonly Pass[]): string[][] {
  return [...Map.groupBy(passes, nameOf).values()]
    .filter((group) => group.length > 1)
    .flatMap((group) => group.slice(0, 1).map((first) => rowOf(meanOf(first, group), ", mean")));
}

function meanOf(first: Pass, group: readonly Pass[]): Pass {
  const mean = (of: (pass: Pass) => number) => group.reduce((sum, pass) => sum + of(pass), 0) / group.length;
  const used = (of: (pass: Pass) => Used): Used => ({
    wallSeconds: mean((pass) => of(pass).wallSeconds),
    cpuSeconds: mean((pass) => of(pass).cpuSeconds),
  });
  return {
    ...first,
    ours: used(({ ours }) => ours),
    bare: used(({ bare }) => bare),
    prepared: used(({ prepared }) => prepared),
  };
}

function percent(part: number, whole: number): string {
  return ((100 * part) / whole).toFixed(1);
}

function nameOf({ files, fileSeconds }: Pass): string {
  return files === 1 ? `1 of ${lengthOf(fileSeconds)}` : `${files} of ${lengthOf(fileSeconds)} at once`;
}

function secondsOf({ files, fileSeconds }: Pass): number {
  return files * fileSeconds;
}

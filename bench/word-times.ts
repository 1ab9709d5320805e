/**
 * Measures how far the starts of words are from where they are known to be: laid along the speech (`estimated`), found in the
 * sound (`aligned`), and found in the sound by what the model heard (`heard`); and what finding them costs.
 *
 *     npm run bench:word-times -- ../shared/speech [--model moonshine-base] [--clips N] [--limit N] [--no-heard]
 *       [--parameters FILE] [--sphinx-model DIR] [--json FILE]
 *
 * What a machine lacks (Debian's asterisk prompts, espeak-ng, pocketsphinx, the folder) is left out, with a sentence.
 */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { AcousticModel } from "../server/src/alignment/acoustic-model.ts";
import { DETECTOR, findModel, findRecogniser } from "../server/src/speech/models/catalogue.ts";
import { modelFile } from "../server/src/speech/models/installed.ts";
import type { Recogniser } from "../server/src/speech/recogniser.ts";
import { loadSherpa } from "../server/src/speech/sherpa.ts";
import { loadDetector } from "../server/src/speech/vad.ts";
import { testModels } from "../server/test/models.ts";
import { knownSets } from "./lib/alignment/clips.ts";
import { measureClip, type Instruments, type Measured } from "./lib/alignment/measure.ts";
import { SPHINX_MODEL } from "./lib/alignment/pocketsphinx.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    model: { type: "string", default: "moonshine-base" },
    clips: { type: "string", default: "40" },
    limit: { type: "string", default: "1000000" },
    heard: { type: "boolean", default: true },
    parameters: { type: "string" },
    "sphinx-model": { type: "string", default: SPHINX_MODEL },
    json: { type: "string" },
  },
});

const HEADER = [
  "Word starts: median and 95th percentile of the error in ms, and share of errors over 200 ms in per cent.",
  "",
  "| set | words | estimated | p95 | > 200 | aligned | p95 | > 200 | left | heard | p95 | > 200 |",
  "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
].join("\n");

await main();

async function main(): Promise<void> {
  const tools = await instruments();
  const options = {
    folder: positionals[0] ?? null,
    clips: Number(values.clips),
    limit: Number(values.limit),
    sphinxModel: values["sphinx-model"],
  };
  const rows: { name: string; measured: Measured[] }[] = [];
  console.log(HEADER);
  for await (const { name, clips } of knownSets(options, console.error)) {
    const measured: Measured[] = [];
    for (const clip of clips) measured.push(await measureClip(clip, tools));
    console.log(rowOf(name, measured));
    rows.push({ name, measured });
  }
  console.log(costOf(rows.flatMap(({ measured }) => measured)));
  if (values.json !== undefined) await writeFile(values.json, JSON.stringify(rows));
}

async function instruments(): Promise<Instruments> {
  const modelsDir = await testModels();
  const { parameters } = values;
  return {
    detector: loadDetector(modelFile(modelsDir, findModel(DETECTOR), "model")),
    recogniser: values.heard ? await loadRecogniser(modelsDir) : null,
    model:
      parameters === undefined ? null : new AcousticModel(JSON.parse(await readFile(parameters, "utf8"))),
  };
}

async function loadRecogniser(modelsDir: string): Promise<Recogniser> {
  const entry = findRecogniser(values.model);
  const paths = entry.files.map(({ role }) => [role, modelFile(modelsDir, entry, role)]);
  return loadSherpa({ family: entry.family, paths: Object.fromEntries(paths), threads: 1 });
}

function rowOf(name: string, measured: readonly Measured[]): string {
  const aligned = measured.flatMap((one) => one.aligned);
  const cells = [
    name,
    String(aligned.length),
    ...figuresOf(measured.flatMap((one) => one.estimated)),
    ...figuresOf(aligned),
    String(measured.reduce((sum, { left }) => sum + left, 0)),
    ...figuresOf(measured.flatMap((one) => one.heard)),
  ];
  return `| ${cells.join(" | ")} |`;
}

function figuresOf(errors: readonly number[]): string[] {
  if (errors.length === 0) return ["", "", ""];
  const sizes = errors.map(Math.abs).sort((a, b) => a - b);
  const at = (share: number): string =>
    String(Math.round(1000 * (sizes[Math.floor(share * (sizes.length - 1))] ?? 0)));
  const far = sizes.filter((size) => size > 0.2).length / sizes.length;
  return [at(0.5), at(0.95), (100 * far).toFixed(1)];
}

function costOf(measured: readonly Measured[]): string {
  const sum = (of: (one: Measured) => number): number => measured.reduce((total, one) => total + of(one), 0);
  const seconds = sum((one) => one.seconds);
  const align = sum((one) => one.alignCpuMs);
  const recognise = sum((one) => one.recogniseCpuMs);
  const each = `\nAligning takes ${(align / seconds).toFixed(2)} ms of processor time for each second of sound`;
  if (recognise === 0) return `${each}.`;
  return `${each}, recognition ${(recognise / seconds).toFixed(1)} ms: ${((100 * align) / recognise).toFixed(1)} % more.`;
}

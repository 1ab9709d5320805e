/**
 * Trains the acoustic model that finds the times of words, and writes its parameters.
 *
 *     node bench/train-aligner.ts ../shared/speech server/src/alignment/parameters.json [--mixtures 4] [--kept 2] [--rounds 4]
 *
 * It begins with speech by Debian's `flite` (package `flite`), which tells the time of each sound, and goes on with recordings
 * that have their text, laid along their sounds by what was learnt before. docs/decisions/0012-word-times.md says which and why.
 */
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { AcousticModel, STATES, type AcousticParameters } from "../server/src/alignment/acoustic-model.ts";
import { featuresOf, FRAME_RATE_HZ, FRAME_SIZE, type Features } from "../server/src/alignment/features.ts";
import { bestPath, type Path } from "../server/src/alignment/path.ts";
import { pronounceAll } from "../server/src/alignment/pronounce.ts";
import { splitWords } from "../server/src/pipeline/heard.ts";
import { estimateModel, type Labelled } from "./lib/alignment/estimate-model.ts";
import { reduced } from "./lib/alignment/reduce.ts";
import { randomFrom, samplesOf, withNoise } from "./lib/alignment/sound.ts";
import { FLITE_VOICES, synthesise, type Synthesised } from "./lib/alignment/synthesise.ts";
import { readManifest, type Recording } from "./lib/manifest.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mixtures: { type: "string", default: "4" },
    kept: { type: "string", default: "2" },
    rounds: { type: "string", default: "4" },
    dataset: { type: "string", multiple: true, default: ["vctk", "ljspeech", "tts_longform"] },
  },
});

const [folder, output] = positionals;
if (folder === undefined || output === undefined)
  throw new Error("Name the folder that holds manifest.jsonl, and the file to write.");

/** Sounds of American English, as flite and the spelling rules name them. */
const SOUNDS =
  "pau aa ae ah ao aw ax ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z zh".split(
    " ",
  );

/** Sentences that flite speaks, in turn by each voice. */
const SENTENCES = 240;

/** Sounds that are rare in what the recordings say. */
const RARE = [
  "The usual pleasure of leisure is a measured vision of treasure in Asia.",
  "An unusual collision and an explosion made the decision on the garage casual.",
  "The boy enjoyed the noise of coins, and avoided the oil with a joyful voice.",
  "Join us for the voyage, and point to the choice that annoys you.",
];

/** Copies of each utterance: as it is, and with noise so much weaker, in decibels. */
const NOISE_BELOW_DB = [null, [8, 25]] as const;

/** Some five minutes with all their text at once: 2 GB, for the first round alone. */
const CELLS_MAX = 2e9;

/** A piece is as long as this, in frames, and up to the next pause of {@link PAUSE_FRAMES_MIN}. */
const PIECE_FRAMES = 800;
const PAUSE_FRAMES_MIN = 20;

interface Utterance {
  features: Features;
  pronunciations: string[][];
}

const random = randomFrom(1);

await train(folder, output);

async function train(folder: string, output: string): Promise<void> {
  const recordings = (await readManifest(folder)).filter(isMaterial);
  const spoken = await synthesiseAll(sentencesOf(recordings));
  const labelled = spoken.flatMap(({ synthesised, variants }) =>
    variants.map((features) => ({ features, states: statesOf(synthesised, features.count) })),
  );
  console.error(`${spoken.length} sentences of flite, ${recordings.length} recordings`);
  let parameters = estimateModel(labelled, SOUNDS, 1);
  let utterances = [
    ...spoken.flatMap(({ text, variants }) => variants.map((features) => utteranceOf(features, text))),
    ...(await recorded(folder, recordings)),
  ];
  const rounds = Number(values.rounds);
  for (let round = 1; round <= rounds; round += 1) {
    const mixtures = Math.min(Number(values.mixtures), 2 ** round);
    const { labelled, pieces } = realigned(utterances, parameters);
    parameters = estimateModel(labelled, SOUNDS, mixtures);
    utterances = pieces;
  }
  await writeFile(output, `${jsonOf(reduced(parameters, Number(values.kept)))}\n`);
}

/** English with a text that was checked, of people or a synthesizer that sounds like one; each sentence in one encoding. */
function isMaterial({ path, dataset, kind, language, text }: Recording): boolean {
  return (
    values.dataset.includes(dataset) &&
    kind === "speech" &&
    language === "en" &&
    text !== null &&
    !path.endsWith(".mp3")
  );
}

function sentencesOf(recordings: readonly Recording[]): string[] {
  const sentences = new Set(
    recordings.flatMap(({ text }) => (text ?? "").split(/(?<=[.?!])\s+/u)).filter((line) => line.length > 20),
  );
  const all = [...RARE, ...sentences];
  return Array.from({ length: SENTENCES }, (_, i) => all[i % all.length] ?? "");
}

interface Spoken {
  text: string;
  synthesised: Synthesised;
  variants: Features[];
}

async function synthesiseAll(sentences: readonly string[]): Promise<Spoken[]> {
  const spoken: Spoken[] = [];
  for (const [i, text] of sentences.entries()) {
    // One further in each round of the sentences, whatever their number is.
    const voice =
      FLITE_VOICES[(i + Math.floor((i * FLITE_VOICES.length) / SENTENCES)) % FLITE_VOICES.length] ?? "slt";
    const synthesised = await synthesise(text, voice);
    spoken.push({ text, synthesised, variants: variantsOf(synthesised.samples) });
  }
  return spoken;
}

function variantsOf(samples: Float32Array): Features[] {
  return NOISE_BELOW_DB.map((range) => {
    if (range === null) return featuresOf(samples);
    const [low, high] = range;
    return featuresOf(withNoise(samples, low + (high - low) * random(), random));
  });
}

/** The thirds of each sound are its states. */
function statesOf({ sounds }: Synthesised, count: number): Int32Array {
  const states = new Int32Array(count);
  let start = 0;
  for (const { sound, end } of sounds) {
    const first = SOUNDS.indexOf(sound) * STATES;
    if (first < 0) throw new Error(`flite says a sound "${sound}" that the aligner does not know.`);
    const [from, until] = [Math.round(start * FRAME_RATE_HZ), Math.round(end * FRAME_RATE_HZ)];
    for (let frame = from; frame < Math.min(count, until); frame += 1)
      states[frame] = first + Math.floor((STATES * (frame - from)) / (until - from));
    start = end;
  }
  return states;
}

async function recorded(folder: string, recordings: readonly Recording[]): Promise<Utterance[]> {
  const utterances: Utterance[] = [];
  for (const { path: file, text } of recordings) {
    const samples = await samplesOf(path.join(folder, file));
    utterances.push(...variantsOf(samples).map((features) => utteranceOf(features, text ?? "")));
  }
  return utterances;
}

function utteranceOf(features: Features, text: string): Utterance {
  const words = pronounceAll(splitWords(text).map((word) => word.text));
  return { features, pronunciations: words.filter((sounds) => sounds.length > 0) };
}

interface Realigned {
  labelled: Labelled[];
  /** The utterances, the long ones cut at pauses: the way through a sentence is found faster than that through a lecture. */
  pieces: Utterance[];
}

function realigned(utterances: readonly Utterance[], parameters: AcousticParameters): Realigned {
  const model = new AcousticModel(parameters);
  let fit = 0;
  let frames = 0;
  const labelled: Labelled[] = [];
  const pieces: Utterance[] = [];
  for (const utterance of utterances) {
    const scores = model.score(utterance.features);
    const path = bestPath(model, scores, utterance.pronunciations, CELLS_MAX);
    if (path === null) continue;
    path.states.forEach((state, frame) => (fit += scores.values[frame * scores.states + state] ?? 0));
    frames += path.states.length;
    labelled.push({ features: utterance.features, states: path.states });
    pieces.push(...cut(utterance, path));
  }
  console.error(`${labelled.length} of ${utterances.length} aligned, ${(fit / frames).toFixed(3)} a frame`);
  return { labelled, pieces };
}

function cut({ features, pronunciations }: Utterance, { words }: Path): Utterance[] {
  const pieces: Utterance[] = [];
  let [firstWord, firstFrame] = [0, 0];
  words.forEach(({ last }, i) => {
    const next = words[i + 1]?.first ?? null;
    const isEnd = next === null;
    if (!isEnd && (last - firstFrame < PIECE_FRAMES || next - last < PAUSE_FRAMES_MIN)) return;
    const lastFrame = isEnd ? features.count : Math.floor((last + next) / 2);
    pieces.push({
      features: sliceOf(features, firstFrame, lastFrame),
      pronunciations: pronunciations.slice(firstWord, i + 1),
    });
    [firstWord, firstFrame] = [i + 1, lastFrame];
  });
  return pieces;
}

function sliceOf({ values }: Features, first: number, last: number): Features {
  return { count: last - first, values: values.subarray(first * FRAME_SIZE, last * FRAME_SIZE) };
}

/** One line a state, so that a change of the file can be read. */
function jsonOf({ sounds }: AcousticParameters): string {
  const lines = Object.entries(sounds).map(
    ([sound, states]) =>
      `${JSON.stringify(sound)}: [\n${states.map((state) => JSON.stringify(state)).join(",\n")}\n]`,
  );
  return `{ "sounds": {\n${lines.join(",\n")}\n} }`;
}

/** The most likely way of a sequence of sounds through the frames of a clip (Viterbi). */
import { PAUSE, STATES, type AcousticModel, type Scores } from "./acoustic-model.ts";

/** The frames in which a word is said; `last` is the first frame after it. */
export interface FrameSpan {
  first: number;
  last: number;
}

/** States in the order in which they are passed. Pauses, before, between and after words, may be left out. */
interface Chain {
  /** State of the model. */
  states: Int32Array;
  /** Place of the word that a state belongs to; -1 in a pause. */
  words: Int32Array;
  /** Where a state is the first of a word after a pause: how far back the last state of the word before is; else 0. */
  skips: Int32Array;
}

/** Cells (frames by states) up to which a path is looked for: about 30 s of the fastest speech, and 40 MB. */
const CELLS_MAX = 40_000_000;

/** Places in the chain at which a path begins: the first pause, or the first word. */
const STARTS: readonly number[] = [0, STATES];

const STAY = 0;
const STEP = 1;
const SKIP = 2;

/** Which state each frame is in. */
export interface Path {
  /** Spans of the words, in order. */
  words: FrameSpan[];
  /** The model's state in each frame. */
  states: Int32Array;
}

/**
 * @param pronunciations the sounds of each word, at least one; all of them known to the model
 * @returns null where the sounds do not fit into the frames at their shortest
 */
export function bestPath(
  model: AcousticModel,
  scores: Scores,
  pronunciations: readonly (readonly string[])[],
  cellsMax = CELLS_MAX,
): Path | null {
  const chain = chainOf(model, pronunciations);
  const frames = scores.best.length;
  const length = chain.states.length;
  if (frames === 0 || frames * length > cellsMax) return null;
  const moves = new Uint8Array(frames * length);
  const end = walk(model, scores, chain, moves);
  return end === null ? null : retrace(chain, moves, frames, end, pronunciations.length);
}

function chainOf(model: AcousticModel, pronunciations: readonly (readonly string[])[]): Chain {
  const states: number[] = [];
  const words: number[] = [];
  const skips: number[] = [];
  const add = (sound: string, word: number, skip: number) => {
    const first = model.firstState(sound);
    if (first === null) throw new Error(`The aligner's model has no sound "${sound}".`);
    for (let i = 0; i < STATES; i += 1) {
      states.push(first + i);
      words.push(word);
      skips.push(i === 0 ? skip : 0);
    }
  };
  add(PAUSE, -1, 0);
  pronunciations.forEach((sounds, word) => {
    sounds.forEach((sound, i) => add(sound, word, i === 0 && word > 0 ? STATES + 1 : 0));
    add(PAUSE, -1, 0);
  });
  return { states: Int32Array.from(states), words: Int32Array.from(words), skips: Int32Array.from(skips) };
}

/** Fills `moves` with how each cell is best reached; gives the state in which the best path ends, null where there is none. */
function walk(model: AcousticModel, scores: Scores, chain: Chain, moves: Uint8Array): number | null {
  const { states, skips } = chain;
  const length = states.length;
  const stay = Float64Array.from(states, (state) => model.stay[state] ?? 0);
  const leave = Float64Array.from(states, (state) => model.leave[state] ?? 0);
  const costs = new Float64Array(length).fill(-Infinity);
  const frames = scores.best.length;
  const { earliest, rest } = reachOf(chain);
  for (const start of STARTS) costs[start] = scores.values[states[start] ?? 0] ?? 0;
  let [first, until] = [0, STATES + 1];
  for (let frame = 1; frame < frames; frame += 1) {
    const row = frame * scores.states;
    const passed = first;
    while (first < length && (rest[first] ?? 0) > frames - 1 - frame) first += 1;
    while (until < length && (earliest[until] ?? 0) <= frame) until += 1;
    // From the end, so that what stands before is still that of the frame before.
    for (let i = until - 1; i >= first; i -= 1) {
      let best = (costs[i] ?? 0) + (stay[i] ?? 0);
      let move = STAY;
      const step = i === 0 ? -Infinity : (costs[i - 1] ?? 0) + (leave[i - 1] ?? 0);
      if (step > best) {
        best = step;
        move = STEP;
      }
      const skip = skips[i] ?? 0;
      if (skip > 0) {
        const skipping = (costs[i - skip] ?? 0) + (leave[i - skip] ?? 0);
        if (skipping > best) {
          best = skipping;
          move = SKIP;
        }
      }
      costs[i] = best + (scores.values[row + (states[i] ?? 0)] ?? 0);
      moves[frame * length + i] = move;
    }
    costs.fill(-Infinity, passed, first);
  }
  const afterWords = length - STATES - 1;
  const end = (costs[length - 1] ?? 0) >= (costs[afterWords] ?? 0) ? length - 1 : afterWords;
  return Number.isFinite(costs[end]) ? end : null;
}

/**
 * Between which states a path can be in a frame: those at or after each that are reached earliest in that many frames, and how
 * many frames are needed from each to the end.
 */
function reachOf({ skips }: Chain): { earliest: Int32Array; rest: Int32Array } {
  const { length } = skips;
  const earliest = new Int32Array(length);
  const rest = new Int32Array(length);
  for (let i = 0; i < length; i += 1) {
    if (STARTS.includes(i)) continue;
    const skip = skips[i] ?? 0;
    earliest[i] = 1 + (earliest[i - (skip > 0 ? skip : 1)] ?? 0);
  }
  for (let i = length - 1; i >= 0; i -= 1) {
    const isEnd = i === length - 1 || i === length - 1 - STATES;
    const skipped = skips[i + STATES + 1] === STATES + 1 ? (rest[i + STATES + 1] ?? 0) : Infinity;
    rest[i] = isEnd ? 0 : 1 + Math.min(rest[i + 1] ?? 0, skipped);
  }
  for (let i = length - 2; i >= 0; i -= 1) earliest[i] = Math.min(earliest[i] ?? 0, earliest[i + 1] ?? 0);
  return { earliest, rest };
}

function retrace(chain: Chain, moves: Uint8Array, frames: number, end: number, count: number): Path {
  const words = Array.from({ length: count }, () => ({ first: frames, last: 0 }));
  const states = new Int32Array(frames);
  const length = chain.states.length;
  let at = end;
  for (let frame = frames - 1; frame >= 0; frame -= 1) {
    states[frame] = chain.states[at] ?? 0;
    const word = words[chain.words[at] ?? -1];
    if (word !== undefined) {
      word.first = frame;
      word.last = Math.max(word.last, frame + 1);
    }
    const move = moves[frame * length + at];
    if (move === STEP) at -= 1;
    if (move === SKIP) at -= chain.skips[at] ?? 0;
  }
  return { words, states };
}

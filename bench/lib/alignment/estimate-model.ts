/** Estimates the acoustic model from frames that are known to belong to states. */
import {
  STATES,
  type AcousticParameters,
  type Gaussian,
} from "../../../server/src/alignment/acoustic-model.ts";
import { FRAME_SIZE, type Features } from "../../../server/src/alignment/features.ts";
import { compact, rounded } from "./reduce.ts";
import { fitMixture, single, type Frames } from "./mixture.ts";

/** Frames of an utterance, and the state of each: a sound's number times {@link STATES}, and the place within the sound. */
export interface Labelled {
  features: Features;
  states: Int32Array;
}

/** @param sounds their names, by number */
export function estimateModel(
  labelled: readonly Labelled[],
  sounds: readonly string[],
  mixtures: number,
): AcousticParameters {
  const states = sounds.length * STATES;
  const global = single(joined(labelled.flatMap(({ features }) => rowsOf(features))), []).deviation;
  const visits = visitsOf(labelled, states);
  const rows = rowsByState(labelled, states);
  const stateOf = (state: number): { stay: number; gaussians: Gaussian[] } => {
    const frames = joined(rows[state] ?? []);
    if (frames.count < FRAMES_MIN)
      throw new Error(`There is too little of the sound "${sounds[Math.floor(state / STATES)]}".`);
    const stay = Math.min(0.98, Math.max(0.05, 1 - (visits[state] ?? 0) / frames.count));
    return { stay: rounded(stay), gaussians: fitMixture(frames, mixtures, global).map(compact) };
  };
  return {
    sounds: Object.fromEntries(
      sounds.map((sound, i) => [sound, Array.from({ length: STATES }, (_, k) => stateOf(i * STATES + k))]),
    ),
  };
}

/** Fewer frames tell nothing of a state. */
const FRAMES_MIN = 10;

/** How often each state is entered. */
function visitsOf(labelled: readonly Labelled[], count: number): Float64Array {
  const visits = new Float64Array(count);
  for (const { states } of labelled)
    states.forEach((state, i) => {
      if (states[i - 1] !== state) visits[state] = (visits[state] ?? 0) + 1;
    });
  return visits;
}

function rowsByState(labelled: readonly Labelled[], count: number): Float32Array[][] {
  const rows: Float32Array[][] = Array.from({ length: count }, () => []);
  for (const { features, states } of labelled)
    rowsOf(features).forEach((row, frame) => rows[states[frame] ?? 0]?.push(row));
  return rows;
}

function rowsOf({ count, values }: Features): Float32Array[] {
  return Array.from({ length: count }, (_, frame) =>
    values.subarray(frame * FRAME_SIZE, (frame + 1) * FRAME_SIZE),
  );
}

function joined(rows: readonly Float32Array[]): Frames {
  const values = new Float32Array(rows.length * FRAME_SIZE);
  rows.forEach((row, i) => values.set(row, i * FRAME_SIZE));
  return { values, count: rows.length };
}

/** Joins what sounds alike, the most alike first, until what is left is different: agglomerative clustering. */
import { setImmediate as breathe } from "node:timers/promises";
import { together, type Voice, type VoiceMetric, type VoicePrint } from "./voice-metric.ts";

/** When to stop joining. */
export interface Stop {
  /** Voices further apart than this stay two; see `Difference.apart`. Infinity where the number alone decides. */
  apartMax: number;
  /** Joining ends at this many. */
  voicesMin: number;
}

/** How much is compared before others get their turn: some 20 ms. */
const COMPARISONS_AT_ONCE = 2_000;

/** Joins prints. Takes time and memory by the square of their number: {@link cluster} keeps that bounded. */
export async function join<V extends Voice>(
  prints: readonly VoicePrint[],
  metric: VoiceMetric<V>,
  stop: Stop,
): Promise<VoicePrint[]> {
  const pairs = new Pairs(metric, stop.apartMax);
  for (const print of prints) await pairs.add(metric.voiceOf(print));
  while (pairs.count > stop.voicesMin) {
    const nearest = pairs.nearest();
    if (nearest === null) break;
    const [a, b] = nearest;
    await pairs.replace(a, b, metric.voiceOf(together(pairs.voice(a).print, pairs.voice(b).print)));
  }
  return pairs.voices().map(({ print }) => print);
}

/** Voices and what it costs to join each with each that came before it. */
class Pairs<V extends Voice> {
  readonly #metric: VoiceMetric<V>;
  readonly #apartMax: number;
  readonly #voices: (V | null)[] = [];
  readonly #costs: Float64Array[] = [];
  #compared = 0;
  count = 0;

  constructor(metric: VoiceMetric<V>, apartMax: number) {
    this.#metric = metric;
    this.#apartMax = apartMax;
  }

  voice(index: number): V {
    const voice = this.#voices[index];
    if (voice === undefined || voice === null) throw new Error(`There is no voice ${index}.`);
    return voice;
  }

  voices(): V[] {
    return this.#voices.filter((voice) => voice !== null);
  }

  async add(voice: V): Promise<void> {
    const costs = new Float64Array(this.#voices.length);
    for (let i = 0; i < costs.length; i += 1) costs[i] = await this.#cost(this.#voices[i] ?? null, voice);
    this.#voices.push(voice);
    this.#costs.push(costs);
    this.count += 1;
  }

  /** The two that lose least by being joined; null where all are too far apart. */
  nearest(): [number, number] | null {
    let best: [number, number] | null = null;
    let least = Infinity;
    this.#costs.forEach((costs, b) => {
      for (let a = 0; a < costs.length; a += 1) {
        const cost = costs[a] ?? Infinity;
        if (cost < least) {
          least = cost;
          best = [a, b];
        }
      }
    });
    return best;
  }

  /** Puts what both are together in the place of the first. */
  async replace(first: number, second: number, joined: V): Promise<void> {
    this.#voices[first] = joined;
    this.#voices[second] = null;
    this.#costs[second] = new Float64Array(0);
    this.count -= 1;
    for (const [i, costs] of this.#costs.entries()) {
      if (i > second && this.#voices[i] !== null) costs[second] = Infinity;
      if (i === first || this.#voices[i] === null) continue;
      const cost = await this.#cost(this.#voices[i] ?? null, joined);
      if (i > first) costs[first] = cost;
      else if (this.#costs[first] !== undefined) this.#costs[first][i] = cost;
    }
  }

  async #cost(a: V | null, b: V): Promise<number> {
    if (a === null) return Infinity;
    this.#compared += 1;
    if (this.#compared % COMPARISONS_AT_ONCE === 0) await breathe();
    const { cost, apart } = this.#metric.compare(a, b);
    return apart <= this.#apartMax ? cost : Infinity;
  }
}

/** Voices compared with each other at once: what ten minutes of speech hold. */
const BLOCK_VOICES = 240;

/** Most that wait to be compared across blocks. 10 h of talk leave some 600 without it. */
const POOL_VOICES_MAX = 360;

/**
 * The voices among any number of prints, in bounded memory and in time by their number: blocks are joined by themselves,
 * then what is left of them.
 */
export async function cluster<V extends Voice>(
  prints: readonly VoicePrint[],
  metric: VoiceMetric<V>,
  stop: Stop,
): Promise<VoicePrint[]> {
  let pool: VoicePrint[] = [];
  for (let start = 0; start < prints.length; start += BLOCK_VOICES) {
    pool.push(...(await join(prints.slice(start, start + BLOCK_VOICES), metric, stop)));
    if (pool.length > POOL_VOICES_MAX) pool = await shrink(pool, metric, stop);
  }
  return join(pool, metric, stop);
}

async function shrink<V extends Voice>(
  pool: readonly VoicePrint[],
  metric: VoiceMetric<V>,
  stop: Stop,
): Promise<VoicePrint[]> {
  const joined = await join(pool, metric, stop);
  const half = POOL_VOICES_MAX / 2;
  return joined.length > half ? join(joined, metric, { apartMax: Infinity, voicesMin: half }) : joined;
}

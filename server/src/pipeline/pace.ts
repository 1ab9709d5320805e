/** How much time a run still needs, at the pace of what it hears itself. */

/**
 * After so many clips of each worker, what was heard before counts half: enough to even clips out, and few enough to follow others
 * who come to share the workers or leave them.
 */
const HALVED_AFTER_CLIPS = 4;

/** Of clips or of steps; the older, the less they count. */
interface Sums {
  count: number;
  seconds: number;
  ms: number;
}

const NONE: Sums = { count: 0, seconds: 0, ms: 0 };

/** A clip that the engine was given. */
interface Given {
  seconds: number;
  /** When a worker was free for it; null while it waits for one. */
  startedMs: number | null;
}

/**
 * The pace of one run. What was before the first clip that the engine was given, such as decoding or what an earlier run has stored,
 * says nothing of the rest and does not count.
 */
export class Pace {
  readonly #workers: number;
  readonly #nowMs: () => number;
  /** What the engine has, in the order in which it was given. */
  readonly #given: Given[] = [];
  /** The time of each clip by itself. */
  #clips = NONE;
  /** The time from step to step, in which several clips may be heard. */
  #steps = NONE;
  /** The latest step; at first when the engine was given its first clip. */
  #stepped: { atMs: number; underWaySeconds: number } | null = null;

  /** @param nowMs the clock; the process's where not given */
  constructor(workers: number, nowMs: () => number = () => performance.now()) {
    this.#workers = workers;
    this.#nowMs = nowMs;
  }

  /** Watches the engine recognise a clip. @param seconds the clip's length */
  async watch<T>(seconds: number, recognise: () => Promise<T>): Promise<T> {
    const clip: Given = { seconds, startedMs: null };
    this.#stepped ??= { atMs: this.#nowMs(), underWaySeconds: 0 };
    this.#given.push(clip);
    this.#start();
    const heard = await recognise();
    this.#given.splice(this.#given.indexOf(clip), 1);
    if (clip.startedMs !== null)
      this.#clips = this.#with(this.#clips, seconds, this.#nowMs() - clip.startedMs);
    this.#start();
    return heard;
  }

  /** So much more speech is done. */
  step(speechSeconds: number): void {
    if (this.#stepped === null || this.#clips.count === 0) return;
    const { atMs, underWaySeconds } = this.#stepped;
    this.#stepped = { atMs: this.#nowMs(), underWaySeconds: this.#underWaySeconds };
    const heardSeconds = speechSeconds + this.#stepped.underWaySeconds - underWaySeconds;
    this.#steps = this.#with(this.#steps, heardSeconds, this.#stepped.atMs - atMs);
  }

  /**
   * Seconds from now on until so much speech is done; null before the first step.
   *
   * @param withEnding whether other clips are to come before the last
   */
  secondsFor(speechSeconds: number, withEnding: boolean): number | null {
    const { seconds, ms } = this.#steps;
    if (seconds <= 0) return null;
    const rest = Math.max(0, speechSeconds - this.#underWaySeconds);
    return ((rest * ms) / seconds + (withEnding ? this.#endingMs : 0)) / 1000;
  }

  /**
   * While the last clip is awaited, all workers but one have nothing to do for half of its time, on the mean; and about as long
   * again while a few samples are compared, each by one worker.
   */
  get #endingMs(): number {
    return ((this.#clips.ms / this.#clips.count) * (this.#workers - 1)) / this.#workers;
  }

  /** The clips that have waited longest are those that workers have. */
  #start(): void {
    for (const clip of this.#given.slice(0, this.#workers)) clip.startedMs ??= this.#nowMs();
  }

  /** What is heard already of the clips that workers have, as far as they take as long as others did. */
  get #underWaySeconds(): number {
    const secondsPerMs = this.#clips.ms > 0 ? this.#clips.seconds / this.#clips.ms : 0;
    return this.#given.reduce(
      (sum, { seconds, startedMs }) =>
        sum + (startedMs === null ? 0 : Math.min(seconds, (this.#nowMs() - startedMs) * secondsPerMs)),
      0,
    );
  }

  #with({ count, seconds, ms }: Sums, moreSeconds: number, moreMs: number): Sums {
    const kept = 0.5 ** (1 / (HALVED_AFTER_CLIPS * this.#workers));
    return { count: count * kept + 1, seconds: seconds * kept + moreSeconds, ms: ms * kept + moreMs };
  }
}

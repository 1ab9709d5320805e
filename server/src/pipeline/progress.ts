/**
 * Real progress: seconds of speech recognised over seconds of speech found, which is estimated while it is being found; with what is
 * heard once more to be compared. And how long the rest will take.
 */
import type { Pace } from "./pace.ts";

export interface Progress {
  stage: "decoding" | "listening" | "recognising" | "finishing";
  /** 0 to 1; never falls. */
  fraction: number;
  /** From now on; null before the first clip is recognised, and while finishing. */
  secondsLeft: number | null;
  speechFoundSeconds: number;
  speechRecognisedSeconds: number;
}

/** Below this share of the recording, what was found says little about the rest. */
const HEARD_SHARE_MIN = 0.01;

/** Counts speech found and recognised, and reports after every step. */
export class ProgressMeter {
  readonly #report: (progress: Progress) => void;
  readonly #pace: Pace;
  #stage: Progress["stage"] = "decoding";
  #fraction = 0;
  #found = 0;
  #recognised = 0;
  #heardAgain = 0;
  #expectedAgain: (speechSeconds: number) => number = () => 0;
  /** Share of the recording that was searched for speech. */
  #heardShare = 0;
  /** All that is to be heard once more is known, and nothing else is left. */
  #isEnding = false;

  constructor(report: (progress: Progress) => void, pace: Pace) {
    this.#report = report;
    this.#pace = pace;
  }

  /** Has a clip recognised, which is what the time left is measured by. */
  recognise<T>(seconds: number, work: () => Promise<T>): Promise<T> {
    return this.#pace.watch(seconds, work);
  }

  enter(stage: Progress["stage"]): void {
    this.#stage = stage;
    // Nothing is left to be heard, though there was less to compare than expected.
    if (stage === "finishing" && this.#found > 0) this.#fraction = 1;
    this.#tell();
  }

  /** @param heardShare 0 to 1 */
  found(speechSeconds: number, heardShare: number): void {
    this.#found += speechSeconds;
    this.#heardShare = heardShare;
    this.#tell();
  }

  /** @param seconds about how much of so much speech will be heard once more, as long as nobody knows */
  expectAgain(seconds: (speechSeconds: number) => number): void {
    this.#expectedAgain = seconds;
  }

  /** It is known what will be heard once more, of a voice and, as is to be expected, of each that follows. */
  chosenAgain(speechSeconds: number, voices: number): void {
    const expected = this.#heardAgain + speechSeconds * voices;
    this.#expectedAgain = () => expected;
    this.#isEnding = voices === 1;
    this.#tell();
  }

  heardAgain(speechSeconds: number): void {
    this.#heardAgain += speechSeconds;
    this.#pace.step(speechSeconds);
    this.#tell();
  }

  recognised(speechSeconds: number): void {
    this.#recognised += speechSeconds;
    this.#pace.step(speechSeconds);
    this.#stage = "recognising";
    this.#tell();
  }

  #tell(): void {
    const speech = this.#found / Math.max(this.#heardShare, HEARD_SHARE_MIN);
    const expected = speech + this.#expectedAgain(speech);
    const done = this.#recognised + this.#heardAgain;
    const fraction = speech > 0 ? Math.min(1, done / expected) : 0;
    this.#fraction = Math.max(this.#fraction, fraction);
    this.#report({
      stage: this.#stage,
      fraction: this.#fraction,
      secondsLeft: this.#fraction === 1 ? null : this.#pace.secondsFor(expected - done, !this.#isEnding),
      speechFoundSeconds: this.#found,
      speechRecognisedSeconds: this.#recognised,
    });
  }
}

/**
 * Real progress: seconds of speech recognised over seconds of speech found, which is estimated while it is being found; with what is
 * heard once more to be compared.
 */

export interface Progress {
  stage: "decoding" | "listening" | "recognising" | "finishing";
  /** 0 to 1; never falls. */
  fraction: number;
  speechFoundSeconds: number;
  speechRecognisedSeconds: number;
}

/** Below this share of the recording, what was found says little about the rest. */
const HEARD_SHARE_MIN = 0.01;

/** Counts speech found and recognised, and reports after every step. */
export class ProgressMeter {
  readonly #report: (progress: Progress) => void;
  #stage: Progress["stage"] = "decoding";
  #fraction = 0;
  #found = 0;
  #recognised = 0;
  #heardAgain = 0;
  #expectedAgain: (speechSeconds: number) => number = () => 0;
  /** Share of the recording that was searched for speech. */
  #heardShare = 0;

  constructor(report: (progress: Progress) => void) {
    this.#report = report;
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
    this.#tell();
  }

  heardAgain(speechSeconds: number): void {
    this.#heardAgain += speechSeconds;
    this.#tell();
  }

  recognised(speechSeconds: number): void {
    this.#recognised += speechSeconds;
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
      speechFoundSeconds: this.#found,
      speechRecognisedSeconds: this.#recognised,
    });
  }
}

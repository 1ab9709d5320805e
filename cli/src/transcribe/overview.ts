import type { Progress } from "@uspeech/server/pipeline/progress.ts";
import { duration, Pace, ProgressBar } from "../progress.ts";
import type { Terminal } from "../terminal.ts";

/** How far several recordings are, as one bar on standard error. */
export class Overview {
  readonly #terminal: Terminal;
  readonly #bar: ProgressBar;
  readonly #pace = new Pace();
  readonly #names: readonly string[];
  readonly #fractions: number[];
  readonly #ended = new Set<number>();

  constructor(terminal: Terminal, names: readonly string[]) {
    this.#terminal = terminal;
    this.#bar = new ProgressBar(terminal);
    this.#names = names;
    this.#fractions = names.map(() => 0);
  }

  show(index: number, { fraction, stage, secondsLeft, speechRecognisedSeconds }: Progress): void {
    this.#fractions[index] = fraction;
    if (this.#names.length > 1) return this.#draw();
    const heard = speechRecognisedSeconds > 0 ? `${duration(speechRecognisedSeconds)} of speech` : "";
    this.#draw(stage, heard, secondsLeft === null ? "" : `${duration(secondsLeft)} left`);
  }

  /** A recording has come to its end, whatever that was. */
  finished(index: number): void {
    this.#fractions[index] = 1;
    this.#ended.add(index);
    if (this.#names.length > 1) this.#draw();
  }

  /** Says something in between. */
  note(sentence: string): void {
    this.#bar.clear();
    this.#terminal.say(sentence);
  }

  clear(): void {
    this.#bar.clear();
  }

  #draw(stage = "", heard = "", left?: string): void {
    const count = this.#names.length;
    const fraction = this.#fractions.reduce((sum, one) => sum + one, 0) / count;
    const label = count > 1 ? `${count} recordings` : (this.#names[0] ?? "");
    const done = count > 1 ? `${this.#ended.size} done` : "";
    const note = [stage, done, heard, left ?? this.#pace.left(fraction, 1)].filter(Boolean).join("  ");
    this.#bar.show({ label, fraction, note });
  }
}

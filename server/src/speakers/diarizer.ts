/**
 * Tells the people in a recording apart, in a process of its own: it may crash, hang or grow, and costs nothing but the labels. It
 * listens while the speech is still being found and recognised.
 */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LIMITS } from "../config/limits.ts";
import { SAMPLE_RATE_HZ, type Clip, type SpeechSpan } from "../speech/recogniser.ts";

/** A stretch of speech and whose it is. */
export interface SpokenStretch extends SpeechSpan {
  /** Counted from 0 in the order of appearance. */
  speaker: number;
}

/** Who speaks when. */
export interface Told {
  /** People that were told apart; 1 where it is not certain that there are more. */
  speakers: number;
  /** All of the speech, in order. */
  stretches: SpokenStretch[];
  /** 0 to 1, how surely the two that are most alike are two people; null where there is one speaker. */
  certainty: number | null;
}

export interface Asked {
  /** The whole of a signal in which all are. */
  clip: Clip;
  /** How many speak at most, where somebody said so. */
  expected: number | null;
}

/** A network that gives a voice as a direction. */
export interface VoiceModel {
  path: string;
}

export interface Diarizer {
  /** Begins with a signal. Nothing is thrown here: what fails is told at the end. */
  listen(asked: Asked, signal: AbortSignal): VoiceListener;
}

/** Hears who speaks in one signal. Disposing of it ends what it does. */
export interface VoiceListener extends Disposable {
  /** More speech of the signal, in order. */
  add(spans: readonly SpeechSpan[]): void;
  /**
   * Who says what was added, once all of it was. The same for the same speech: a run that was interrupted gives the labels of one
   * that was not.
   *
   * @throws SpeakersError when the process ends or hangs; the signal's reason
   */
  tellApart(): Promise<Told>;
}

/** Speakers could not be told apart, for reasons that are not the recording's. */
export class SpeakersError extends Error {
  override name = "SpeakersError";
}

export interface DiarizerOptions {
  /** The model that is installed at the moment; null for the built-in method. */
  voiceModel: () => Promise<VoiceModel | null>;
  /** Other limits than the program's, for tests of them. */
  limits?: Partial<Limits>;
}

type Limits = { readonly [name in keyof typeof LIMITS.speakers]: number };

export function createDiarizer({ voiceModel, limits }: DiarizerOptions): Diarizer {
  const all = { ...LIMITS.speakers, ...limits };
  return { listen: (asked, signal) => new ProcessListener(asked, signal, voiceModel, all) };
}

class ProcessListener implements VoiceListener {
  readonly #asked: Asked;
  readonly #signal: AbortSignal;
  readonly #disposed = new AbortController();
  readonly #voiceModel: DiarizerOptions["voiceModel"];
  readonly #limits: Limits;
  /** What the process was not given yet. */
  readonly #waiting: SpeechSpan[] = [];
  #speechSeconds = 0;
  /** Null until there is enough speech for two voices. */
  #process: Promise<DiarizerProcess> | null = null;

  constructor(asked: Asked, signal: AbortSignal, voiceModel: DiarizerOptions["voiceModel"], limits: Limits) {
    this.#asked = asked;
    this.#signal = signal;
    this.#voiceModel = voiceModel;
    this.#limits = limits;
  }

  add(spans: readonly SpeechSpan[]): void {
    this.#waiting.push(...spans);
    this.#speechSeconds += speechSecondsIn(spans);
    if (this.#asked.expected === 1 || this.#speechSeconds < this.#limits.speechSecondsMin) return;
    this.#process ??= this.#start();
    const handOver = (process: DiarizerProcess) =>
      process.send({ kind: "speech", spans: this.#waiting.splice(0) });
    // Why it could not be started is told at the end.
    void this.#process.then(handOver, () => undefined);
  }

  async tellApart(): Promise<Told> {
    this.#signal.throwIfAborted();
    if (this.#process === null) return alone(this.#waiting);
    const { startMs, callMsPerAudioSecond } = this.#limits;
    const process = await this.#process;
    const report = await process.ask(startMs + callMsPerAudioSecond * this.#speechSeconds);
    this.#signal.throwIfAborted();
    if (report.kind === "failed") throw new SpeakersError(report.message);
    return report.told;
  }

  [Symbol.dispose](): void {
    this.#disposed.abort();
  }

  async #start(): Promise<DiarizerProcess> {
    const model = await this.#voiceModel();
    const end = AbortSignal.any([this.#signal, this.#disposed.signal]);
    end.throwIfAborted();
    const { clip, expected } = this.#asked;
    return new DiarizerProcess({ kind: "begin", clip, expected, model }, end);
  }
}

function alone(spans: readonly SpeechSpan[]): Told {
  const stretches = spans.map(({ startSample, endSample }) => ({ startSample, endSample, speaker: 0 }));
  return { speakers: 1, stretches, certainty: null };
}

function speechSecondsIn(spans: readonly SpeechSpan[]): number {
  return spans.reduce((sum, span) => sum + span.endSample - span.startSample, 0) / SAMPLE_RATE_HZ;
}

const PROGRAM = fileURLToPath(new URL("./diarizer-process.ts", import.meta.url));

/** What the process is told first. */
export interface Begin extends Asked {
  kind: "begin";
  model: VoiceModel | null;
}

/** What the process is told: to begin, any number of times more speech, and that this was all. */
export type Order = Begin | { kind: "speech"; spans: readonly SpeechSpan[] } | { kind: "tell" };

/** What it answers, once. */
export type Report = { kind: "told"; told: Told } | { kind: "failed"; message: string };

class DiarizerProcess {
  readonly #child: ChildProcess;
  readonly #report: Promise<Report>;

  /** @param end ends the process, whatever it does */
  constructor(begin: Begin, end: AbortSignal) {
    this.#child = fork(PROGRAM, [], {
      serialization: "advanced",
      // Native code that reads hostile audio has no business with the server's secrets. glibc returns blocks of this size to the
      // system when they are freed, and would keep those of whole stretches of sound otherwise.
      env: { MALLOC_MMAP_THRESHOLD_: "131072" },
      execArgv: ["--expose-gc", "--max-semi-space-size=2"],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const kill = (): void => this.#kill();
    end.addEventListener("abort", kill, { once: true });
    this.#report = reportOf(this.#child).finally(() => {
      end.removeEventListener("abort", kill);
      kill();
    });
    this.send(begin);
  }

  send(order: Order): void {
    // A process that is gone has told so by its end.
    this.#child.send(order, () => undefined);
  }

  /** That this was all. @param timeLimitMs until it is ended instead */
  async ask(timeLimitMs: number): Promise<Report> {
    const timer = setTimeout(() => this.#kill(), timeLimitMs);
    this.send({ kind: "tell" });
    return this.#report.finally(() => clearTimeout(timer));
  }

  #kill(): void {
    this.#child.kill("SIGKILL");
  }
}

function reportOf(child: ChildProcess): Promise<Report> {
  return new Promise((resolve) => {
    const failed = (message: string): void => resolve({ kind: "failed", message });
    child.once("message", (report: Report) => resolve(report));
    child.once("error", (error) => failed(error.message));
    child.once("exit", (code, by) => failed(`The process that tells speakers apart ended: ${by ?? code}.`));
  });
}

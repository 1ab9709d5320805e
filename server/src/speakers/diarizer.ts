/** Tells the people in a recording apart, in a process of its own: it may crash, hang or grow, and costs nothing but the labels. */
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
  /** The speech in it, in order. */
  spans: readonly SpeechSpan[];
  /** How many speak at most, where somebody said so. */
  expected: number | null;
}

/** A network that gives a voice as a direction. */
export interface VoiceModel {
  path: string;
}

export interface Diarizer {
  /**
   * The same for the same speech: a run that was interrupted gives the labels of one that was not.
   *
   * @throws SpeakersError when the process ends or hangs; the signal's reason
   */
  tellApart(asked: Asked, signal: AbortSignal): Promise<Told>;
}

/** Speakers could not be told apart, for reasons that are not the recording's. */
export class SpeakersError extends Error {
  override name = "SpeakersError";
}

export interface DiarizerOptions {
  /** The model that is installed at the moment; null for the built-in method. */
  voiceModel: () => Promise<VoiceModel | null>;
  /** Other limits than the program's, for tests of them. */
  limits?: Partial<{ readonly [name in keyof typeof LIMITS.speakers]: number }>;
}

const PROGRAM = fileURLToPath(new URL("./diarizer-process.ts", import.meta.url));

/** What the process is told; its only message. */
export interface Order extends Asked {
  model: VoiceModel | null;
}

/** What it answers. */
export type Report = { kind: "told"; told: Told } | { kind: "failed"; message: string };

export function createDiarizer(options: DiarizerOptions): Diarizer {
  const limits = { ...LIMITS.speakers, ...options.limits };
  return {
    async tellApart(asked, signal) {
      signal.throwIfAborted();
      const seconds = speechSecondsIn(asked.spans);
      // Too little for two voices: no process is started to find that out.
      if (seconds < limits.speechSecondsMin || asked.expected === 1) return alone(asked.spans);
      const order: Order = { ...asked, model: await options.voiceModel() };
      const timeLimitMs = limits.startMs + limits.callMsPerAudioSecond * seconds;
      return ask(order, timeLimitMs, signal);
    },
  };
}

function alone(spans: readonly SpeechSpan[]): Told {
  const stretches = spans.map(({ startSample, endSample }) => ({ startSample, endSample, speaker: 0 }));
  return { speakers: 1, stretches, certainty: null };
}

function speechSecondsIn(spans: readonly SpeechSpan[]): number {
  return spans.reduce((sum, span) => sum + span.endSample - span.startSample, 0) / SAMPLE_RATE_HZ;
}

async function ask(order: Order, timeLimitMs: number, signal: AbortSignal): Promise<Told> {
  const child = fork(PROGRAM, [], {
    serialization: "advanced",
    // Native code that reads hostile audio has no business with the server's secrets.
    env: {},
    execArgv: [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const end = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(timeLimitMs))]);
  const kill = (): void => void child.kill("SIGKILL");
  end.addEventListener("abort", kill, { once: true });
  try {
    const report = await answerOf(child, order);
    signal.throwIfAborted();
    if (report.kind === "failed") throw new SpeakersError(report.message);
    return report.told;
  } finally {
    end.removeEventListener("abort", kill);
    kill();
  }
}

function answerOf(child: ChildProcess, order: Order): Promise<Report> {
  return new Promise((resolve) => {
    const failed = (message: string): void => resolve({ kind: "failed", message });
    child.once("message", (report: Report) => resolve(report));
    child.once("error", (error) => failed(error.message));
    child.once("exit", (code, by) => failed(`The process that tells speakers apart ended: ${by ?? code}.`));
    child.send(order, (error) => {
      if (error !== null) failed(error.message);
    });
  });
}

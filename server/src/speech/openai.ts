/**
 * The recogniser that runs elsewhere: any server with `/v1/audio/transcriptions`, such as vLLM, speaches, whisper.cpp's or
 * a hosted one. Speech is found on this machine, so that only speech is sent.
 */
import { setTimeout as pause } from "node:timers/promises";
import { LIMITS } from "../config/limits.ts";
import { readClip } from "../media/samples.ts";
import type { Logger } from "../observe/log.ts";
import { padded } from "../signal/padded.ts";
import { FairSlots } from "./fair-slots.ts";
import { readAnswer } from "./openai-answer.ts";
import { RecognitionServerError } from "./openai-errors.ts";
import { ask, FORMS, type Form, type OpenAiServer } from "./openai-request.ts";
import {
  SAMPLE_RATE_HZ,
  SpeechEngineError,
  type AlignedWord,
  type Clip,
  type Detection,
  type RecogniseOptions,
  type Recogniser,
  type Recognition,
  type Share,
  type SpeechEngine,
} from "./recogniser.ts";
import { wavOf } from "./wav.ts";
import { startDetectors, type SpeechDetectors } from "./worker-pool.ts";

export interface OpenAiEngineOptions {
  server: OpenAiServer;
  /** ISO 639-1 codes that the server's model speaks. */
  languages: readonly string[];
  /** Most requests under way at once. */
  calls: number;
  modelsDir: string;
  /** Processes that find speech. */
  workers: number;
  log: Logger;
  /** Other limits than the program's, for tests of them. */
  limits?: Partial<ServerLimits>;
}

/** Pauses and time limits of calls. */
export interface ServerLimits {
  retryPausesMs: readonly number[];
  plainerMs: number;
  callMs: number;
  callMsPerAudioSecond: number;
}

/** Whisper hears 30 s at once, and most servers run Whisper. */
const CLIP_SECONDS_MAX = 30;

/**
 * Starts the detectors and gives an engine that has recognition done by a server. The server need not be up yet.
 *
 * @throws SpeechEngineError when the detector is not installed or cannot be loaded; the sentence says what to do
 */
export async function startOpenAiEngine(options: OpenAiEngineOptions): Promise<SpeechEngine> {
  return new OpenAiEngine(options, await startDetectors(options));
}

class OpenAiEngine implements SpeechEngine {
  readonly model: string;
  readonly languages: readonly string[];
  readonly workers: number;
  readonly clipSecondsMax = CLIP_SECONDS_MAX;
  readonly #recogniser: OpenAiRecogniser;
  readonly #detectors: SpeechDetectors;
  readonly #slots: FairSlots;
  readonly #closing = new AbortController();

  constructor(options: OpenAiEngineOptions, detectors: SpeechDetectors) {
    this.model = options.server.model;
    this.languages = options.languages;
    this.workers = options.calls;
    this.#recogniser = new OpenAiRecogniser(options.server, options.log, options.limits);
    this.#detectors = detectors;
    this.#slots = new FairSlots(options.calls);
  }

  detect(clip: Clip, share: Share): Promise<Detection> {
    return this.#detectors.detect(clip, share);
  }

  async recognise(clip: Clip, options: RecogniseOptions, share: Share): Promise<Recognition> {
    const signal = AbortSignal.any([share.signal, this.#closing.signal]);
    return this.#slots.run({ key: share.key, signal }, async () =>
      this.#recogniser.recognise(await readClip(clip), { ...options, signal }),
    );
  }

  /** On this machine: servers that give no times of words give nothing to find them by either. */
  align(clip: Clip, words: readonly string[], share: Share): Promise<AlignedWord[] | null> {
    return this.#detectors.align(clip, words, share);
  }

  /** Breaks off what is under way: another process takes it up from its last stored segment. */
  async close(): Promise<void> {
    this.#closing.abort(new SpeechEngineError("The speech engine is closing."));
    await this.#detectors.close();
  }
}

export interface ServerRecogniseOptions extends RecogniseOptions {
  signal?: AbortSignal;
}

export class OpenAiRecogniser implements Recogniser {
  readonly #server: OpenAiServer;
  readonly #log: Logger;
  readonly #limits: ServerLimits;
  /** What the server was last found to take, and until when that is believed. */
  #plainer: { form: Form; untilMs: number } | null = null;

  constructor(server: OpenAiServer, log: Logger, limits: Partial<ServerLimits> = {}) {
    this.#server = server;
    this.#log = log;
    this.#limits = { ...LIMITS.openai, ...LIMITS.speech, ...limits };
  }

  /**
   * Has samples recognised. Tries again, with growing pauses, where that may help, and asks for less where the server does
   * not take the full request.
   *
   * @throws RecognitionServerError when the server did not recognise them; the signal's reason
   */
  async recognise(samples: Float32Array, options: ServerRecogniseOptions): Promise<Recognition> {
    const { language, signal = new AbortController().signal } = options;
    const wav = wavOf(padded(samples, LIMITS.speech.clipSecondsMin * SAMPLE_RATE_HZ));
    const seconds = samples.length / SAMPLE_RATE_HZ;
    const timeLimitMs = Math.ceil(this.#limits.callMs + this.#limits.callMsPerAudioSecond * seconds);
    const attempt = new Attempt(this.#form(), this.#limits.retryPausesMs);
    for (;;) {
      try {
        const { form } = attempt;
        const answer = await ask(this.#server, { wav, language, form }, { timeLimitMs, signal });
        const recognition = readAnswer(answer);
        this.#noteTaken(attempt);
        return recognition;
      } catch (error) {
        if (!(error instanceof RecognitionServerError)) throw error;
        const pauseMs = attempt.next(error);
        this.#log.debug({ fault: error.fault, pauseMs, form: attempt.form }, "a clip is sent again");
        await wait(pauseMs, signal);
      }
    }
  }

  #form(): Form {
    if (this.#plainer !== null && this.#plainer.untilMs <= performance.now()) this.#plainer = null;
    return this.#plainer?.form ?? FORMS[0];
  }

  /** The same clip went through with less: so it was the request, and the next clips are spared the detour for a while. */
  #noteTaken({ form, refusal }: Attempt): void {
    if (refusal === null || form === this.#plainer?.form) return;
    this.#plainer = { form, untilMs: performance.now() + this.#limits.plainerMs };
    this.#log.warn(
      { form, refusal: refusal.message },
      "the recognition server does not take the full request and is asked for less: times of words will be estimated",
    );
  }
}

/** @throws the signal's reason, where a timer of Node's would throw an error of its own */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, null, { signal }).catch(() => signal.throwIfAborted());
}

/** Where the tries for one clip stand. */
class Attempt {
  form: Form;
  /** Why less was asked for; null while nothing was left out. */
  refusal: RecognitionServerError | null = null;
  readonly #pausesMs: readonly number[];
  #failures = 0;
  /** Internal errors of the server to the present form. */
  #internal = 0;

  constructor(form: Form, pausesMs: readonly number[]) {
    this.form = form;
    this.#pausesMs = pausesMs;
  }

  /**
   * Decides how to go on after a failure.
   *
   * @returns how long to wait before the next try, in milliseconds
   * @throws the failure where another try would not help, or enough were made
   */
  next(failure: RecognitionServerError): number {
    if (failure.fault === "refused") throw failure;
    if (failure.fault === "form") return this.#askLess(failure);
    const pauseMs = this.#pausesMs[this.#failures];
    if (pauseMs === undefined) throw failure;
    this.#failures += 1;
    // Some servers answer with an internal error to what they do not know.
    this.#internal += failure.fault === "failing" ? 1 : 0;
    if (this.#internal > INTERNAL_ERRORS_MAX && this.#plainer() !== undefined) this.#askLess(failure);
    return Math.max(failure.retryAfterMs ?? 0, pauseMs * (1 + Math.random() * SPREAD));
  }

  #askLess(failure: RecognitionServerError): number {
    const plainer = this.#plainer();
    if (plainer === undefined) throw this.refusal ?? failure;
    this.refusal ??= failure;
    this.form = plainer;
    this.#internal = 0;
    return 0;
  }

  #plainer(): Form | undefined {
    return FORMS[FORMS.indexOf(this.form) + 1];
  }
}

/** One may be bad luck; the next form is tried after one more. */
const INTERNAL_ERRORS_MAX = 1;

const SPREAD = 0.25;

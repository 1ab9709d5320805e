/**
 * Finds speech in a spool, slice by slice, with Silero's detector.
 *
 * The detector is made once and reset for each slice, so that a slice depends on nothing but its own samples: whichever
 * worker takes it, and however often, the same start gives the same spans and the same next start.
 */
import sherpa, { type Vad } from "sherpa-onnx-node";
import { readClip } from "../media/samples.ts";
import { SAMPLE_RATE_HZ, type Clip, type Detection, type SpeechSpan } from "./recogniser.ts";
import { VAD_SETTINGS, type VadSettings } from "./vad-settings.ts";

/** Samples that Silero v5 and v6 look at in one step, at 16 kHz. */
const WINDOW = 512;

/** Windows read from the spool at a time: 4 s, 260 kB. */
const BLOCK = WINDOW * 125;

/** Loads the detector, once in a process. */
export function loadDetector(path: string, settings: VadSettings = VAD_SETTINGS): Detector {
  const config = {
    sileroVad: {
      model: path,
      threshold: settings.threshold,
      minSilenceDuration: settings.silenceSecondsMin,
      minSpeechDuration: settings.speechSecondsMin,
      maxSpeechDuration: settings.stretchSecondsSoftMax,
      windowSize: WINDOW,
    },
    sampleRate: SAMPLE_RATE_HZ,
    numThreads: 1,
    provider: "cpu",
    debug: 0,
  } as const;
  // The buffer holds the open stretch and what came shortly before. It would double when full; the cut keeps it from that.
  return new Detector(new sherpa.Vad(config, settings.stretchSecondsMax + 4), settings);
}

export class Detector {
  readonly #vad: Vad;
  readonly #settings: VadSettings;

  constructor(vad: Vad, settings: VadSettings) {
    this.#vad = vad;
    this.#settings = settings;
  }

  /**
   * Speech from the clip's start for at least a slice's length, on to the next pause, or to the quietest place of a
   * stretch that has none.
   *
   * @throws Error when the spool cannot be read
   */
  async detect(clip: Clip): Promise<Detection> {
    const slice = new Slice(this.#vad, clip, this.#settings);
    for (let start = clip.startSample; start < clip.endSample; start += BLOCK) {
      const endSample = Math.min(start + BLOCK, clip.endSample);
      const block = await readClip({ ...clip, startSample: start, endSample });
      for (let at = 0; at < block.length; at += WINDOW) {
        const nextSample = slice.hear(windowAt(block, at));
        if (nextSample !== null) return { spans: slice.spans(), nextSample };
      }
    }
    slice.finish();
    return { spans: slice.spans(), nextSample: clip.endSample };
  }
}

function windowAt(block: Float32Array, at: number): Float32Array {
  if (at + WINDOW <= block.length) return block.subarray(at, at + WINDOW);
  const last = new Float32Array(WINDOW);
  last.set(block.subarray(at));
  return last;
}

/** One pass of the detector over a slice. Positions inside are counted from the slice's start. */
class Slice {
  readonly #vad: Vad;
  readonly #clip: Clip;
  readonly #settings: VadSettings;
  readonly #found: SpeechSpan[] = [];
  /** Mean square of each window so far: 90 s make 2,800 numbers. */
  readonly #energies: number[] = [];
  /** Where the open stretch began; null in silence. */
  #openSince: number | null = null;

  constructor(vad: Vad, clip: Clip, settings: VadSettings) {
    vad.reset();
    this.#vad = vad;
    this.#clip = clip;
    this.#settings = settings;
  }

  get #position(): number {
    return this.#energies.length * WINDOW;
  }

  /** Takes one window. Gives the spool's sample at which the next slice begins once this one has ended, else null. */
  hear(window: Float32Array): number | null {
    this.#energies.push(meanSquare(window));
    this.#vad.acceptWaveform(window);
    this.#collect();
    if (!this.#vad.isDetected()) {
      this.#openSince = null;
      return this.#position >= samplesIn(this.#settings.sliceSeconds) ? this.#rest() : null;
    }
    this.#openSince ??= this.#position;
    return this.#position - this.#openSince >= samplesIn(this.#settings.stretchSecondsMax)
      ? this.#cut()
      : null;
  }

  /** The recording is over: silence after it lets the detector end its last stretch by itself. */
  finish(): void {
    const silence = new Float32Array(WINDOW);
    const windows = Math.ceil(samplesIn(this.#settings.silenceSecondsMin) / WINDOW) + 2;
    for (let i = 0; i < windows; i++) this.#vad.acceptWaveform(silence);
    this.#vad.flush();
    this.#collect();
  }

  /** What was found, in samples from the spool's start, in order and without overlap. */
  spans(): SpeechSpan[] {
    const { startSample, endSample } = this.#clip;
    const warmUp = samplesIn(this.#settings.warmUpSeconds);
    return this.#found
      .map((span) => ({
        startSample: startSample + (span.startSample <= warmUp ? 0 : span.startSample),
        endSample: Math.min(startSample + span.endSample, endSample),
      }))
      .filter((span) => span.endSample > span.startSample);
  }

  #collect(): void {
    while (!this.#vad.isEmpty()) {
      const { start, samples } = this.#vad.front(false);
      this.#found.push({ startSample: start, endSample: start + samples.length });
      this.#vad.pop();
    }
  }

  /** Ends the slice within speech that never pauses. The next one begins at the cut, with what is left of the stretch. */
  #cut(): number {
    this.#vad.flush();
    this.#collect();
    const windows = Math.round(samplesIn(this.#settings.cutSearchSeconds) / WINDOW);
    const from = Math.max(0, this.#energies.length - windows);
    const cut = (from + quietest(this.#energies.slice(from)) + 0.5) * WINDOW;
    const last = this.#found.at(-1);
    if (last !== undefined) last.endSample = Math.min(last.endSample, cut);
    return this.#clip.startSample + cut;
  }

  /**
   * Ends the slice in silence. The detector may already hear a word's beginning without saying so; going back by what it
   * needs to be sure gives that word to the next slice whole.
   */
  #rest(): number {
    const unsure = 2 * WINDOW + 128 + samplesIn(this.#settings.speechSecondsMin);
    const lastEnd = this.#found.at(-1)?.endSample ?? 0;
    const afterSpeech = lastEnd + samplesIn(this.#settings.silenceSecondsMin) / 2;
    return (
      this.#clip.startSample +
      Math.round(Math.max(this.#position - unsure, Math.min(afterSpeech, this.#position)))
    );
  }
}

/** Index of the window in whose middle a cut does the least harm: the quietest with its neighbours, about 0.1 s. */
export function quietest(energies: readonly number[]): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  energies.forEach((energy, i) => {
    const around = energy + (energies[i - 1] ?? energy) + (energies[i + 1] ?? energy);
    if (around >= least) return;
    least = around;
    best = i;
  });
  return best;
}

function meanSquare(window: Float32Array): number {
  let sum = 0;
  for (const sample of window) sum += sample * sample;
  return sum / window.length;
}

function samplesIn(seconds: number): number {
  return Math.round(seconds * SAMPLE_RATE_HZ);
}

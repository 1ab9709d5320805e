/**
 * The recogniser that runs on this machine: sherpa-onnx, for models of the families that it knows.
 */
import sherpa, { type OfflineRecognizer, type RecognizerConfig } from "sherpa-onnx-node";
import addon from "sherpa-onnx-node/addon.js";
import { LIMITS } from "../config/limits.ts";
import { padded } from "../signal/padded.ts";
import type { FileRole } from "./models/entry.ts";
import { SAMPLE_RATE_HZ, type RecogniseOptions, type Recogniser, type Recognition } from "./recogniser.ts";
import { SHERPA_FAMILIES, type ModelPaths, type SherpaFamilyName } from "./sherpa-families.ts";
import { readResult } from "./sherpa-result.ts";

/** A model as a worker process is told of it. */
export interface SherpaModel {
  family: SherpaFamilyName;
  paths: ModelPaths;
  /**
   * Threads for one call. One, where there is a worker for each core: with Moonshine base on two busy cores, two threads took
   * 1.9 times the processor time of one for the same words, and were done later.
   */
  threads: number;
}

/**
 * Loads a model, once in a process: its native memory is freed only by exit.
 *
 * @throws Error when a file is missing or sherpa refuses it; for some damage sherpa ends the process instead
 */
export async function loadSherpa(model: SherpaModel): Promise<Recogniser> {
  const native = await sherpa.OfflineRecognizer.createAsync(configOf(model, null));
  return new SherpaRecogniser(native, model);
}

function configOf(model: SherpaModel, language: string | null): RecognizerConfig {
  const file = (role: FileRole): string => {
    const path = model.paths[role];
    if (path === undefined)
      throw new Error(`A ${model.family} model has a file for "${role}"; this one has none.`);
    return path;
  };
  return {
    // 80 mel bins are a default; models that have other features say so themselves.
    featConfig: { sampleRate: SAMPLE_RATE_HZ, featureDim: 80 },
    modelConfig: {
      ...SHERPA_FAMILIES[model.family].config(file, language),
      tokens: file("tokens"),
      numThreads: model.threads,
      provider: "cpu",
      debug: 0,
    },
  };
}

class SherpaRecogniser implements Recogniser {
  readonly #native: OfflineRecognizer;
  readonly #model: SherpaModel;
  #language: string | null = null;

  constructor(native: OfflineRecognizer, model: SherpaModel) {
    this.#native = native;
    this.#model = model;
  }

  async recognise(samples: Float32Array, options: RecogniseOptions): Promise<Recognition> {
    this.#speak(options.language);
    const stream = this.#native.createStream();
    stream.acceptWaveform({ samples: this.#padded(samples), sampleRate: SAMPLE_RATE_HZ });
    return readResult(await addon.decodeOfflineStreamAsync(this.#native.handle, stream.handle));
  }

  /** Clips that are shorter than the models accept get silence after them, too. */
  #padded(samples: Float32Array): Float32Array {
    const seconds = SHERPA_FAMILIES[this.#model.family].paddedSeconds?.(samples.length / SAMPLE_RATE_HZ) ?? 0;
    return padded(samples, Math.round(Math.max(LIMITS.speech.clipSecondsMin, seconds) * SAMPLE_RATE_HZ));
  }

  #speak(language: string | null): void {
    if (language === this.#language || !SHERPA_FAMILIES[this.#model.family].takesLanguage) return;
    this.#native.setConfig(configOf(this.#model, language));
    this.#language = language;
  }
}

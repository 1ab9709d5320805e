/**
 * How sherpa-onnx is told of a model, by the family that the model belongs to.
 */
import type { ModelConfig } from "sherpa-onnx-node";
import type { FileRole } from "./models/entry.ts";

/** Paths of a model's files by what they are for. */
export type ModelPaths = Partial<Record<FileRole, string>>;

export interface SherpaFamily {
  /** What differs from family to family in the recogniser's configuration. */
  config(file: (role: FileRole) => string, language: string | null): Omit<ModelConfig, CommonKeys>;
  /** Longest clip that the family takes at once, in seconds. */
  clipSecondsMax: number;
  /** How long a clip of so many seconds is made by silence after it; as it is where absent. */
  paddedSeconds?(clipSeconds: number): number;
  /** Whether the language can be given for each clip; the others hear it themselves. */
  takesLanguage: boolean;
}

type CommonKeys = "tokens" | "numThreads" | "provider" | "debug";

export type SherpaFamilyName =
  | "moonshine"
  | "whisper"
  | "nemo-transducer"
  | "zipformer-transducer"
  | "sense-voice"
  | "canary"
  | "paraformer";

/**
 * sherpa-onnx lets Whisper write six tokens for each second that it is given, and drops what comes after: fast speech, and most
 * languages other than English, have more. So the silence that Whisper needs to find the end is given with the clip and
 * counts, where sherpa's own would not.
 */
const WHISPER = {
  /** As long as sherpa-onnx's own padding; its features take 0.2 s of one core. */
  silenceSeconds: 10,
  /** sherpa-onnx cuts its input at 2,950 frames of 10 ms and drops the rest. */
  secondsMax: 29.4,
  /** With its silence 7.3 tokens a second; OpenAI's own program allows 224 for 30 s, 7.5 a second. */
  clipSecondsMax: 24,
} as const;

export const SHERPA_FAMILIES: Record<SherpaFamilyName, SherpaFamily> = {
  // Trained on 4 to 30 s (arXiv 2410.15608, section 3.2).
  moonshine: { config: moonshine, clipSecondsMax: 30, takesLanguage: false },
  whisper: {
    config: whisper,
    clipSecondsMax: WHISPER.clipSecondsMax,
    paddedSeconds: (seconds) => Math.min(seconds + WHISPER.silenceSeconds, WHISPER.secondsMax),
    takesLanguage: true,
  },
  // These take minutes; the bound keeps a call's memory and its share of a worker small.
  "nemo-transducer": { config: nemoTransducer, clipSecondsMax: 30, takesLanguage: false },
  "zipformer-transducer": { config: zipformerTransducer, clipSecondsMax: 30, takesLanguage: false },
  "sense-voice": { config: senseVoice, clipSecondsMax: 30, takesLanguage: false },
  canary: { config: canary, clipSecondsMax: 30, takesLanguage: true },
  paraformer: { config: paraformer, clipSecondsMax: 30, takesLanguage: false },
};

type Config = SherpaFamily["config"];

function moonshine(file: Parameters<Config>[0]): ReturnType<Config> {
  return { moonshine: { encoder: file("encoder"), mergedDecoder: file("merged-decoder") } };
}

function whisper(file: Parameters<Config>[0], language: string | null): ReturnType<Config> {
  return {
    whisper: {
      encoder: file("encoder"),
      decoder: file("decoder"),
      language: language ?? "",
      task: "transcribe",
      // Frames, one at least: else it is 1,000.
      tailPaddings: 1,
      // Times come only from exports with cross-attention; the others ignore it.
      enableTokenTimestamps: 1,
    },
  };
}

function nemoTransducer(file: Parameters<Config>[0]): ReturnType<Config> {
  return { transducer: transducer(file), modelType: "nemo_transducer" };
}

function zipformerTransducer(file: Parameters<Config>[0]): ReturnType<Config> {
  return { transducer: transducer(file), modelType: "transducer" };
}

function transducer(file: Parameters<Config>[0]): { encoder: string; decoder: string; joiner: string } {
  return { encoder: file("encoder"), decoder: file("decoder"), joiner: file("joiner") };
}

function senseVoice(file: Parameters<Config>[0]): ReturnType<Config> {
  return { senseVoice: { model: file("model"), language: "auto", useInverseTextNormalization: 1 } };
}

function canary(file: Parameters<Config>[0], language: string | null): ReturnType<Config> {
  const spoken = language ?? "en";
  return {
    canary: {
      encoder: file("encoder"),
      decoder: file("decoder"),
      srcLang: spoken,
      // Another target would translate.
      tgtLang: spoken,
      usePnc: 1,
    },
  };
}

function paraformer(file: Parameters<Config>[0]): ReturnType<Config> {
  return { paraformer: { model: file("model") } };
}

/** What is used of sherpa-onnx-node 1.13.8, which ships JavaScript without declarations. */
declare module "sherpa-onnx-node" {
  /** A native object; it is freed when JavaScript's collector finds it unused. */
  export interface Handle {
    readonly native: unique symbol;
  }

  export interface ModelConfig {
    moonshine?: { encoder: string; mergedDecoder: string };
    whisper?: {
      encoder: string;
      decoder: string;
      /** Empty: the model decides. */
      language: string;
      task: "transcribe";
      tailPaddings: number;
      enableTokenTimestamps: 0 | 1;
    };
    transducer?: { encoder: string; decoder: string; joiner: string };
    senseVoice?: { model: string; language: string; useInverseTextNormalization: 0 | 1 };
    canary?: { encoder: string; decoder: string; srcLang: string; tgtLang: string; usePnc: 0 | 1 };
    paraformer?: { model: string };
    /** Tells the kinds of transducer apart. */
    modelType?: "transducer" | "nemo_transducer";
    tokens: string;
    numThreads: number;
    provider: "cpu";
    debug: 0 | 1;
  }

  export interface RecognizerConfig {
    featConfig: { sampleRate: number; featureDim: number };
    modelConfig: ModelConfig;
  }

  export class OfflineStream {
    readonly handle: Handle;
    acceptWaveform(wave: { samples: Float32Array; sampleRate: number }): void;
  }

  export class OfflineRecognizer {
    readonly handle: Handle;
    static createAsync(config: RecognizerConfig): Promise<OfflineRecognizer>;
    createStream(): OfflineStream;
    /** Only Whisper and Canary follow it, and only in their language. */
    setConfig(config: RecognizerConfig): void;
  }

  export interface VadConfig {
    sileroVad: {
      model: string;
      threshold: number;
      /** Seconds, as all durations here. */
      minSilenceDuration: number;
      minSpeechDuration: number;
      maxSpeechDuration: number;
      /** Samples; Silero v5 and v6 take 512 at 16 kHz and nothing else. */
      windowSize: 512;
    };
    sampleRate: 16_000;
    numThreads: number;
    provider: "cpu";
    debug: 0 | 1;
  }

  export interface SpeechSegment {
    /** Samples since the last reset. */
    start: number;
    samples: Float32Array;
  }

  export class Vad {
    constructor(config: VadConfig, bufferSizeInSeconds: number);
    acceptWaveform(samples: Float32Array): void;
    isEmpty(): boolean;
    isDetected(): boolean;
    /** @param enableExternalBuffer false copies the samples into memory that V8 counts */
    front(enableExternalBuffer: boolean): SpeechSegment;
    pop(): void;
    flush(): void;
    reset(): void;
  }

  export class OnlineStream {
    acceptWaveform(wave: { samples: Float32Array; sampleRate: number }): void;
    inputFinished(): void;
  }

  export class SpeakerEmbeddingExtractor {
    constructor(config: { model: string; numThreads: number; provider: "cpu"; debug: 0 | 1 });
    createStream(): OnlineStream;
    isReady(stream: OnlineStream): boolean;
    /** @param enableExternalBuffer false copies the numbers into memory that V8 counts */
    compute(stream: OnlineStream, enableExternalBuffer: boolean): Float32Array;
  }

  const sherpa: {
    OfflineRecognizer: typeof OfflineRecognizer;
    SpeakerEmbeddingExtractor: typeof SpeakerEmbeddingExtractor;
    Vad: typeof Vad;
  };
  export default sherpa;
}

declare module "sherpa-onnx-node/addon.js" {
  import type { Handle } from "sherpa-onnx-node";

  const addon: {
    /** Decodes on a thread of its own. The promise gives JSON, not always well-formed. */
    decodeOfflineStreamAsync(recognizer: Handle, stream: Handle): Promise<string>;
  };
  export default addon;
}

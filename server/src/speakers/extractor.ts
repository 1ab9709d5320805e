/** Voices as a neural network hears them: sherpa-onnx's extractor, for the speaker models of the catalogue. */
import sherpa from "sherpa-onnx-node";
import { padded } from "../signal/padded.ts";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";

/** Shorter sound gets silence after it: networks that average over frames need some. */
const SAMPLES_MIN = SAMPLE_RATE_HZ / 2;

/**
 * Loads a model, once in a process: its native memory is freed only by exit.
 *
 * @returns what gives the embedding of mono samples at 16 kHz
 * @throws Error when sherpa refuses the file; for some damage sherpa ends the process instead
 */
export function loadExtractor(model: string): (samples: Float32Array) => Float32Array {
  const extractor = new sherpa.SpeakerEmbeddingExtractor({
    model,
    numThreads: 1,
    provider: "cpu",
    debug: 0,
  });
  return (samples) => {
    const stream = extractor.createStream();
    stream.acceptWaveform({ samples: padded(samples, SAMPLES_MIN), sampleRate: SAMPLE_RATE_HZ });
    stream.inputFinished();
    if (!extractor.isReady(stream)) throw new Error("The speaker model takes no clip of this length.");
    return extractor.compute(stream, false);
  };
}

/** Bare sherpa-onnx: one model, one thread, one clip after the other. Nothing of the product's but how a clip is read. */
import sherpa, { type RecognizerConfig } from "sherpa-onnx-node";
import addon from "sherpa-onnx-node/addon.js";
import { readClip } from "../../../server/src/media/samples.ts";
import { SAMPLE_RATE_HZ, type Clip } from "../../../server/src/speech/recogniser.ts";

process.on("disconnect", () => process.exit());

const config: RecognizerConfig = JSON.parse(process.argv[2] ?? "{}");
const recogniser = await sherpa.OfflineRecognizer.createAsync(config);
process.on("message", (clip: Clip) => void recognise(clip));
process.send?.("ready");

async function recognise(clip: Clip): Promise<void> {
  const samples = await readClip(clip);
  const stream = recogniser.createStream();
  stream.acceptWaveform({ samples, sampleRate: SAMPLE_RATE_HZ });
  const result: { text: string } = JSON.parse(
    await addon.decodeOfflineStreamAsync(recogniser.handle, stream.handle),
  );
  process.send?.(result.text);
}

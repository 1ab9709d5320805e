/** Audio as a file, for those who take no samples. */
import { SAMPLE_RATE_HZ } from "./recogniser.ts";

const HEADER_BYTES = 44;
const BYTES_PER_SAMPLE = 2;

/**
 * Samples as a WAV file: 16 kHz, mono, 16 bits.
 *
 * @param samples from -1 to 1; more is clipped
 */
export function wavOf(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const dataBytes = samples.length * BYTES_PER_SAMPLE;
  const wav = new Uint8Array(HEADER_BYTES + dataBytes);
  const view = new DataView(wav.buffer);
  writeHeader(wav, view, dataBytes);
  samples.forEach((sample, i) => {
    const value = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767);
    view.setInt16(HEADER_BYTES + i * BYTES_PER_SAMPLE, value, true);
  });
  return wav;
}

function writeHeader(wav: Uint8Array, view: DataView, dataBytes: number): void {
  const text = new TextEncoder();
  wav.set(text.encode("RIFF"), 0);
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  wav.set(text.encode("WAVEfmt "), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, SAMPLE_RATE_HZ, true);
  view.setUint32(28, SAMPLE_RATE_HZ * BYTES_PER_SAMPLE, true);
  view.setUint16(32, BYTES_PER_SAMPLE, true);
  view.setUint16(34, 8 * BYTES_PER_SAMPLE, true);
  wav.set(text.encode("data"), 36);
  view.setUint32(40, dataBytes, true);
}

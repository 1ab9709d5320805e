/** Samples with silence after them up to a length; the samples themselves where they have it. */
export function padded(samples: Float32Array, samplesMin: number): Float32Array {
  if (samples.length >= samplesMin) return samples;
  const longer = new Float32Array(samplesMin);
  longer.set(samples);
  return longer;
}

import { node, value, writeNetwork } from "./network.ts";

/** A voice model that is no one's: its embedding is how loud each of 80 bands gets, against the mean of them. */
export function voiceModel(): Uint8Array {
  return writeNetwork({
    inputs: { feats: value("float", "N", "T", 80) },
    outputs: { embs: value("float", "N", 80) },
    nodes: [
      node("ReduceMax", ["feats"], "loudest", { axes: [1], keepdims: 0 }),
      node("ReduceMean", ["loudest"], "loudness", { axes: [1], keepdims: 1 }),
      node("Sub", ["loudest", "loudness"], "embs"),
    ],
    metadata: {
      framework: "wespeaker",
      language: "English",
      sample_rate: 16_000,
      output_dim: 80,
      normalize_samples: 1,
      feature_normalize_type: "",
    },
  });
}

/**
 * A SenseVoice that writes "Boop" for a low sound and "Beep" for a high one, small where it is not to write as one does, and takes
 * low sounds for Japanese. Shapes, names and metadata are those of the export that sherpa-onnx reads: in front of the text
 * come four tokens that say language, mood, kind of sound and style.
 */
import { beginningsOf } from "./beginnings.ts";
import { integers, matrix, node, rowOf, value, writeNetwork } from "./network.ts";

const VOCABULARY = [
  "<blank>",
  "▁boop",
  "▁beep",
  "▁Boop",
  "▁Beep",
  "<|en|>",
  "<|ja|>",
  "<|nospeech|>",
  "<|NEUTRAL|>",
  "<|Speech|>",
  "<|withitn|>",
] as const;

/** Mel bins of one frame, and how many frames of 10 ms are given at once, every so many. */
const BINS = 80;
const WINDOW = 7;
const SHIFT = 6;

/** Numbers that stand for what is asked of the model. */
const ASKED = {
  lang_auto: 0,
  lang_zh: 3,
  lang_en: 4,
  lang_yue: 7,
  lang_ja: 11,
  lang_ko: 12,
  without_itn: 0,
  with_itn: 1,
};

export function senseVoice(): { model: Uint8Array; tokens: string } {
  const size = VOCABULARY.length;
  const { constants, nodes } = beginningsOf("frames", {
    bins: BINS,
    framesPerStep: WINDOW,
    // Mean of the natural logarithms of energies, of samples from -32,768 to 32,767: 20.8 more than of those from -1 to 1.
    loudMin: 17,
  });
  const model = writeNetwork({
    inputs: {
      x: value("float", "N", "T", BINS * WINDOW),
      x_length: value("int32", "N"),
      language: value("int32", "N"),
      text_norm: value("int32", "N"),
    },
    outputs: { logits: value("float", "N", "T4", size) },
    constants: {
      ...constants,
      frames_of_bins: integers(0, -1, BINS),
      beginning_rows: matrix([
        rowOf(VOCABULARY, { "▁boop": 4, "▁Boop": 4 }),
        rowOf(VOCABULARY, { "▁beep": 4, "▁Beep": 4 }),
      ]),
      style_rows: matrix([
        rowOf(VOCABULARY, { "<blank>": 1, "▁boop": 0.5, "▁beep": 0.5 }),
        rowOf(VOCABULARY, { "<blank>": 1, "▁Boop": 0.5, "▁Beep": 0.5 }),
      ]),
      language_rows: matrix([rowOf(VOCABULARY, { "<|ja|>": 1 }), rowOf(VOCABULARY, { "<|en|>": 1 })]),
      no_speech: matrix([rowOf(VOCABULARY, { "<|nospeech|>": 0.5 })]),
      others: {
        ...matrix(OTHERS.map((token) => rowOf(VOCABULARY, { [token]: 1 }))),
        shape: [1, OTHERS.length, size],
      },
      steps: integers(1),
    },
    nodes: [
      node("Reshape", ["x", "frames_of_bins"], "frames"),
      ...nodes,
      node("ReduceSum", ["begins", "steps"], "sounds", { keepdims: 1 }),
      node("MatMul", ["sounds", "language_rows"], "languages"),
      node("Add", ["languages", "no_speech"], "first"),
      node("MatMul", ["begins", "beginning_rows"], "heard"),
      node("Gather", ["style_rows", "text_norm"], "style"),
      node("Add", ["heard", "style"], "text"),
      node("Concat", ["first", "others", "text"], "logits", { axis: 1 }),
    ],
    metadata: {
      model_type: "sense_voice_ctc",
      vocab_size: size,
      lfr_window_size: WINDOW,
      lfr_window_shift: SHIFT,
      normalize_samples: 0,
      ...ASKED,
      neg_mean: Array.from({ length: BINS * WINDOW }, () => 0).join(","),
      inv_stddev: Array.from({ length: BINS * WINDOW }, () => 1).join(","),
    },
  });
  return { model, tokens: VOCABULARY.map((token, id) => `${token} ${id}\n`).join("") };
}

/** Mood, kind of sound and style. */
const OTHERS = ["<|NEUTRAL|>", "<|Speech|>", "<|withitn|>"] as const;

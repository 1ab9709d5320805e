/**
 * Transducers that know two words: "boop" for a low sound and "beep" for a high one. The encoder notices where a sound begins,
 * which gives a word's first piece; the decoder knows which piece comes after that.
 *
 * Shapes, names and metadata are those of the exports that sherpa-onnx reads: of icefall's Zipformers and of NeMo's Parakeet.
 */
import { beginningsOf, type Listening } from "./beginnings.ts";
import { integers, matrix, node, rowOf, value, writeNetwork, type Constant } from "./network.ts";

/** A model's files by their role. */
export interface Transducer {
  encoder: Uint8Array;
  decoder: Uint8Array;
  joiner: Uint8Array;
  tokens: string;
}

const PIECES = ["▁bo", "op", "▁be", "ep"] as const;

/** What a label gets in which case; it is nothing where not given. */
type Scores = Partial<Record<string, number>>;

interface Knowledge {
  /** In the order in which they are scored. */
  labels: readonly string[];
  /** Where nothing speaks for anything else. */
  else: Scores;
  begins: { low: Scores; high: Scores };
  /** By the piece that was written last. */
  after: Partial<Record<string, Scores>>;
}

/** A row for what begins: a low sound, a high one. */
function beginningRows({ labels, begins }: Knowledge): Constant {
  return matrix([rowOf(labels, begins.low), rowOf(labels, begins.high)]);
}

/** A row for each piece that may have been written last. */
function afterRows({ labels, after }: Knowledge, vocabulary: readonly string[]): Constant {
  return matrix(vocabulary.map((piece) => rowOf(labels, after[piece])));
}

function tokensOf(vocabulary: readonly string[]): string {
  return vocabulary.map((piece, id) => `${piece} ${id}\n`).join("");
}

/** 40 ms a step. */
const ZIPFORMER: Listening = {
  bins: 80,
  framesPerStep: 4,
  // Mean of the natural logarithms of energies: the room is below -7, sounds are above -3.
  loudMin: -4,
};

export function zipformerTransducer(): Transducer {
  const vocabulary = ["<blk>", "<sos/eos>", "<unk>", ...PIECES];
  const knowledge: Knowledge = {
    labels: vocabulary,
    else: { "<blk>": 1 },
    begins: { low: { "▁bo": 4 }, high: { "▁be": 4 } },
    after: { "▁bo": { op: 2 }, "▁be": { ep: 2 } },
  };
  const size = vocabulary.length;
  const contextSize = 2;
  const encoder = beginningsOf("x", ZIPFORMER);
  return {
    encoder: writeNetwork({
      inputs: { x: value("float", "N", "T", ZIPFORMER.bins), x_lens: value("int64", "N") },
      outputs: { encoder_out: value("float", "N", "U", size), encoder_out_lens: value("int64", "N") },
      constants: {
        ...encoder.constants,
        beginning_rows: beginningRows(knowledge),
        else: matrix([rowOf(knowledge.labels, knowledge.else)]),
        frames_per_step: integers(ZIPFORMER.framesPerStep),
      },
      nodes: [
        ...encoder.nodes,
        node("MatMul", ["begins", "beginning_rows"], "heard"),
        node("Add", ["heard", "else"], "encoder_out"),
        node("Div", ["x_lens", "frames_per_step"], "encoder_out_lens"),
      ],
      metadata: { model_type: "zipformer2" },
    }),
    decoder: writeNetwork({
      inputs: { y: value("int64", "N", contextSize) },
      outputs: { decoder_out: value("float", "N", size) },
      constants: { after_rows: afterRows(knowledge, vocabulary), one: integers(1) },
      nodes: [
        node("Gather", ["y", "one"], "last", { axis: 1 }),
        node("Gather", ["after_rows", "last"], "rows"),
        node("Squeeze", ["rows", "one"], "decoder_out"),
      ],
      metadata: { vocab_size: size, context_size: contextSize },
    }),
    joiner: writeNetwork({
      inputs: { encoder_out: value("float", "N", size), decoder_out: value("float", "N", size) },
      outputs: { logit: value("float", "N", size) },
      nodes: [node("Add", ["encoder_out", "decoder_out"], "logit")],
      metadata: { joiner_dim: size },
    }),
    tokens: tokensOf(vocabulary),
  };
}

/** 80 ms a step, and 128 mel bins, as Parakeet has them. */
const PARAKEET: Listening = {
  bins: 128,
  framesPerStep: 8,
  // Each bin has mean 0 and variance 1 over the clip: a sound that fills less than a quarter of it is at 1.7 or more.
  loudMin: 1,
};

/** Length of the states that the decoder is given back. */
const STATE = [1, 1, 1] as const;

export function parakeetTransducer(): Transducer {
  // NeMo has the blank at the end; after it come the numbers of steps that a piece lasts.
  const vocabulary = [...PIECES, "<blk>"];
  const knowledge: Knowledge = {
    labels: [...vocabulary, "0 steps", "1 step", "2 steps", "3 steps", "4 steps"],
    else: { "<blk>": 1, "1 step": 1 },
    begins: { low: { "▁bo": 4, "2 steps": 4 }, high: { "▁be": 4, "2 steps": 4 } },
    after: { "▁bo": { op: 2 }, "▁be": { ep: 2 } },
  };
  const size = knowledge.labels.length;
  const encoder = beginningsOf("frames", PARAKEET);
  return {
    encoder: writeNetwork({
      inputs: { audio_signal: value("float", "N", PARAKEET.bins, "T"), length: value("int64", "N") },
      outputs: { outputs: value("float", "N", size, "U"), encoded_lengths: value("int64", "N") },
      constants: {
        ...encoder.constants,
        beginning_rows: beginningRows(knowledge),
        else: matrix([rowOf(knowledge.labels, knowledge.else)]),
        frames_per_step: integers(PARAKEET.framesPerStep),
      },
      nodes: [
        node("Transpose", ["audio_signal"], "frames", { perm: [0, 2, 1] }),
        ...encoder.nodes,
        node("MatMul", ["begins", "beginning_rows"], "heard"),
        node("Add", ["heard", "else"], "steps"),
        node("Transpose", ["steps"], "outputs", { perm: [0, 2, 1] }),
        node("Div", ["length", "frames_per_step"], "encoded_lengths"),
      ],
      metadata: {
        model_type: "EncDecRNNTBPEModel",
        // sherpa-onnx looks for "tdt" here to know that durations follow the labels.
        url: "toy-tdt",
        vocab_size: PIECES.length,
        subsampling_factor: PARAKEET.framesPerStep,
        normalize_type: "per_feature",
        pred_rnn_layers: STATE[0],
        pred_hidden: STATE[2],
        feat_dim: PARAKEET.bins,
      },
    }),
    decoder: writeNetwork({
      inputs: {
        targets: value("int32", "N", 1),
        target_length: value("int32", "N"),
        states: value("float", ...STATE),
        cells: value("float", ...STATE),
      },
      outputs: {
        outputs: value("float", "N", size, 1),
        prednet_lengths: value("int32", "N"),
        next_states: value("float", ...STATE),
        next_cells: value("float", ...STATE),
      },
      constants: { after_rows: afterRows(knowledge, vocabulary) },
      nodes: [
        node("Gather", ["after_rows", "targets"], "rows"),
        node("Transpose", ["rows"], "outputs", { perm: [0, 2, 1] }),
        node("Identity", ["target_length"], "prednet_lengths"),
        node("Identity", ["states"], "next_states"),
        node("Identity", ["cells"], "next_cells"),
      ],
    }),
    joiner: writeNetwork({
      inputs: {
        encoder_outputs: value("float", "N", size, 1),
        decoder_outputs: value("float", "N", size, 1),
      },
      outputs: { outputs: value("float", "N", 1, 1, size) },
      constants: { shape: integers(-1, 1, 1, size) },
      nodes: [
        node("Add", ["encoder_outputs", "decoder_outputs"], "scores"),
        node("Reshape", ["scores", "shape"], "outputs"),
      ],
    }),
    tokens: tokensOf(vocabulary),
  };
}

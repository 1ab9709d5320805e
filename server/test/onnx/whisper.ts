/**
 * A Whisper that writes one word for each sound, "beep" in English and "Piep" in German, and takes low sounds for German where
 * it is asked for the language. Shapes, names and metadata are those of the exports that sherpa-onnx reads; that with the
 * fourth output, the attention of each token to the sound, is of its `export-onnx-with-attention.py`.
 */
import { beginningsOf, type Listening } from "./beginnings.ts";
import {
  floats,
  integers,
  matrix,
  node,
  rowOf,
  TO_FLOAT,
  value,
  writeNetwork,
  type Node,
} from "./network.ts";

/** A model's files by their role. */
export interface Whisper {
  encoder: Uint8Array;
  decoder: Uint8Array;
  tokens: string;
}

const TOKENS = [
  " beep",
  " Piep",
  "<|endoftext|>",
  "<|startoftranscript|>",
  "<|en|>",
  "<|de|>",
  "<|translate|>",
  "<|transcribe|>",
  "<|nospeech|>",
  "<|notimestamps|>",
] as const;

type Token = (typeof TOKENS)[number];

function idOf(token: Token): number {
  return TOKENS.indexOf(token);
}

function scoresOf(scores: Partial<Record<Token, number>> = {}): number[] {
  return rowOf(TOKENS, scores);
}

/** Start, language, task, and that no times are to be written as tokens. */
const PROMPT: readonly Token[] = ["<|startoftranscript|>", "<|en|>", "<|transcribe|>", "<|notimestamps|>"];

/** 20 ms a step. */
const WHISPER: Listening = {
  bins: 80,
  framesPerStep: 2,
  // Whisper's features are (log10 of the energy + 4) / 4: the room is below 0.25, sounds are above 0.55.
  loudMin: 0.4,
};

/** Which word a token makes likely from then on: its language's. */
const WORDS_AFTER: Partial<Record<Token, Partial<Record<Token, number>>>> = {
  "<|en|>": { " beep": 10 },
  "<|de|>": { " Piep": 10 },
  " beep": { " beep": 10 },
  " Piep": { " Piep": 10 },
};

const LAYERS = 1;
const TEXT_CONTEXT = 448;
/** Length of what the decoder is given of each step: whether each band is loud. */
const STATE = 2;

/** @param withAttention whether the decoder tells where in the sound each token is, which gives times */
export function whisper(withAttention: boolean): Whisper {
  return {
    encoder: encoder(),
    decoder: decoder(withAttention),
    // As in OpenAI's vocabulary files, without the specials.
    tokens: TOKENS.slice(0, 2)
      .map((token, id) => `${Buffer.from(token).toString("base64")} ${id}\n`)
      .join(""),
  };
}

function encoder(): Uint8Array {
  const { constants, nodes } = beginningsOf("frames", WHISPER);
  return writeNetwork({
    inputs: { mel: value("float", "N", WHISPER.bins, "T") },
    outputs: {
      n_layer_cross_k: value("float", LAYERS, "N", "U", STATE),
      n_layer_cross_v: value("float", LAYERS, "N", "U", STATE),
    },
    constants: { ...constants, first: integers(0) },
    nodes: [
      node("Transpose", ["mel"], "frames", { perm: [0, 2, 1] }),
      ...nodes,
      node("Unsqueeze", ["loud", "first"], "n_layer_cross_k"),
      node("Unsqueeze", ["begins", "first"], "n_layer_cross_v"),
    ],
    metadata: {
      model_type: "whisper-toy",
      n_mels: WHISPER.bins,
      n_audio_ctx: 1500,
      n_text_layer: LAYERS,
      n_text_ctx: TEXT_CONTEXT,
      n_text_state: STATE,
      n_vocab: TOKENS.length,
      n_alignment_heads: 1,
      is_multilingual: 1,
      sot: idOf("<|startoftranscript|>"),
      eot: idOf("<|endoftext|>"),
      blank_id: idOf(" beep"),
      translate: idOf("<|translate|>"),
      transcribe: idOf("<|transcribe|>"),
      no_speech: idOf("<|nospeech|>"),
      no_timestamps: idOf("<|notimestamps|>"),
      sot_sequence: PROMPT.slice(0, 3).map(idOf).join(","),
      all_language_tokens: [idOf("<|en|>"), idOf("<|de|>")].join(","),
      all_language_codes: "en,de",
    },
  });
}

function decoder(withAttention: boolean): Uint8Array {
  const cache = value("float", LAYERS, "N", TEXT_CONTEXT, STATE);
  const heard = value("float", LAYERS, "N", "U", STATE);
  const attention = { cross_attention_weights: value("float", "N", 1, "n", "U") };
  return writeNetwork({
    inputs: {
      tokens: value("int64", "N", "n"),
      in_n_layer_self_k_cache: cache,
      in_n_layer_self_v_cache: cache,
      n_layer_cross_k: heard,
      n_layer_cross_v: heard,
      offset: value("int64", 1),
    },
    outputs: {
      logits: value("float", "N", "n", TOKENS.length),
      out_n_layer_self_k_cache: cache,
      out_n_layer_self_v_cache: cache,
      ...(withAttention ? attention : {}),
    },
    constants: {
      words_after: matrix(TOKENS.map((token) => scoresOf(WORDS_AFTER[token]))),
      languages_of: matrix([scoresOf({ "<|de|>": 0.01 }), scoresOf({ "<|en|>": 0.01 })]),
      end: matrix([scoresOf({ "<|endoftext|>": 100 })]),
      before_words: floats([1], [PROMPT.length - 1]),
      first: integers(0),
      second: integers(1),
      third: integers(2),
      layers_and_steps: integers(0, 2),
      layers_and_bands: integers(0, 3),
      heads_and_positions: integers(1, 2),
      heads_and_steps: integers(1, 3),
      one: floats([1], [1]),
    },
    nodes: [
      node("Identity", ["in_n_layer_self_k_cache"], "out_n_layer_self_k_cache"),
      node("Identity", ["in_n_layer_self_v_cache"], "out_n_layer_self_v_cache"),
      // The word that the prompt's language, or the last word's, asks for.
      node("Gather", ["words_after", "tokens"], "rows"),
      node("CumSum", ["rows", "second"], "words"),
      // The language that most sounds are of.
      node("ReduceSum", ["n_layer_cross_v", "layers_and_steps"], "sounds_of_bands", { keepdims: 0 }),
      node("MatMul", ["sounds_of_bands", "languages_of"], "languages"),
      // Which word is to come, counted from 1, and the end where there are fewer sounds.
      node("Equal", ["tokens", "tokens"], "always"),
      node("Cast", ["always"], "ones", TO_FLOAT),
      node("CumSum", ["ones", "second"], "positions"),
      node("Cast", ["offset"], "positions_before", TO_FLOAT),
      node("Add", ["positions", "positions_before"], "all_positions"),
      node("Sub", ["all_positions", "before_words"], "word"),
      node("ReduceSum", ["sounds_of_bands", "second"], "sounds", { keepdims: 1 }),
      node("Less", ["sounds", "word"], "is_over"),
      node("Cast", ["is_over"], "over", TO_FLOAT),
      node("Unsqueeze", ["over", "third"], "over_column"),
      node("MatMul", ["over_column", "end"], "ends"),
      node("Add", ["words", "languages"], "words_and_languages"),
      node("Add", ["words_and_languages", "ends"], "logits"),
      // A word looks at the sound of its number and the pause after it; the end at what follows the last one.
      ...(withAttention ? ATTENTION : []),
    ],
  });
}

const ATTENTION: readonly Node[] = [
  node("ReduceSum", ["n_layer_cross_v", "layers_and_bands"], "begins", { keepdims: 0 }),
  node("CumSum", ["begins", "second"], "sounds_so_far"),
  node("ReduceMax", ["n_layer_cross_k"], "loud", { axes: [0, 3], keepdims: 0 }),
  node("CumSum", ["loud", "second"], "loud_to_come", { reverse: 1 }),
  node("Less", ["loud_to_come", "one"], "is_after"),
  node("Cast", ["is_after"], "after", TO_FLOAT),
  node("Add", ["sounds_so_far", "after"], "sound"),
  node("Unsqueeze", ["sound", "heads_and_positions"], "sound_row"),
  node("Unsqueeze", ["word", "heads_and_steps"], "word_column"),
  node("Equal", ["word_column", "sound_row"], "looks"),
  node("Cast", ["looks"], "cross_attention_weights", TO_FLOAT),
];

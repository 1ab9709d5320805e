import { ModelError } from "./errors.ts";

/** Pieces of the LLaMA vocabulary: 3 controls, 256 bytes, the rest text. */
const PIECES = 32_000;

/** Rows of Moonshine's output layer: the pieces, then 768 specials that speech never produces. */
const TOKENS = 32_768;

/**
 * Writes the `tokens.txt` that sherpa-onnx wants beside Moonshine: a line a token, `base64(bytes) id`, for all 32,768
 * ids. A piece `<0xNN>` is that byte, `▁` is a space, and ids from 32,000 on are Moonshine's own `<<ST_0>>` and
 * following.
 *
 * @param source text of `llama-tokenizer.js`, which is read and never run
 * @throws ModelError `model_altered` where the text holds no such vocabulary
 */
export function moonshineTokens(source: string): string {
  const pieces = llamaVocabulary(source);
  let lines = "";
  for (let id = 0; id < TOKENS; id++) {
    lines += `${tokenBytes(pieces[id] ?? `<<ST_${id - PIECES}>>`).toString("base64")} ${id}\n`;
  }
  return lines;
}

function llamaVocabulary(source: string): string[] {
  const encoded = /llama_vocab_base64 = "([A-Za-z0-9+/=]+)"/.exec(source)?.[1] ?? "";
  const pieces = Buffer.from(encoded, "base64").toString("utf8").split("\n");
  if (pieces.length !== PIECES) {
    throw new ModelError(
      "model_altered",
      `The vocabulary has ${pieces.length} pieces where ${PIECES} were expected; another version of the package may be meant.`,
    );
  }
  return pieces;
}

function tokenBytes(piece: string): Buffer {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(piece)?.[1];
  return byte === undefined ? Buffer.from(piece.replaceAll("\u2581", " ")) : Buffer.from(byte, "hex");
}

/**
 * Reads what sherpa-onnx says of a clip.
 */
import type { Recognition, Token } from "./recogniser.ts";

/** What is used of sherpa's result. Lists are empty where the model does not give them. */
interface SherpaResult {
  lang: string;
  text: string;
  tokens: string[];
  /** Seconds from the clip's start. */
  timestamps: number[];
  /** Seconds. */
  durations: number[];
  /** Natural logarithms. */
  ys_log_probs: (number | null)[];
}

/**
 * Turns sherpa's JSON into a recognition.
 *
 * @throws SyntaxError when it is no JSON even after {@link repaired}
 */
export function readResult(json: string): Recognition {
  const result: SherpaResult = JSON.parse(repaired(json));
  return {
    text: result.text.replaceAll(CONTROLS, " ").trim(),
    tokens: joinBytes(tokensOf(result)),
    language: languageOf(result.lang),
  };
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROLS = /[\u0000-\u001F]+/g;

const STRING_OR_NO_NUMBER = /"(?:[^"\\]|\\.)*"|-?\b(?:inf|nan)\b/g;

/**
 * sherpa-onnx 1.13.8 writes strings with C++'s `std::quoted`, which leaves control characters as they are, and numbers
 * as C++ prints them: a model that says a line break, or is certain that it is wrong, gives JSON that does not parse.
 */
function repaired(json: string): string {
  return json
    .replaceAll(CONTROLS, " ")
    .replaceAll(STRING_OR_NO_NUMBER, (match) => (match.startsWith('"') ? match : "null"));
}

function tokensOf(result: SherpaResult): Token[] {
  const timed = result.timestamps.length === result.tokens.length;
  const measured = timed && result.durations.length === result.tokens.length;
  const scored = result.ys_log_probs.length === result.tokens.length;
  return result.tokens.map((text, i) => {
    const start = timed ? (result.timestamps[i] ?? null) : null;
    const duration = measured ? (result.durations[i] ?? null) : null;
    const logProbability = scored ? (result.ys_log_probs[i] ?? null) : null;
    return {
      text,
      start,
      end: start === null || duration === null ? null : start + duration,
      confidence: logProbability === null ? null : Math.min(1, Math.exp(logProbability)),
    };
  });
}

const BYTE = /^<0x([0-9A-F]{2})>$/;

/** A character that the vocabulary lacks comes as one token a byte, `<0xE2>`, `<0x82>`, `<0xAC>`; this makes one token of it. */
function joinBytes(tokens: Token[]): Token[] {
  const joined: Token[] = [];
  let run: { tokens: Token[]; bytes: number[] } = { tokens: [], bytes: [] };
  for (const token of [...tokens, null]) {
    const byte = token === null ? undefined : BYTE.exec(token.text)?.[1];
    if (token !== null && byte !== undefined) {
      run.tokens.push(token);
      run.bytes.push(Number.parseInt(byte, 16));
      continue;
    }
    const character = ofRun(run.tokens, run.bytes);
    if (character !== null) joined.push(character);
    run = { tokens: [], bytes: [] };
    if (token !== null) joined.push(token);
  }
  return joined;
}

function ofRun(tokens: Token[], bytes: number[]): Token | null {
  const [first] = tokens;
  if (first === undefined) return null;
  const confidences = tokens.flatMap((token) => token.confidence ?? []);
  return {
    text: Buffer.from(bytes).toString("utf8"),
    start: first.start,
    end: tokens.at(-1)?.end ?? null,
    confidence: confidences.length === 0 ? null : Math.min(...confidences),
  };
}

/** Whisper says `en`, SenseVoice `<|en|>`; others nothing. */
function languageOf(lang: string): string | null {
  return /^(?:<\|)?([a-z]{2,3})(?:\|>)?$/.exec(lang)?.[1] ?? null;
}

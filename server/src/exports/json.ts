import type { Span, Turn, Word } from "../pipeline/transcript.ts";
import { isWithheld, withheldNote, wordCount } from "./document.ts";
import type { ExportDocument } from "./document.ts";
import { joinTexts } from "./pieces.ts";

/** Raised when a field is removed or changes its meaning; new fields alone do not raise it. */
export const JSON_VERSION = 1;

/**
 * Renders JSON with the names of the API's transcript, in seconds: turns with their flags and words, the speech that
 * was found without text (`coverage.uncovered`) and the speech whose text was withheld (`coverage.withheld`, and a `note` on its turn).
 * `speaker` is an index into `speakers`. The evidence against withheld text is not part of it.
 */
export function renderJson(document: ExportDocument): string {
  const { title, transcript, createdAt } = document;
  const { turns, coverage } = transcript;
  return `${JSON.stringify({
    version: JSON_VERSION,
    title,
    created_at: createdAt.toISOString(),
    model: transcript.model,
    language: transcript.language,
    language_confidence: transcript.languageConfidence,
    duration_seconds: transcript.durationSeconds,
    speech_seconds: transcript.speechSeconds,
    word_count: wordCount(document),
    speakers: transcript.speakers,
    speakers_confidence: transcript.speakersConfidence,
    coverage: {
      ratio: coverage.ratio,
      uncovered: coverage.uncovered.map(spanJson),
      withheld: coverage.withheld.map(spanJson),
    },
    missing: transcript.missing,
    text: joinTexts(turns.map((turn) => turn.text)),
    turns: turns.map(turnJson),
  })}\n`;
}

function turnJson(turn: Turn): Record<string, unknown> {
  const { start, end, speaker, text, flags, words } = turn;
  const note = isWithheld(turn) ? { note: withheldNote(turn) } : {};
  return { start, end, speaker, text, flags, ...note, words: words.map(wordJson) };
}

function wordJson({ text, start, end, confidence, timing }: Word): Word {
  return { text, start, end, confidence, timing };
}

function spanJson({ start, end }: Span): Span {
  return { start, end };
}

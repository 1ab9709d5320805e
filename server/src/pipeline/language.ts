/** Which language a recording is in: judged over all of its speech, not its first minute. */
import { spokenShare, type Comparison } from "./foreign.ts";
import type { Reading } from "./looks.ts";
import { speechSecondsOf } from "./segments.ts";

export interface SpokenLanguage {
  /** ISO 639-1; empty where neither the model nor the project says. */
  language: string;
  /**
   * Share of the speech that is in it: by what the model heard, or by the samples that a model of one language read alike in
   * two cuts. Null where nothing was measured, and the language is only what the project says or the model speaks.
   */
  confidence: number | null;
}

/**
 * @param asked ISO 639-1, or null for any
 * @param spoken the languages that the model speaks
 * @param comparisons of readings with another cut of the same speech
 */
export function languageOf(
  readings: readonly Reading[],
  asked: string | null,
  spoken: readonly string[],
  comparisons: readonly Comparison[],
): SpokenLanguage {
  const [only, ...others] = spoken;
  if (only !== undefined && others.length === 0) {
    const assumed = readings.some(({ heard }) => heard.words.length > 0) ? only : "";
    return { language: asked ?? assumed, confidence: spokenShare(comparisons) };
  }
  if (asked !== null) return { language: asked, confidence: null };
  const seconds = new Map<string, number>();
  for (const { heard, segment } of readings) {
    if (heard.language === null || heard.words.length === 0) continue;
    seconds.set(heard.language, (seconds.get(heard.language) ?? 0) + speechSecondsOf(segment.spans));
  }
  const [most] = [...seconds].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  if (most === undefined) return { language: "", confidence: null };
  const all = [...seconds.values()].reduce((sum, value) => sum + value, 0);
  return { language: most[0], confidence: most[1] / all };
}

/** Scores of single recordings, and their sums by dataset. */
import { longestRun } from "../../server/src/pipeline/evidence/repetition.ts";
import type { Heard } from "./hear-recording.ts";
import type { Recording } from "./manifest.ts";
import { normalise } from "./normalise.ts";
import { sumOf, wordErrors, type WordErrors } from "./word-error-rate.ts";

/** What one way of hearing made of a recording. */
export interface Score {
  text: string;
  /** Null where no reference is known. */
  errors: WordErrors | null;
  keywordsHeard: number;
  /** Words run on in a circle that nobody said. */
  isLoop: boolean;
}

export interface Result {
  recording: Recording;
  /** Null where hearing it threw. */
  ours: Score | null;
  bare: Score | null;
  heard: Heard | null;
  /** Message of what was thrown. */
  error: string | null;
}

export function scoreOf(recording: Recording, text: string): Score {
  const language = recording.language ?? "en";
  const words = normalise(text, language);
  const reference = recording.text === null ? null : normalise(recording.text, language);
  const spoken = ` ${words.join(" ")} `;
  return {
    text,
    errors: reference === null ? null : wordErrors(reference, words),
    keywordsHeard: recording.keywords.filter((keyword) =>
      spoken.includes(` ${normalise(keyword).join(" ")} `),
    ).length,
    isLoop: isLoop(words, reference ?? []),
  };
}

/** People say a word three times; a loop goes on, and the reference knows nothing of it. */
const LOOP_WORDS_MIN = 4;

function isLoop(words: readonly string[], reference: readonly string[]): boolean {
  const run = longestRun(words);
  if (run === null || run.count < 3) return false;
  const known = longestRun(reference);
  const extra = (run.count - 1) * run.period - (known === null ? 0 : (known.count - 1) * known.period);
  return extra >= LOOP_WORDS_MIN;
}

/** One way of hearing, over many recordings. */
export interface Sum {
  errors: WordErrors;
  keywordsHeard: number;
  loops: number;
}

export function sumScores(scores: readonly (Score | null)[]): Sum {
  const known = scores.filter((score) => score !== null);
  return {
    errors: sumOf(known.flatMap(({ errors }) => errors ?? [])),
    keywordsHeard: known.reduce((sum, { keywordsHeard }) => sum + keywordsHeard, 0),
    loops: known.filter(({ isLoop }) => isLoop).length,
  };
}

/** Results by dataset, in the order of the alphabet. */
export function byDataset(results: readonly Result[]): Map<string, Result[]> {
  const groups = Map.groupBy(results, ({ recording: { dataset, language } }) =>
    language === null || language === "en" ? dataset : `${dataset} (${language})`,
  );
  return new Map([...groups].sort(([a], [b]) => a.localeCompare(b)));
}

/**
 * The result of the pipeline: what was said, by whom, when, and what is not known.
 * All times are seconds from the start of the recording.
 */

export interface Span {
  start: number;
  end: number;
}

/** How a word's time is known. */
export type WordTiming = "model" | "aligned" | "estimated" | "edited";

export interface Word extends Span {
  text: string;
  /** 0 to 1, or null where the model gives none. */
  confidence: number | null;
  timing: WordTiming;
}

/**
 * `withheld`: the model's text was judged to be invented and is not shown.
 * `doubtful`: the text is shown, but some evidence speaks against it.
 */
export type TurnFlag = "withheld" | "doubtful";

export interface Turn extends Span {
  /** Index into {@link Transcript.speakers}; null where unknown. */
  speaker: number | null;
  /** Empty where withheld. */
  text: string;
  flags: TurnFlag[];
  words: Word[];
}

/** How much of the speech that was found has text, and where it has none. */
export interface Coverage {
  /** 0 to 1; 1 where there is no speech. */
  ratio: number;
  /** Speech that the model gave no text for. */
  uncovered: Span[];
  /** Speech whose text was withheld. */
  withheld: Span[];
}

/** One reason to doubt a text, with the figures that a program can read. */
export interface Evidence {
  /** For example `repetition`, `speech_rate`, `past_end`, `compression`. */
  kind: string;
  span: Span;
  /** What was measured. */
  value: number;
  /** What it was compared with. */
  limit: number;
  /** The doubted text, shortened. */
  text: string;
}

/** Why a recording has no transcript: the two documented reasons. */
export type FailureReason = "audio_too_short" | "hallucinated_transcript";

export interface FailureDetail {
  /** A sentence for a person. */
  message: string;
  /** Figures for a program. */
  figures: Record<string, number>;
  evidence: Evidence[];
}

export interface Transcript {
  model: string;
  /** ISO 639-1. */
  language: string;
  languageConfidence: number | null;
  durationSeconds: number;
  /** Speech found, in seconds. */
  speechSeconds: number;
  /** Names of speakers, in order of appearance; empty where speakers are not known apart. */
  speakers: string[];
  /**
   * 0 to 1, how surely the two speakers that are most alike are two people; 1 where each has a channel of their own, null
   * where speakers are not known apart.
   */
  speakersConfidence: number | null;
  turns: Turn[];
  coverage: Coverage;
  /** Stages after recognition that failed, for example `speakers`; the rest of the transcript stands. */
  missing: string[];
}

export type Outcome =
  | { kind: "transcribed"; transcript: Transcript; evidence: Evidence[] }
  | {
      kind: "failed";
      reason: FailureReason;
      detail: FailureDetail;
      durationSeconds: number;
      speechSeconds: number;
    };

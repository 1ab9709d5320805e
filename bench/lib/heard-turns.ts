/** The turns of a transcript, with what was heard in those that are not shown. */
import type { Outcome, TurnFlag } from "../../server/src/pipeline/transcript.ts";

export interface HeardTurn {
  start: number;
  end: number;
  /** `failed` for a recording of which nothing is shown, which counts as one turn; null where the text is trusted. */
  flag: TurnFlag | "failed" | null;
  /** What was heard; of what is withheld, as much as its evidence quotes. */
  text: string;
}

/** None of a recording with too little speech. */
export function heardTurns(outcome: Outcome): HeardTurn[] {
  if (outcome.kind === "failed") {
    if (outcome.reason !== "hallucinated_transcript") return [];
    const text = outcome.detail.evidence[0]?.text ?? "";
    return [{ start: 0, end: outcome.durationSeconds, flag: "failed", text }];
  }
  return outcome.transcript.turns.map(({ start, end, flags, text }) => {
    const [flag = null] = flags;
    const quoted = outcome.evidence.find(({ span }) => span.start < end && span.end > start)?.text ?? "";
    return { start, end, flag, text: text || quoted };
  });
}

/** Says how much of the speech that was found has text, and where it has none. */
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import type { Reading } from "./looks.ts";
import { speechSecondsIn } from "./segments.ts";
import type { Coverage, Span } from "./transcript.ts";

/** @param readings all of a recording, in any order */
export function coverageOf(readings: readonly Reading[]): Coverage {
  const withheld = readings.filter((reading) => reading.standing === "withheld");
  const silent = readings.filter(
    (reading) => reading.standing !== "withheld" && reading.heard.words.length === 0,
  );
  const all = speechSecondsIn(readings);
  const missing = speechSecondsIn(withheld) + speechSecondsIn(silent);
  return {
    ratio: all > 0 ? Math.max(0, (all - missing) / all) : 1,
    uncovered: spansOf(silent),
    withheld: spansOf(withheld),
  };
}

function spansOf(readings: readonly Reading[]): Span[] {
  return readings
    .flatMap(({ segment }) => segment.spans)
    .map(({ startSample, endSample }) => ({
      start: startSample / SAMPLE_RATE_HZ,
      end: endSample / SAMPLE_RATE_HZ,
    }))
    .sort((a, b) => a.start - b.start);
}

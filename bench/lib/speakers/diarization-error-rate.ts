/**
 * Diarization error rate, as NIST's md-eval counts it: time in which somebody's speech was not found, was found where there
 * is none, or was given to somebody else, over all speech. People who speak at once count each.
 */
import { bestPairs } from "./best-pairs.ts";

/** Somebody speaks, in seconds. */
export interface SpokenSpan {
  start: number;
  end: number;
  speaker: string;
}

export interface DiarizationErrors {
  /** Speech in the reference, in seconds; the sum over those who speak at once. */
  speech: number;
  missed: number;
  falseAlarm: number;
  confused: number;
}

/**
 * @param collarSeconds this much before and after each edge of the reference is not counted: nobody can say exactly when a
 *   word begins
 */
export function diarizationErrors(
  reference: readonly SpokenSpan[],
  found: readonly SpokenSpan[],
  collarSeconds: number,
): DiarizationErrors {
  const regions = scored(regionsOf(reference, found, collarSeconds), reference, collarSeconds);
  const names = pairsOf(regions);
  const errors = { speech: 0, missed: 0, falseAlarm: 0, confused: 0 };
  for (const { seconds, speaking, heard } of regions) {
    const right = [...speaking].filter((speaker) => heard.has(names.get(speaker) ?? "")).length;
    errors.speech += seconds * speaking.size;
    errors.missed += seconds * Math.max(0, speaking.size - heard.size);
    errors.falseAlarm += seconds * Math.max(0, heard.size - speaking.size);
    errors.confused += seconds * (Math.min(speaking.size, heard.size) - right);
  }
  return errors;
}

export function rateOf({ speech, missed, falseAlarm, confused }: DiarizationErrors): number {
  return speech > 0 ? (missed + falseAlarm + confused) / speech : 0;
}

export function sumOf(all: readonly DiarizationErrors[]): DiarizationErrors {
  const sum = { speech: 0, missed: 0, falseAlarm: 0, confused: 0 };
  for (const one of all) {
    sum.speech += one.speech;
    sum.missed += one.missed;
    sum.falseAlarm += one.falseAlarm;
    sum.confused += one.confused;
  }
  return sum;
}

/** What each name of the reference is called in what was found: as seconds in common are most. */
export function namesOf(
  reference: readonly SpokenSpan[],
  found: readonly SpokenSpan[],
): ReadonlyMap<string, string> {
  return pairsOf(regionsOf(reference, found, 0));
}

/** A stretch in which nobody begins or ends. */
interface Region {
  start: number;
  end: number;
  seconds: number;
  speaking: ReadonlySet<string>;
  heard: ReadonlySet<string>;
}

function regionsOf(
  reference: readonly SpokenSpan[],
  found: readonly SpokenSpan[],
  collarSeconds: number,
): Region[] {
  const spans = [...reference, ...found];
  const collars = reference.flatMap(({ start, end }) => [start, end]);
  const edges = [
    ...spans.flatMap(({ start, end }) => [start, end]),
    ...collars.flatMap((edge) => [edge - collarSeconds, edge + collarSeconds]),
  ].sort((a, b) => a - b);
  return edges.slice(1).flatMap((end, i) => {
    const start = edges[i] ?? end;
    const seconds = end - start;
    if (seconds <= 0) return [];
    return {
      start,
      end,
      seconds,
      speaking: speakersAt(reference, start, end),
      heard: speakersAt(found, start, end),
    };
  });
}

function speakersAt(spans: readonly SpokenSpan[], start: number, end: number): Set<string> {
  const middle = (start + end) / 2;
  return new Set(
    spans.filter((span) => span.start <= middle && span.end > middle).map(({ speaker }) => speaker),
  );
}

function scored(
  regions: readonly Region[],
  reference: readonly SpokenSpan[],
  collarSeconds: number,
): Region[] {
  const edges = reference.flatMap(({ start, end }) => [start, end]);
  return regions.filter(({ start, end }) =>
    edges.every((edge) => Math.abs((start + end) / 2 - edge) >= collarSeconds),
  );
}

function pairsOf(regions: readonly Region[]): Map<string, string> {
  const speakers = [...new Set(regions.flatMap(({ speaking }) => [...speaking]))];
  const labels = [...new Set(regions.flatMap(({ heard }) => [...heard]))];
  const shared = speakers.map((speaker) =>
    labels.map((label) =>
      regions
        .filter(({ speaking, heard }) => speaking.has(speaker) && heard.has(label))
        .reduce((sum, { seconds }) => sum + seconds, 0),
    ),
  );
  const pairs = bestPairs(shared).map(
    ([row, column]) => [speakers[row] ?? "", labels[column] ?? ""] as const,
  );
  return new Map(pairs);
}

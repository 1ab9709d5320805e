import { UsageError } from "./errors.ts";

const UNIT_MS: Record<string, number> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

const FORMS =
  "Write a span such as 12h, 90d or 4w, a date such as 2027-01-31, or a time with its zone such as 2027-01-31T12:00Z";

/** A time to come, as people write it. Days begin at midnight UTC. @throws {UsageError} */
export function futureTime(flag: string, text: string, now: Date): Date {
  const time = parseTime(text, now);
  if (time === null) throw new UsageError(`${flag} is ${JSON.stringify(text)}, which is no time. ${FORMS}.`);
  if (time <= now) throw new UsageError(`${flag} is ${JSON.stringify(text)}, which has passed. ${FORMS}.`);
  return time;
}

function parseTime(text: string, now: Date): Date | null {
  const span = /^(\d{1,5})([hdw])$/.exec(text);
  if (span) return new Date(now.getTime() + Number(span[1]) * (UNIT_MS[span[2] ?? ""] ?? 0));
  const written = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.exec(text);
  const time = new Date(isDay(written?.[1] ?? "") ? text : NaN);
  return Number.isNaN(time.getTime()) ? null : time;
}

/** JavaScript takes the 31st of February for a day in March. */
function isDay(date: string): boolean {
  const day = new Date(date);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
}

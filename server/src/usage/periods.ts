/** From `start`, included, to `end`, not included; null for a period that does not end. */
export interface Period {
  start: Date;
  end: Date | null;
}

/**
 * The month that `now` lies in, where months are counted from `anchor`: they begin on its day and at its time (UTC), or
 * on a month's last day where there is no such day. A clock that stands before the anchor gets the first month.
 */
export function monthOf(anchor: Date, now: Date): { start: Date; end: Date } {
  const months =
    12 * (now.getUTCFullYear() - anchor.getUTCFullYear()) + now.getUTCMonth() - anchor.getUTCMonth();
  const count = Math.max(0, monthsAfter(anchor, months) > now ? months - 1 : months);
  return { start: monthsAfter(anchor, count), end: monthsAfter(anchor, count + 1) };
}

function monthsAfter(anchor: Date, count: number): Date {
  const month = anchor.getUTCMonth() + count;
  const lastDay = new Date(Date.UTC(anchor.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const date = new Date(anchor);
  date.setUTCFullYear(anchor.getUTCFullYear(), month, Math.min(anchor.getUTCDate(), lastDay));
  return date;
}

import fc from "fast-check";
import { expect, test } from "vitest";
import { monthOf } from "./periods.ts";

const iso = ({ start, end }: { start: Date; end: Date }) => [start.toISOString(), end.toISOString()];

test("months begin on the anchor's day and time, or on a month's last day where there is none", () => {
  const anchor = new Date("2024-01-31T10:00:00.000Z");
  expect(iso(monthOf(anchor, anchor))).toEqual(["2024-01-31T10:00:00.000Z", "2024-02-29T10:00:00.000Z"]);
  expect(iso(monthOf(anchor, new Date("2024-02-29T09:59:59.999Z")))[0]).toBe("2024-01-31T10:00:00.000Z");
  expect(iso(monthOf(anchor, new Date("2024-02-29T10:00:00.000Z")))).toEqual([
    "2024-02-29T10:00:00.000Z",
    "2024-03-31T10:00:00.000Z",
  ]);
  expect(iso(monthOf(anchor, new Date("2025-04-30T12:00:00.000Z")))).toEqual([
    "2025-04-30T10:00:00.000Z",
    "2025-05-31T10:00:00.000Z",
  ]);
});

const dates = fc.date({ min: new Date("1990-01-01"), max: new Date("2200-01-01"), noInvalidDate: true });

test("every moment after the anchor lies in one month, and months follow each other without a gap", () => {
  fc.assert(
    fc.property(dates, dates, (one, other) => {
      const [anchor, now] = one < other ? [one, other] : [other, one];
      const { start, end } = monthOf(anchor, now);
      expect(start <= now && now < end && start >= anchor).toBe(true);
      expect(monthOf(anchor, end).start).toEqual(end);
      expect(monthOf(anchor, new Date(end.getTime() - 1))).toEqual({ start, end });
    }),
  );
});

test("a clock that stands before the anchor gets the first month", () => {
  const anchor = new Date("2026-05-17T00:00:00.000Z");
  expect(monthOf(anchor, new Date("2026-05-16T23:59:59.000Z")).start).toEqual(anchor);
  expect(monthOf(anchor, new Date("2020-01-01T00:00:00.000Z")).start).toEqual(anchor);
});

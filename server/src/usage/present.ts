import type { UsageEntryKind } from "../database/tables.ts";
import { readOnly } from "../http/fields.ts";
import { type Output, serializer } from "../http/serializer.ts";
import { nullable, oneOf } from "../http/shapes.ts";
import { apiTime } from "../http/times.ts";
import type { Balance, UsageEntry } from "./ledger.ts";

export const ENTRY_KINDS = [
  "reserve",
  "settle",
  "release",
  "grant",
  "adjust",
] as const satisfies UsageEntryKind[];

/** Where somebody stands. */
export const USAGE = serializer("Usage", {
  plan: readOnly("string"),
  active: readOnly("boolean"),
  minutes_included: readOnly(nullable("number"), {
    help: "In this period, with what was granted; null for no limit.",
  }),
  minutes_used: readOnly("number"),
  minutes_reserved: readOnly("number"),
  minutes_remaining: readOnly(nullable("number"), { help: "Null for no limit." }),
  period_start: readOnly("datetime"),
  period_end: readOnly(nullable("datetime"), { help: "Null for the trial, which has one period." }),
});

/** A line of the ledger. */
export const ENTRY = serializer("UsageEntry", {
  id: readOnly("integer"),
  kind: readOnly(oneOf(ENTRY_KINDS)),
  seconds: readOnly("integer", {
    help: "Set aside, charged, given back, or granted; below zero where minutes were taken back.",
  }),
  file: readOnly(nullable("integer"), { help: "It may be deleted by now." }),
  task: readOnly(nullable("integer")),
  plan: readOnly("string"),
  period_start: readOnly("datetime", { help: "Of the period that it counts in." }),
  actor: readOnly(nullable("integer"), {
    help: "Id of the user who did it; null for the service and its operators.",
  }),
  reason: readOnly(nullable("string")),
  created_at: readOnly("datetime"),
});

export function presentUsage(balance: Balance): Output<typeof USAGE> {
  const { period } = balance;
  return {
    plan: balance.plan,
    active: balance.active,
    minutes_included: minutesOrNull(balance.includedSeconds),
    minutes_used: minutes(balance.usedSeconds),
    minutes_reserved: minutes(balance.reservedSeconds),
    minutes_remaining: minutesOrNull(balance.remainingSeconds),
    period_start: apiTime(period.start.toISOString()),
    period_end: period.end && apiTime(period.end.toISOString()),
  };
}

/** To four places, from which whole seconds can be told again. */
function minutes(seconds: number): number {
  return Number((seconds / 60).toFixed(4));
}

function minutesOrNull(seconds: number | null): number | null {
  return seconds === null ? null : minutes(seconds);
}

export function presentEntry(entry: UsageEntry): Output<typeof ENTRY> {
  return {
    id: entry.id,
    kind: entry.kind,
    seconds: SECONDS[entry.kind](entry),
    file: entry.file_id,
    task: entry.task_id,
    plan: entry.plan,
    period_start: apiTime(entry.period_start),
    actor: entry.actor_id,
    reason: entry.reason,
    created_at: apiTime(entry.created_at),
  };
}

/** What an entry of each kind is about. */
const SECONDS: Record<UsageEntryKind, (entry: UsageEntry) => number> = {
  reserve: (entry) => entry.reserved_seconds,
  settle: (entry) => entry.used_seconds,
  release: (entry) => -entry.reserved_seconds,
  grant: (entry) => entry.granted_seconds,
  adjust: (entry) => entry.granted_seconds,
};

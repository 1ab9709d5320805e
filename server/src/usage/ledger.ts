import type { Selectable } from "kysely";
import type { Executor, Tx } from "../database/open.ts";
import type { Tables, UsageReason } from "../database/tables.ts";
import { UsageError } from "../http/errors.ts";
import type { Period } from "./periods.ts";
import { type Plans, subscriptionOf, type Terms, termsOf, TRIAL } from "./plans.ts";

export type UsageEntry = Selectable<Tables["usage_entries"]>;

/** Where a user stands in their period, in whole seconds. */
export interface Balance {
  plan: string;
  active: boolean;
  period: Period;
  /** With what was granted; null for no limit. */
  includedSeconds: number | null;
  usedSeconds: number;
  reservedSeconds: number;
  /** Never below zero, also where minutes were taken back; null for no limit. */
  remainingSeconds: number | null;
}

export async function balanceOf(
  executor: Executor,
  plans: Plans,
  userId: number,
  now: Date,
): Promise<Balance> {
  return balanceUnder(executor, userId, termsOf(await subscriptionOf(executor, userId), plans, now));
}

async function balanceUnder(executor: Executor, userId: number, terms: Terms): Promise<Balance> {
  const { granted, used, reserved } = await sumsOf(executor, userId, terms);
  const included = terms.includedSeconds === null ? null : terms.includedSeconds + granted;
  return {
    plan: terms.plan,
    active: terms.active,
    period: terms.period,
    includedSeconds: included,
    usedSeconds: used,
    reservedSeconds: reserved,
    remainingSeconds: included === null ? null : Math.max(0, included - used - reserved),
  };
}

async function sumsOf(executor: Executor, userId: number, { plan, period }: Terms) {
  const { granted, used, reserved } = await executor
    .selectFrom("usage_entries")
    .select((eb) => [
      eb.fn.sum<number | null>("granted_seconds").as("granted"),
      eb.fn.sum<number | null>("used_seconds").as("used"),
      eb.fn.sum<number | null>("reserved_seconds").as("reserved"),
    ])
    .where("user_id", "=", userId)
    .where("plan", "=", plan)
    .where("period_start", "=", period.start.toISOString())
    .executeTakeFirstOrThrow();
  return { granted: granted ?? 0, used: used ?? 0, reserved: reserved ?? 0 };
}

export const USAGE_REASONS = [
  "free_trial_exceeded",
  "minutes_exceeded",
  "subscription_inactive",
] as const satisfies UsageReason[];

const DETAILS = {
  free_trial_exceeded: "Free trial limit exceeded.",
  minutes_exceeded: "The minutes of your plan are used up.",
  subscription_inactive: "Your subscription is not active.",
} as const satisfies Record<UsageReason, string>;

/** The body of the documented error (api.md, section 3), which is also an upload's notice. */
export function usageBody(reason: UsageReason): { detail: string; reason: UsageReason } {
  return { detail: DETAILS[reason], reason };
}

export function usageError(reason: UsageReason): UsageError {
  return new UsageError(DETAILS[reason], reason);
}

/**
 * Why a recording of this length cannot be transcribed for a user now; null where it can. Reserve in the same
 * transaction: nobody else's reservation can come between, so whatever runs at once, the sum never passes the limit.
 */
export async function refusalOf(
  tx: Tx,
  plans: Plans,
  userId: number,
  seconds: number,
  now: Date,
): Promise<UsageReason | null> {
  const terms = termsOf(await subscriptionOf(tx, userId), plans, now);
  const { plan, active } = terms;
  // Summing 200,000 entries of one period took 40 ms, for which every other writer would wait.
  if (active && terms.includedSeconds === null) return null;
  const { remainingSeconds } = await balanceUnder(tx, userId, terms);
  if (active && wholeSeconds(seconds) <= (remainingSeconds ?? 0)) return null;
  if (plan === TRIAL) return "free_trial_exceeded";
  return active ? "minutes_exceeded" : "subscription_inactive";
}

/** Sets a recording's length aside for a task, until it ends. */
export async function reserveMinutes(
  tx: Tx,
  plans: Plans,
  task: { id: number; fileId: number; userId: number; seconds: number },
  now: Date,
): Promise<void> {
  await tx
    .insertInto("usage_entries")
    .values({
      ...(await entryOf(tx, plans, task.userId, now)),
      kind: "reserve",
      reserved_seconds: wholeSeconds(task.seconds),
      task_id: task.id,
      file_id: task.fileId,
      actor_id: task.userId,
    })
    .execute();
}

/** A row for the user's present period that changes nothing yet. */
async function entryOf(tx: Tx, plans: Plans, userId: number, now: Date) {
  const { plan, period } = termsOf(await subscriptionOf(tx, userId), plans, now);
  return {
    user_id: userId,
    plan,
    period_start: period.start.toISOString(),
    granted_seconds: 0,
    reserved_seconds: 0,
    used_seconds: 0,
    created_at: now.toISOString(),
  };
}

/**
 * Charges a task that succeeded with its speech, and gives the rest of its reservation back. Never more than was
 * reserved: a recording that turns out longer than its header said must not carry the sum past the limit.
 */
export function settleMinutes(tx: Tx, taskId: number, speechSeconds: number, now: Date): Promise<void> {
  return endReservation(tx, taskId, { kind: "settle", used: wholeSeconds(speechSeconds), reason: null }, now);
}

/** Why a reservation was given back. */
export type ReleaseReason = "failed" | "cancelled" | "deleted";

/** Gives a task's whole reservation back. */
export function releaseMinutes(tx: Tx, taskId: number, reason: ReleaseReason, now: Date): Promise<void> {
  return endReservation(tx, taskId, { kind: "release", used: 0, reason }, now);
}

/** A task ends once: what comes second changes nothing. Tasks from before minutes were counted have nothing reserved. */
async function endReservation(
  tx: Tx,
  taskId: number,
  end: { kind: "settle" | "release"; used: number; reason: string | null },
  now: Date,
): Promise<void> {
  const reserved = await tx
    .selectFrom("usage_entries")
    .selectAll()
    .where("task_id", "=", taskId)
    .where("kind", "=", "reserve")
    .executeTakeFirst();
  if (!reserved) return;
  const { id: _id, ...entry } = reserved;
  await tx
    .insertInto("usage_entries")
    .values({
      ...entry,
      kind: end.kind,
      reserved_seconds: -reserved.reserved_seconds,
      used_seconds: Math.min(end.used, reserved.reserved_seconds),
      actor_id: null,
      reason: end.reason,
      created_at: now.toISOString(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Adds minutes to a user's present period, or takes some back where `minutes` is negative.
 *
 * @param actorId null for an operator on the server's machine
 * @returns the entry's id
 */
export async function grantMinutes(
  tx: Tx,
  plans: Plans,
  grant: { userId: number; minutes: number; reason: string; actorId: number | null },
  now: Date,
): Promise<number> {
  const { id } = await tx
    .insertInto("usage_entries")
    .values({
      ...(await entryOf(tx, plans, grant.userId, now)),
      kind: grant.minutes > 0 ? "grant" : "adjust",
      granted_seconds: grant.minutes * 60,
      actor_id: grant.actorId,
      reason: grant.reason,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/** Rounded up; a millionth of a second over is how floating point says that nothing is over. */
function wholeSeconds(seconds: number): number {
  return Math.ceil(seconds - 1e-6);
}

/** A user's entries. */
export function entryRows(executor: Executor, userId: number) {
  return executor.selectFrom("usage_entries").selectAll().where("user_id", "=", userId);
}

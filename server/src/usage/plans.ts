import type { Config } from "../config/config.ts";
import type { Executor, Tx } from "../database/open.ts";
import { monthOf, type Period } from "./periods.ts";

/** What is configured: minutes of the trial, and the paid plans with their minutes a month. */
export type Plans = Pick<Config, "trialMinutes" | "plans">;

/** The plan of whoever was given none: so many minutes in all. */
export const TRIAL = "trial";
/** No limit; what is used is counted all the same. */
export const UNLIMITED = "unlimited";

/** Every plan that a user can be on. */
export function planNames(plans: Plans): string[] {
  return [TRIAL, UNLIMITED, ...Object.keys(plans.plans)];
}

export interface Subscription {
  userId: number;
  plan: string;
  /** When the account was made: trials count from there, so that leaving and coming back gives no second one. */
  accountSince: Date;
  startedAt: Date;
  endsAt: Date | null;
}

/** What a user may use at some moment. */
export interface Terms {
  plan: string;
  active: boolean;
  /** In the period; null for no limit. */
  includedSeconds: number | null;
  period: Period;
}

export async function subscriptionOf(executor: Executor, userId: number): Promise<Subscription> {
  const row = await executor
    .selectFrom("users")
    .leftJoin("subscriptions", "subscriptions.user_id", "users.id")
    .select(["users.created_at", "subscriptions.plan", "subscriptions.started_at", "subscriptions.ends_at"])
    .where("users.id", "=", userId)
    .executeTakeFirstOrThrow();
  return {
    userId,
    plan: row.plan ?? TRIAL,
    accountSince: new Date(row.created_at),
    startedAt: new Date(row.started_at ?? row.created_at),
    endsAt: row.ends_at === null ? null : new Date(row.ends_at),
  };
}

/** A plan that ended, or is no longer configured, is not active and includes nothing. */
export function termsOf(subscription: Subscription, plans: Plans, now: Date): Terms {
  const { plan, endsAt } = subscription;
  const active = planNames(plans).includes(plan) && (endsAt === null || now < endsAt);
  const period =
    plan === TRIAL ? { start: subscription.accountSince, end: null } : monthOf(subscription.startedAt, now);
  return { plan, active, includedSeconds: active ? includedSeconds(plan, plans) : 0, period };
}

function includedSeconds(plan: string, plans: Plans): number | null {
  if (plan === UNLIMITED) return null;
  const minutes = plan === TRIAL ? plans.trialMinutes : (plans.plans[plan] ?? 0);
  return minutes * 60;
}

/**
 * Puts a user on a plan, whose months begin now. Somebody who is on it already stays in their month: only its end changes.
 *
 * @param endsAt when it stops being active; null for never
 */
export async function setPlan(
  tx: Tx,
  userId: number,
  { plan, endsAt }: { plan: string; endsAt: Date | null },
  now: Date,
): Promise<void> {
  const ends = { ends_at: endsAt?.toISOString() ?? null };
  const stays = (await subscriptionOf(tx, userId)).plan === plan;
  const row = { plan, started_at: now.toISOString(), ...ends };
  await tx
    .insertInto("subscriptions")
    .values({ user_id: userId, ...row })
    .onConflict((conflict) => conflict.column("user_id").doUpdateSet(stays ? ends : row))
    .execute();
}

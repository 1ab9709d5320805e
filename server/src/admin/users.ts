import { AccountError, type Actor, setActive, userByEmail } from "../accounts/users.ts";
import { audit, type AuditAction } from "../audit/audit.ts";
import type { Executor, Tx } from "../database/open.ts";
import { grantMinutes } from "../usage/ledger.ts";
import { type Plans, setPlan, TRIAL } from "../usage/plans.ts";

/** Users with the plan that they are on. */
export function adminUserRows(executor: Executor) {
  return executor
    .selectFrom("users")
    .leftJoin("subscriptions", "subscriptions.user_id", "users.id")
    .select(["users.id", "users.email", "users.name", "users.is_active", "users.is_admin"])
    .select((eb) => [
      "users.created_at",
      "subscriptions.ends_at as plan_ends_at",
      eb.fn.coalesce("subscriptions.plan", eb.val(TRIAL)).as("plan"),
    ]);
}

export interface AdminUser {
  id: number;
  email: string;
  name: string;
  is_active: number;
  is_admin: number;
  plan: string;
  plan_ends_at: string | null;
  created_at: string;
}

export function findAdminUser(executor: Executor, id: number): Promise<AdminUser | undefined> {
  return adminUserRows(executor).where("users.id", "=", id).executeTakeFirst();
}

/** @throws {AccountError} where there is none */
export async function adminUserByEmail(executor: Executor, email: string): Promise<AdminUser> {
  const { id } = await userByEmail(executor, email);
  return adminUserRows(executor).where("users.id", "=", id).executeTakeFirstOrThrow();
}

export interface UserChange {
  is_active?: boolean | undefined;
  is_admin?: boolean | undefined;
  plan?: string | undefined;
  plan_ends_at?: Date | null | undefined;
}

type Flag = "is_active" | "is_admin";

/** Nobody would be left who could let anybody in again. */
export class LastAdministratorError extends AccountError {
  override name = "LastAdministratorError";
  /** What was to be taken from them. */
  readonly flag: Flag;

  constructor(flag: Flag) {
    super("This is the last active administrator. Make somebody else one first.");
    this.flag = flag;
  }
}

type By = Pick<Actor, "userId" | "via"> | "operator";

/**
 * Lets a user in or keeps them out, makes them an administrator or no longer one, changes their plan; what stays as it is
 * is not written down.
 *
 * @throws {LastAdministratorError} where nobody would be left to administer
 */
export async function changeUser(
  tx: Tx,
  by: By,
  user: AdminUser,
  change: UserChange,
  now: Date,
): Promise<void> {
  await changeFlag(tx, by, user, "is_active", change.is_active, now);
  await changeFlag(tx, by, user, "is_admin", change.is_admin, now);
  await changePlan(tx, by, user, change, now);
}

const FLAG_ACTIONS = {
  is_active: ["user.deactivated", "user.activated"],
  is_admin: ["user.unmade_admin", "user.made_admin"],
} as const satisfies Record<Flag, [off: AuditAction, on: AuditAction]>;

async function changeFlag(
  tx: Tx,
  by: By,
  user: AdminUser,
  flag: Flag,
  wanted: boolean | undefined,
  now: Date,
): Promise<void> {
  if (wanted === undefined || wanted === (user[flag] === 1)) return;
  if (flag === "is_active") await setActive(tx, user.email, wanted);
  else await setAdmin(tx, user.id, wanted);
  if (!wanted && user.is_admin === 1 && !(await hasAdministrator(tx))) throw new LastAdministratorError(flag);
  const [off, on] = FLAG_ACTIONS[flag];
  await audit(tx, by, wanted ? on : off, { type: "user", id: user.id }, { email: user.email }, now);
}

async function setAdmin(tx: Tx, id: number, isAdmin: boolean): Promise<void> {
  await tx
    .updateTable("users")
    .set({ is_admin: isAdmin ? 1 : 0 })
    .where("id", "=", id)
    .execute();
}

async function hasAdministrator(tx: Tx): Promise<boolean> {
  const one = await tx
    .selectFrom("users")
    .select("id")
    .where("is_admin", "=", 1)
    .where("is_active", "=", 1)
    .executeTakeFirst();
  return one !== undefined;
}

/** A new plan has no end unless one is named; the same plan keeps its own. */
async function changePlan(tx: Tx, by: By, user: AdminUser, change: UserChange, now: Date): Promise<void> {
  const plan = change.plan ?? user.plan;
  const kept = plan === user.plan && user.plan_ends_at !== null ? new Date(user.plan_ends_at) : null;
  const endsAt = change.plan_ends_at === undefined ? kept : change.plan_ends_at;
  const ends_at = endsAt?.toISOString() ?? null;
  if (plan === user.plan && ends_at === user.plan_ends_at) return;
  await setPlan(tx, user.id, { plan, endsAt }, now);
  const detail = {
    email: user.email,
    from: { plan: user.plan, ends_at: user.plan_ends_at },
    to: { plan, ends_at },
  };
  await audit(tx, by, "user.plan_changed", { type: "user", id: user.id }, detail, now);
}

export interface Grant {
  /** Below zero to take some back. */
  minutes: number;
  reason: string;
}

/** Adds minutes to a user's present period. @returns the ledger entry's id */
export async function grantToUser(
  tx: Tx,
  plans: Plans,
  by: By,
  user: Pick<AdminUser, "id" | "email">,
  { minutes, reason }: Grant,
  now: Date,
): Promise<number> {
  const actorId = by === "operator" ? null : by.userId;
  const id = await grantMinutes(tx, plans, { userId: user.id, minutes, reason, actorId }, now);
  const detail = { email: user.email, minutes, reason, entry: id };
  await audit(tx, by, "user.minutes_granted", { type: "user", id: user.id }, detail, now);
  return id;
}

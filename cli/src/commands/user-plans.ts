import { type AdminUser, adminUserByEmail, changeUser, grantToUser } from "@uspeech/server/admin/users.ts";
import { LIMITS } from "@uspeech/server/config/limits.ts";
import type { Database, Tx } from "@uspeech/server/database/open.ts";
import { apiTime, apiTimeOrNull } from "@uspeech/server/http/times.ts";
import { balanceOf } from "@uspeech/server/usage/ledger.ts";
import { planNames } from "@uspeech/server/usage/plans.ts";
import { presentUsage } from "@uspeech/server/usage/present.ts";
import { type Command, defineCommand, oneOf, wholeNumber } from "../command.ts";
import { readSettings, type Settings, withDatabase } from "../data-folder.ts";
import { UsageError } from "../errors.ts";
import { futureTime } from "../times.ts";

const plan = defineCommand({
  name: "users plan",
  operands: ["EMAIL", "PLAN"],
  summary: "Put a user on a plan.",
  details: `PLAN is trial, unlimited, or one of USPEECH_PLANS. The months of a new plan begin now; somebody who is on it already
stays in their month.`,
  flags: {
    until: { value: "TIME", help: "When it stops being active: 90d, 2027-01-31 or 2027-01-31T12:00Z." },
  },
  async run({ operands: [email = "", name = ""], flags, terminal }) {
    const settings = readSettings(terminal.env);
    const now = new Date();
    const wanted = oneOf("PLAN", name, planNames(settings.config));
    const plan_ends_at = flags.until === undefined ? null : futureTime("--until", flags.until, now);
    const changed = await inTransaction(settings, async (tx) => {
      const user = await adminUserByEmail(tx, email);
      await changeUser(tx, "operator", user, { plan: wanted, plan_ends_at }, now);
      return shown(tx, settings, await adminUserByEmail(tx, email), now);
    });
    terminal.report(`${changed.email} is on the plan ${changed.plan}.`, changed);
  },
});

export const userPlanCommands: readonly Command[] = [
  plan,
  adjustment("grant", 1, "Give a user minutes for their present period, beyond those of their plan."),
  adjustment("take", -1, "Take minutes of a user's present period back."),
];

function adjustment(verb: string, sign: 1 | -1, summary: string): Command {
  return defineCommand({
    name: `users ${verb}`,
    operands: ["EMAIL", "MINUTES"],
    summary,
    details: "The reason stays in the ledger, where the user sees it.",
    flags: { reason: { value: "R", help: "Why.", required: true } },
    async run({ operands: [email = "", typed = ""], flags: { reason }, terminal }) {
      const { grantMinutesMax, grantReasonCharactersMax } = LIMITS.usage;
      const minutes = sign * wholeNumber("MINUTES", typed, 1, grantMinutesMax);
      if (reason.trim() === "" || reason.length > grantReasonCharactersMax)
        throw new UsageError(`--reason must have 1 to ${grantReasonCharactersMax} characters.`);
      const settings = readSettings(terminal.env);
      const changed = await adjust(settings, email, { minutes, reason: reason.trim() });
      const left = changed.usage.minutes_remaining ?? "unlimited";
      terminal.report(`${changed.email} has ${left} minutes left.`, changed);
    },
  });
}

function adjust(settings: Settings, email: string, grant: { minutes: number; reason: string }) {
  const now = new Date();
  return inTransaction(settings, async (tx) => {
    const user = await adminUserByEmail(tx, email);
    await grantToUser(tx, settings.config, "operator", user, grant, now);
    return shown(tx, settings, user, now);
  });
}

function inTransaction<T>(settings: Settings, work: (tx: Tx) => Promise<T>): Promise<T> {
  return withDatabase(settings, { create: false }, (db: Database) => db.transaction().execute(work));
}

/** As `/api/admin/users/` shows them. */
async function shown(tx: Tx, { config }: Settings, user: AdminUser, now: Date) {
  return {
    id: user.id,
    email: user.email,
    plan: user.plan,
    plan_ends_at: apiTimeOrNull(user.plan_ends_at),
    usage: presentUsage(await balanceOf(tx, config, user.id, now)),
    created_at: apiTime(user.created_at),
  };
}

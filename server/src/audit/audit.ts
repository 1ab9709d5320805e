import type { Actor } from "../accounts/users.ts";
import type { Database, Executor } from "../database/open.ts";

/** Everything that is written down. */
export const AUDIT_ACTIONS = [
  "session.begun",
  "session.refused",
  "session.ended",
  "user.created",
  "user.registered",
  "user.activated",
  "user.deactivated",
  "user.made_admin",
  "user.unmade_admin",
  "user.password_changed",
  "user.email_changed",
  "user.plan_changed",
  "user.minutes_granted",
  "api_key.created",
  "api_key.revoked",
  "team.created",
  "team.deleted",
  "team.member_invited",
  "team.member_added",
  "team.member_changed",
  "team.member_removed",
  "project.moved",
  "project.shared",
  "project.share_changed",
  "project.unshared",
  "webhook.created",
  "webhook.secret_rotated",
  "webhook.deleted",
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export const AUDIT_SUBJECTS = ["user", "api_key", "session", "team", "project", "webhook"] as const;

/** Whom or what it was done to; `id` is null where there is nothing that has one, as for a login to no account. */
export interface AuditSubject {
  type: (typeof AUDIT_SUBJECTS)[number];
  id: number | null;
}

/**
 * Writes down who did what to whom, in the transaction that does it: either both are there, or neither.
 *
 * @param actor `"operator"` for somebody on the server's machine, null for somebody who did not say who they are
 * @param detail what is worth knowing later, as plain JSON: e-mail addresses, roles, old and new values. Never a secret
 */
export async function audit(
  executor: Executor,
  actor: Pick<Actor, "userId" | "via"> | "operator" | null,
  action: AuditAction,
  subject: AuditSubject,
  detail: Record<string, unknown>,
  now: Date,
): Promise<void> {
  const who = typeof actor === "string" ? null : actor;
  await executor
    .insertInto("audit_entries")
    .values({
      actor_id: who?.userId ?? null,
      via: actor === "operator" ? "operator" : (who?.via ?? "nobody"),
      action,
      subject_type: subject.type,
      subject_id: subject.id,
      detail_json: JSON.stringify(detail),
      created_at: now.toISOString(),
    })
    .execute();
}

/** Forgets what was written down before a time. The database refuses where that is less than 30 days ago. */
export async function forgetOldEntries(db: Database, before: Date): Promise<void> {
  await db.deleteFrom("audit_entries").where("created_at", "<", before.toISOString()).execute();
}

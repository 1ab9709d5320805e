import type { Actor } from "../accounts/users.ts";
import { PermissionDenied } from "../http/errors.ts";

/** For a view's `permission`: administrators, by session or by key, and nobody else. @throws {PermissionDenied} */
export function administrators(actor: Actor): void {
  if (!actor.isAdmin) throw new PermissionDenied();
}

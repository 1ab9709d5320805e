import type { Actor } from "../accounts/users.ts";
import type { Executor } from "../database/open.ts";

/** What the actor is to a project. */
export type Role = "owner";

/**
 * The projects that exist for the actor, as a query to select from or to restrict others by. Everything that shows or
 * changes something of a project goes through this: what it does not give is answered as if it were not there.
 */
export function visibleProjects(executor: Executor, actor: Actor) {
  return executor.selectFrom("projects").where("projects.owner_id", "=", actor.userId);
}

/** Ids of {@link visibleProjects}, for `where … in`. */
export function visibleProjectIds(executor: Executor, actor: Actor) {
  return visibleProjects(executor, actor).select("projects.id");
}

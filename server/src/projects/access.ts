import { sql, type SqlBool } from "kysely";
import type { Actor } from "../accounts/users.ts";
import { compiledOnce } from "../database/compiled.ts";
import type { Executor } from "../database/open.ts";
import type { TeamRole } from "../database/tables.ts";
import { NotFound, PermissionDenied } from "../http/errors.ts";

/** What somebody can be to a project, the strongest first. Who is none of these does not know that there is one. */
export const PROJECT_ROLES = ["owner", "team_admin", "edit", "view"] as const;
export type ProjectRole = (typeof PROJECT_ROLES)[number];

/**
 * `read` is seeing and downloading; `edit` is uploading, renaming, correcting, transcribing, cancelling and deleting files;
 * `administer` is changing and deleting the project or the team itself, and deciding who else comes in.
 */
export type Action = "read" | "edit" | "administer";

const PERMITTED: Record<ProjectRole | TeamRole, readonly Action[]> = {
  owner: ["read", "edit", "administer"],
  team_admin: ["read", "edit", "administer"],
  edit: ["read", "edit"],
  view: ["read"],
  // In a team.
  admin: ["read", "administer"],
  member: ["read"],
};

/** The one answer to who may do what, for projects with everything in them and for teams. */
export function permits(role: ProjectRole | TeamRole, action: Action): boolean {
  return PERMITTED[role].includes(action);
}

/** Whose view of the projects it is. */
export type Viewer = Pick<Actor, "userId">;

/**
 * Everything that opens a project to the actor: a row for each reason, so that one project may have several. Restricted to
 * some projects, each of the three parts uses its index. What a share permits is a role's name.
 */
function grants({ userId }: Viewer) {
  return sql<{ project_id: number; role: ProjectRole }>`(
    select id as project_id, 'owner' as role from projects where owner_id = ${userId}
    union all
    select projects.id, 'team_admin' from team_members
    join projects on projects.team_id = team_members.team_id
    where team_members.user_id = ${userId} and team_members.role = 'admin'
    union all
    select project_id, permission from project_shares where user_id = ${userId})`.as("grants");
}

/**
 * The projects that exist for the actor, as a query to select from or to restrict others by. Everything that shows or
 * changes something of a project goes through this: what it does not give is answered as if it were not there.
 */
export function visibleProjects(executor: Executor, actor: Viewer) {
  return executor.selectFrom("projects").where("projects.id", "in", visibleProjectIds(executor, actor));
}

/** Ids of {@link visibleProjects}, for `where … in`. */
export function visibleProjectIds(executor: Executor, actor: Viewer) {
  return executor.selectFrom(grants(actor)).select("grants.project_id");
}

/** What projects count of what is in them. */
export type CountColumn = "file_count" | "transcript_count" | "task_count";

/** How many files, transcripts or tasks the actor sees, from the counts that projects keep. */
export async function visibleCount(executor: Executor, actor: Actor, column: CountColumn): Promise<number> {
  const [sum] = await VISIBLE_COUNTS[column](executor, actor.userId);
  return sum?.total ?? 0;
}

function countVisible(column: CountColumn) {
  return compiledOnce((executor, userId: number) =>
    visibleProjects(executor, { userId }).select((eb) =>
      eb.fn.sum<number | null>(`projects.${column}`).as("total"),
    ),
  );
}

const VISIBLE_COUNTS = {
  file_count: countVisible("file_count"),
  transcript_count: countVisible("transcript_count"),
  task_count: countVisible("task_count"),
};

/** How the rows of a page are found: those of the visible projects, or all in order until enough are visible. */
export type Search = "seek" | "walk";

/**
 * The faster way to a page of files, or of what belongs to files, in the order of an index. To walk looks at as many rows
 * as fill the page, divided by the share of all rows that the actor sees; to seek looks at all that they see, and sorts them.
 *
 * @param visible how many of the rows the actor sees
 */
export async function searchFor(
  executor: Executor,
  visible: number,
  { limit, offset }: { limit: number; offset: number },
): Promise<Search> {
  const [newest] = await newestFile(executor);
  const all = newest?.id ?? 0;
  return (offset + limit) * all < visible ** 2 ? "walk" : "seek";
}

const newestFile = compiledOnce((executor) =>
  executor.selectFrom("files").select("id").orderBy("id", "desc").limit(1),
);

/** Whether a file's project is visible to the actor, for `where`. */
export function inVisibleProject(executor: Executor, actor: Viewer, search: Search = "seek") {
  const projectId = sql.ref("files.project_id");
  // What is computed is looked up in no index.
  const sought = search === "walk" ? sql`+${projectId}` : projectId;
  return sql<SqlBool>`${sought} in ${visibleProjectIds(executor, actor)}`;
}

/** What the actor is to each of these projects; those that they cannot see are left out. */
export async function rolesIn(
  executor: Executor,
  actor: Viewer,
  projectIds: readonly number[],
): Promise<Map<number, ProjectRole>> {
  if (projectIds.length === 0) return new Map();
  const granted = await executor
    .selectFrom(grants(actor))
    .selectAll()
    .where("grants.project_id", "in", projectIds)
    .execute();
  const roles = new Map<number, ProjectRole>();
  for (const role of PROJECT_ROLES.toReversed())
    for (const grant of granted) if (grant.role === role) roles.set(grant.project_id, role);
  return roles;
}

/**
 * @returns what the actor is to the project
 * @throws {NotFound} where they cannot see it @throws {PermissionDenied} where they can, but not do this
 */
export async function authorize(
  executor: Executor,
  actor: Actor,
  projectId: number,
  action: Action,
): Promise<ProjectRole> {
  const role = (await rolesIn(executor, actor, [projectId])).get(projectId);
  if (!role) throw new NotFound();
  if (!permits(role, action)) throw new PermissionDenied();
  return role;
}

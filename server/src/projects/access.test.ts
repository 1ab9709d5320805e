import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryDatabase } from "../../test/database.ts";
import { type Actor, createUser } from "../accounts/users.ts";
import type { Database } from "../database/open.ts";
import {
  authorize,
  permits,
  PROJECT_ROLES,
  type ProjectRole,
  rolesIn,
  visibleProjectIds,
  visibleProjects,
} from "./access.ts";

const NOW = new Date("2026-05-17T14:02:11Z");
const [USERS, TEAMS, PROJECTS] = [4, 2, 5];

test("a weaker role may nothing that a stronger one may not", () => {
  const may = PROJECT_ROLES.map((role) =>
    (["read", "edit", "administer"] as const).filter((action) => permits(role, action)),
  );
  expect(may).toEqual([
    ["read", "edit", "administer"],
    ["read", "edit", "administer"],
    ["read", "edit"],
    ["read"],
  ]);
  expect([
    permits("admin", "administer"),
    permits("member", "read"),
    permits("member", "administer"),
  ]).toEqual([true, true, false]);
});

interface World {
  projects: { owner: number; team: number | null }[];
  members: { team: number; user: number; role: "admin" | "member" }[];
  shares: { project: number; user: number; permission: "view" | "edit" }[];
}

const user = fc.integer({ min: 1, max: USERS });
const team = fc.integer({ min: 1, max: TEAMS });
const world: fc.Arbitrary<World> = fc.record({
  projects: fc.array(fc.record({ owner: user, team: fc.option(team) }), {
    minLength: PROJECTS,
    maxLength: PROJECTS,
  }),
  members: fc.uniqueArray(fc.record({ team, user, role: fc.constantFrom("admin", "member") }), {
    selector: (member) => `${member.team} ${member.user}`,
  }),
  shares: fc.uniqueArray(
    fc.record({
      project: fc.integer({ min: 1, max: PROJECTS }),
      user,
      permission: fc.constantFrom("view", "edit"),
    }),
    { selector: (share) => `${share.project} ${share.user}` },
  ),
});

/** The contract in so many words: owned, of a team that they are admin of, or shared; the strongest counts. */
function expectedRole(
  { projects, members, shares }: World,
  userId: number,
  project: number,
): ProjectRole | undefined {
  const { owner, team: of } = projects[project - 1] ?? {};
  if (owner === userId) return "owner";
  if (members.some((one) => one.team === of && one.user === userId && one.role === "admin"))
    return "team_admin";
  return shares.find((share) => share.project === project && share.user === userId)?.permission;
}

test("whatever is owned, shared and put into teams, what is seen and what may be done agree with the contract", async () => {
  const db = await temporaryDatabase();
  for (let id = 1; id <= USERS; id++)
    await createUser(db, { email: `user${id}@example.org`, passwordHash: null, isAdmin: id === 1 }, NOW);
  await fc.assert(
    fc.asyncProperty(world, user, async (made, userId) => {
      await put(db, made);
      const roles = made.projects.map((_, index) => expectedRole(made, userId, index + 1));
      expect(await accessOf(db, userId)).toEqual(roles.map(expectedAccess));
    }),
    { numRuns: 100 },
  );
}, 60_000);

/** What the four ways to ask say of each project. */
async function accessOf(db: Database, userId: number) {
  const actor: Actor = { userId, isAdmin: userId === 1, via: "api_key", sessionId: null };
  const ids = Array.from({ length: PROJECTS }, (_, index) => index + 1);
  const roles = await rolesIn(db, actor, ids);
  const visible = await visibleProjects(db, actor).select("projects.id").execute();
  const visibleIds = await visibleProjectIds(db, actor).execute();
  return Promise.all(
    ids.map(async (id) => ({
      role: roles.get(id),
      isVisible: visible.some((row) => row.id === id),
      isAmongIds: visibleIds.some((row) => row.project_id === id),
      edit: await authorize(db, actor, id, "edit").catch((error: Error) => error.name),
    })),
  );
}

function expectedAccess(role: ProjectRole | undefined) {
  const isVisible = role !== undefined;
  const edit = role === undefined ? "NotFound" : permits(role, "edit") ? role : "PermissionDenied";
  return { role, isVisible, isAmongIds: isVisible, edit };
}

async function put(db: Database, { projects, members, shares }: World): Promise<void> {
  const created_at = NOW.toISOString();
  await db.transaction().execute(async (tx) => {
    for (const table of ["projects", "teams"] as const) await tx.deleteFrom(table).execute();
    for (let id = 1; id <= TEAMS; id++)
      await tx.insertInto("teams").values({ id, name: "team", created_at }).execute();
    for (const member of members)
      await tx
        .insertInto("team_members")
        .values({ team_id: member.team, user_id: member.user, role: member.role, created_at })
        .execute();
    for (const [index, { owner, team: of }] of projects.entries())
      await tx
        .insertInto("projects")
        .values({ ...PROJECT, id: index + 1, owner_id: owner, team_id: of, created_at })
        .execute();
    for (const { project, user: userId, permission } of shares)
      await tx
        .insertInto("project_shares")
        .values({ project_id: project, user_id: userId, permission, created_at })
        .execute();
  });
}

const PROJECT = {
  title: "project",
  kind: "audio",
  audio_file_type: "interview",
  return_timestamps: 1,
  language: "auto",
} as const;

import { userNamed } from "../accounts/named-user.ts";
import type { Actor } from "../accounts/users.ts";
import { audit, type AuditAction } from "../audit/audit.ts";
import { LIMITS } from "../config/limits.ts";
import type { Database, Executor } from "../database/open.ts";
import { countOf, windowOf } from "../database/page.ts";
import { NotFound, PermissionDenied } from "../http/errors.ts";
import { choice, email, readOnly } from "../http/fields.ts";
import { choiceFilter, filters, ordering } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { apiTime } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import { permits } from "../projects/access.ts";
import { addMember, changeRole, findMember, type Member, memberRows, removeMember } from "./members.ts";
import { TEAM_ROLES } from "./present.ts";
import { authorizeInTeam, type Team } from "./teams.ts";

const MEMBER = serializer("Member", {
  id: readOnly("integer"),
  user: readOnly("integer"),
  email: email({ maxLength: LIMITS.accounts.emailCharactersMax, help: "Of a user." }),
  name: readOnly("string"),
  is_active: readOnly("boolean"),
  role: choice(TEAM_ROLES, { default: "member" }),
  created_at: readOnly("datetime"),
});

/** What can be changed of a member. */
const MEMBER_CHANGE = serializer("MemberChange", { role: choice(TEAM_ROLES) });

const FILTERS = filters({ role: choiceFilter(TEAM_ROLES) });
const ORDERING = ordering(["id", "created_at"], "id");

export interface MemberServices {
  db: Database;
  now: () => Date;
}

export function memberRoutes(server: ApiServer<Actor>, services: MemberServices): void {
  view(server, "/api/teams/:id/members/", {
    name: "Member List",
    tag: "teams",
    actions: {
      GET: {
        summary: "List who is in a team",
        query: [...FILTERS.parameters, ...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(MEMBER.shape) },
        handle: (call) => list(services, call),
      },
      POST: {
        summary: "Add a user to a team",
        body: MEMBER,
        responses: { 201: MEMBER.shape },
        handle: (call) => add(services, call),
      },
    },
  });
  view(server, "/api/teams/:id/members/:member/", {
    name: "Member Instance",
    tag: "teams",
    actions: {
      GET: {
        summary: "Read a member of a team",
        responses: { 200: MEMBER.shape },
        handle: async (call) => ({ status: 200, body: present((await theMember(services.db, call)).member) }),
      },
      PATCH: {
        summary: "Change a member's role",
        body: MEMBER_CHANGE,
        responses: { 200: MEMBER.shape },
        handle: (call) => change(services, call),
      },
      DELETE: {
        summary: "Remove a member, or leave",
        responses: { 204: null },
        handle: (call) => remove(services, call),
      },
    },
  });
}

async function theMember(executor: Executor, call: Call<Actor>): Promise<{ team: Team; member: Member }> {
  const team = await authorizeInTeam(executor, call.actor, call.id(), "read");
  const member = await findMember(executor, team.id, call.id("member"));
  if (!member) throw new NotFound();
  return { team, member };
}

async function list({ db }: MemberServices, call: Call<Actor>) {
  const { id } = await authorizeInTeam(db, call.actor, call.id(), "read");
  const wanted = await FILTERS.read(call.query);
  let rows = memberRows(db, id);
  if (wanted.role) rows = rows.where("team_members.role", "=", wanted.role);
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: (window) => windowOf(rows, ORDERING.read(call.query), "team_members", window),
  });
  return { status: 200, body: { ...page, results: page.results.map(present) } };
}

async function add({ db, now }: MemberServices, call: Call<Actor>) {
  const { actor } = call;
  const team = await authorizeInTeam(db, actor, call.id(), "administer");
  const { email: address, role } = await MEMBER.validate(await call.json());
  const member = await db.transaction().execute(async (tx) => {
    const id = await addMember(tx, team.id, await userNamed(tx, address), role, now());
    const made = await findMember(tx, team.id, id);
    if (!made) throw new Error("A member who was just added is not there.");
    await note(tx, actor, "team.member_added", team, made, now());
    return made;
  });
  return { status: 201, body: present(member) };
}

async function change({ db, now }: MemberServices, call: Call<Actor>) {
  const { actor } = call;
  const { team } = await theMember(db, call);
  if (!permits(team.role, "administer")) throw new PermissionDenied();
  const { role } = await MEMBER_CHANGE.validatePartial(await call.json());
  const member = await db.transaction().execute(async (tx) => {
    const { member } = await theMember(tx, call);
    if (role === undefined || role === member.role) return member;
    await changeRole(tx, team.id, member, role);
    await note(tx, actor, "team.member_changed", team, { ...member, role }, now());
    return { ...member, role };
  });
  return { status: 200, body: present(member) };
}

async function remove({ db, now }: MemberServices, call: Call<Actor>) {
  const { actor } = call;
  await db.transaction().execute(async (tx) => {
    const { team, member } = await theMember(tx, call);
    const isLeaving = member.user_id === actor.userId;
    if (!isLeaving && !permits(team.role, "administer")) throw new PermissionDenied();
    const handedOver = await removeMember(tx, actor, team.id, member);
    await note(tx, actor, "team.member_removed", team, member, now(), { projects_handed_over: handedOver });
  });
  return { status: 204 };
}

function note(
  executor: Executor,
  actor: Actor,
  action: AuditAction,
  team: Team,
  member: Member,
  now: Date,
  more: Record<string, unknown> = {},
): Promise<void> {
  const detail = { user: member.user_id, email: member.email, role: member.role, ...more };
  return audit(executor, actor, action, { type: "team", id: team.id }, detail, now);
}

function present(member: Member): Output<typeof MEMBER> {
  return {
    id: member.id,
    user: member.user_id,
    email: member.email,
    name: member.name,
    is_active: member.is_active === 1,
    role: member.role,
    created_at: apiTime(member.created_at),
  };
}

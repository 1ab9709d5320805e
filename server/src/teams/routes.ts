import type { Actor } from "../accounts/users.ts";
import { audit } from "../audit/audit.ts";
import type { Database } from "../database/open.ts";
import { countOf, windowOf } from "../database/page.ts";
import { matching } from "../database/search.ts";
import { ordering, SEARCH_PARAMETER, searchTerms } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import type { ApiServer } from "../http/server.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import { invitationRoutes, type InvitationServices } from "./invitation-routes.ts";
import { memberRoutes } from "./member-routes.ts";
import { presentTeam, TEAM } from "./present.ts";
import { authorizeInTeam, createTeam, deleteTeam, renameTeam, teamRows } from "./teams.ts";

const ORDERING = ordering(["id", "name", "created_at"], "id");

export function teamRoutes(server: ApiServer<Actor>, services: InvitationServices): void {
  view(server, "/api/teams/", {
    name: "Team List",
    tag: "teams",
    actions: {
      GET: {
        summary: "List the teams that you are in",
        query: [SEARCH_PARAMETER, ...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(TEAM.shape) },
        handle: (call) => list(services, call),
      },
      POST: {
        summary: "Make a team, with you as its admin",
        body: TEAM,
        responses: { 201: TEAM.shape },
        handle: (call) => create(services, call),
      },
    },
  });
  view(server, "/api/teams/:id/", {
    name: "Team Instance",
    tag: "teams",
    actions: {
      GET: {
        summary: "Read a team",
        responses: { 200: TEAM.shape },
        handle: async (call) => ({ status: 200, body: await readTeam(services.db, call.actor, call.id()) }),
      },
      PUT: {
        summary: "Rename a team",
        body: TEAM,
        responses: { 200: TEAM.shape },
        handle: (call) => rename(services, call, "validate"),
      },
      PATCH: {
        summary: "Rename a team",
        body: TEAM,
        responses: { 200: TEAM.shape },
        handle: (call) => rename(services, call, "validatePartial"),
      },
      DELETE: {
        summary: "Delete a team; its projects are their owners' again",
        responses: { 204: null },
        handle: (call) => remove(services, call),
      },
    },
  });
  memberRoutes(server, services);
  invitationRoutes(server, services);
}

async function readTeam(db: Database, actor: Actor, id: number) {
  return presentTeam(await authorizeInTeam(db, actor, id, "read"));
}

async function list({ db }: InvitationServices, call: Call<Actor>) {
  const rows = teamRows(db, call.actor).where(matching(["teams.name"], searchTerms(call.query)));
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: (window) => windowOf(rows, ORDERING.read(call.query), "teams", window),
  });
  return { status: 200, body: { ...page, results: page.results.map(presentTeam) } };
}

async function create({ db, now }: InvitationServices, call: Call<Actor>) {
  const { actor } = call;
  const { name } = await TEAM.validate(await call.json());
  const id = await db.transaction().execute(async (tx) => {
    const id = await createTeam(tx, actor, name, now());
    await audit(tx, actor, "team.created", { type: "team", id }, { name }, now());
    return id;
  });
  return { status: 201, body: await readTeam(db, actor, id) };
}

async function rename(
  { db }: InvitationServices,
  call: Call<Actor>,
  validate: "validate" | "validatePartial",
) {
  const { id } = await authorizeInTeam(db, call.actor, call.id(), "administer");
  const { name } = await TEAM[validate](await call.json());
  if (name !== undefined) await renameTeam(db, id, name);
  return { status: 200, body: await readTeam(db, call.actor, id) };
}

async function remove({ db, now }: InvitationServices, call: Call<Actor>) {
  const { actor } = call;
  await db.transaction().execute(async (tx) => {
    const { id, name } = await authorizeInTeam(tx, actor, call.id(), "administer");
    const detail = { name, projects_handed_over: await deleteTeam(tx, actor, id) };
    await audit(tx, actor, "team.deleted", { type: "team", id }, detail, now());
  });
  return { status: 204 };
}

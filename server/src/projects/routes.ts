import type { Actor } from "../accounts/users.ts";
import { audit } from "../audit/audit.ts";
import { removeDoomedBlobs } from "../blobs/doomed.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Database, Executor } from "../database/open.ts";
import { NotFound, ValidationError } from "../http/errors.ts";
import { boolean, char, choice, integer, readOnly, relation } from "../http/fields.ts";
import { choiceFilter, filters, ordering, SEARCH_PARAMETER, searchTerms } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { type Output, serializer, type Valid } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { oneOf } from "../http/shapes.ts";
import { apiTime } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import type { Logger } from "../observe/log.ts";
import { countOf, windowOf } from "../database/page.ts";
import { matching } from "../database/search.ts";
import { administeredTeam, type Team } from "../teams/teams.ts";
import { authorize, PROJECT_ROLES } from "./access.ts";
import { ISO_639_1 } from "./languages.ts";
import {
  createProject,
  deleteProject,
  findProject,
  type Project,
  PROJECT_DEFAULTS,
  type ProjectFields,
  projectRows,
  updateProject,
  withRoles,
} from "./projects.ts";

const KINDS = ["audio", "survey"] as const;
const AUDIO_FILE_TYPES = ["interview", "focus_group", "call"] as const;
const LANGUAGES = ["auto", ...ISO_639_1];

const PROJECT = serializer("Project", {
  id: readOnly("integer"),
  title: char({ maxLength: 255 }),
  kind: choice(KINDS, { required: false, help: "`audio` where not given." }),
  audio_file_type: choice(AUDIO_FILE_TYPES, { required: false, help: "`interview` where not given." }),
  return_timestamps: boolean({ required: false, help: "Whether exports show times. On where not given." }),
  language: choice(LANGUAGES, { required: false, help: "`auto`, or the ISO 639-1 code of what is spoken." }),
  speakers_expected: integer({ required: false, allowNull: true, min: 1, max: 100 }),
  owner: readOnly("integer"),
  team: relation({ required: false, allowNull: true, help: "One that you are an admin of." }),
  role: readOnly(oneOf(PROJECT_ROLES), { help: "What you are to this project." }),
  file_count: readOnly("integer"),
  created_at: readOnly("datetime"),
});

const FILTERS = filters({ kind: choiceFilter(KINDS), audio_file_type: choiceFilter(AUDIO_FILE_TYPES) });
const ORDERING = ordering(["id", "title", "created_at"], "id");

export interface ProjectServices {
  db: Database;
  blobs: BlobStore;
  log: Logger;
  now: () => Date;
}

export function projectRoutes(server: ApiServer<Actor>, services: ProjectServices): void {
  view(server, "/api/projects/", {
    name: "Project List",
    tag: "projects",
    actions: {
      GET: {
        summary: "List the projects that you can see",
        query: [...FILTERS.parameters, SEARCH_PARAMETER, ...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(PROJECT.shape) },
        handle: (call) => list(services, call),
      },
      POST: {
        summary: "Create a project",
        body: PROJECT,
        responses: { 201: PROJECT.shape },
        handle: (call) => create(services, call),
      },
    },
  });
  view(server, "/api/projects/:id/", {
    name: "Project Instance",
    tag: "projects",
    actions: {
      GET: {
        summary: "Read a project",
        responses: { 200: PROJECT.shape },
        handle: async (call) => ({ status: 200, body: present(await theProject(services, call)) }),
      },
      PUT: {
        summary: "Change a project",
        body: PROJECT,
        responses: { 200: PROJECT.shape },
        handle: (call) => change(services, call, "validate"),
      },
      PATCH: {
        summary: "Change some fields of a project",
        body: PROJECT,
        responses: { 200: PROJECT.shape },
        handle: (call) => change(services, call, "validatePartial"),
      },
      DELETE: {
        summary: "Delete a project with its files and transcripts",
        responses: { 204: null },
        handle: (call) => remove(services, call),
      },
    },
  });
}

async function theProject({ db }: ProjectServices, call: Call<Actor>): Promise<Project> {
  const project = await findProject(db, call.actor, call.id());
  if (!project) throw new NotFound();
  return project;
}

async function list({ db }: ProjectServices, call: Call<Actor>) {
  const wanted = await FILTERS.read(call.query);
  let rows = projectRows(db, call.actor).where(matching(["projects.title"], searchTerms(call.query)));
  if (wanted.kind) rows = rows.where("projects.kind", "=", wanted.kind);
  if (wanted.audio_file_type) rows = rows.where("projects.audio_file_type", "=", wanted.audio_file_type);
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: (window) => windowOf(rows, ORDERING.read(call.query), "projects", window),
  });
  const results = await withRoles(db, call.actor, page.results);
  return { status: 200, body: { ...page, results: results.map(present) } };
}

async function create({ db, now }: ProjectServices, call: Call<Actor>) {
  const valid = await PROJECT.validate(await call.json(), { relations: relations(db, call.actor) });
  const fields: ProjectFields = { ...PROJECT_DEFAULTS, ...columns(valid), title: valid.title };
  const id = await createProject(db, call.actor, fields, now());
  return { status: 201, body: present(await mustFind(db, call.actor, id)) };
}

/** A project can be put into teams that the actor administers; others do not exist here. */
function relations(db: Database, actor: Actor) {
  return { team: (id: number) => administeredTeam(db, actor, id) };
}

async function change(
  { db, now }: ProjectServices,
  call: Call<Actor>,
  validate: "validate" | "validatePartial",
) {
  const { actor } = call;
  const id = call.id();
  const role = await authorize(db, actor, id, "administer");
  const valid = await PROJECT[validate](await call.json(), { relations: relations(db, actor) });
  // Whoever else takes it out would not see it any more.
  if (valid.team === null && role !== "owner")
    throw new ValidationError({ team: ["Only its owner can take a project out of its team."] });
  const project = await db.transaction().execute(async (tx) => {
    const before = await mustFind(tx, actor, id);
    await updateProject(tx, id, columns(valid));
    const after = await mustFind(tx, actor, id);
    const teams = { from: before.team_id, to: after.team_id };
    if (teams.from !== teams.to)
      await audit(tx, actor, "project.moved", { type: "project", id }, { team: teams }, now());
    return after;
  });
  return { status: 200, body: present(project) };
}

async function mustFind(db: Executor, actor: Actor, id: number): Promise<Project> {
  const project = await findProject(db, actor, id);
  if (!project) throw new NotFound();
  return project;
}

async function remove(services: ProjectServices, call: Call<Actor>) {
  const id = call.id();
  await authorize(services.db, call.actor, id, "administer");
  await services.db.transaction().execute((tx) => deleteProject(tx, id, services.now()));
  await removeDoomedBlobs(services.db, services.blobs, services.log);
  return { status: 204 };
}

type ValidProject = Omit<Valid<typeof PROJECT>, "team"> & { team?: Team | null | undefined };

function columns({ return_timestamps, team, ...rest }: Partial<ValidProject>) {
  return {
    ...rest,
    ...(return_timestamps !== undefined && { return_timestamps: return_timestamps ? 1 : 0 }),
    ...(team !== undefined && { team_id: team && team.id }),
  };
}

function present(project: Project): Output<typeof PROJECT> {
  return {
    id: project.id,
    title: project.title,
    kind: project.kind,
    audio_file_type: project.audio_file_type,
    return_timestamps: project.return_timestamps === 1,
    language: project.language,
    speakers_expected: project.speakers_expected,
    owner: project.owner_id,
    team: project.team_id,
    role: project.role,
    file_count: project.file_count,
    created_at: apiTime(project.created_at),
  };
}

/** A small application on the real HTTP layer: the resources of `drf.jsonl`, kept in memory. */

import pino from "pino";
import { buffer } from "node:stream/consumers";
import { AuthenticationFailed, NotFound } from "../../src/http/errors.ts";
import { boolean, char, choice, fileField, readOnly, relation } from "../../src/http/fields.ts";
import { choiceFilter, filters, ordering, relationFilter, searchTerms } from "../../src/http/filters.ts";
import { readForm } from "../../src/http/multipart.ts";
import { PAGE_PARAMETERS, paginate } from "../../src/http/pagination.ts";
import { type Output, serializer } from "../../src/http/serializer.ts";
import { type ApiServer, createServer, type ServerOptions } from "../../src/http/server.ts";
import { pageOf, view } from "../../src/http/view.ts";

export interface Actor {
  id: number;
}

const KINDS = ["interview", "focus_group", "call"] as const;
const STATUSES = ["uploaded", "transcribing", "transcribed", "failed"] as const;
const TYPES = ["audio", "csv", "xlsx", "srt", "vtt"] as const;

export const Project = serializer("Project", {
  id: readOnly("integer"),
  title: char({ maxLength: 255 }),
  audio_file_type: choice(KINDS, { default: "interview" }),
  return_timestamps: boolean({ default: true }),
  language: choice(["auto", "en", "de"], { default: "auto" }),
});

const File = serializer("File", {
  id: readOnly("integer"),
  project: relation(),
  file: fileField<Buffer>({ maxLength: 255 }),
  original_filename: readOnly("string"),
  file_type: choice(TYPES),
  status: readOnly("string"),
});

const FILE_FILTERS = filters({
  project: relationFilter(),
  status: choiceFilter(STATUSES),
  file_type: choiceFilter(TYPES),
});
const PROJECT_FILTERS = filters({ audio_file_type: choiceFilter(KINDS) });
const PROJECT_ORDER = ordering(["id", "title"], "id");

export type ProjectRow = Output<typeof Project> & { owner: number };
export type FileRow = Output<typeof File>;

export interface Sample {
  server: ApiServer<Actor>;
  projects: ProjectRow[];
  files: FileRow[];
  kept: Map<number, Buffer>;
  discarded: Buffer[];
}

export const FILE_BYTES_MAX = 200_000;

function project(id: number, title: string, owner: number): ProjectRow {
  return { id, title, audio_file_type: "interview", return_timestamps: true, language: "auto", owner };
}

export function sample(options: Partial<ServerOptions<Actor>> = {}): Sample {
  const server = createServer<Actor>({
    log: pino({ level: "silent" }),
    authenticate: async (request) => authenticate(request.headers.authorization),
    ...options,
  });
  const projects = [project(1, "mine", 1), project(2, "theirs", 2), project(3, "to delete", 1)];
  const made: Sample = { server, projects, files: [], kept: new Map(), discarded: [] };
  addProjects(made);
  addFiles(made);
  return made;
}

function authenticate(header: string | undefined): Actor | null {
  const [scheme = "", key] = (header ?? "").split(" ");
  if (scheme.toLowerCase() !== "api-key") return null;
  if (key !== "abc.secret") throw new AuthenticationFailed("Invalid API key.");
  return { id: 1 };
}

const shown = ({ owner: _owner, ...row }: ProjectRow) => row;

function visible(sample: Sample, actor: Actor) {
  return async (id: number) => sample.projects.find((row) => row.id === id && row.owner === actor.id);
}

async function found<T>(row: Promise<T | undefined>): Promise<T> {
  const value = await row;
  if (value === undefined) throw new NotFound();
  return value;
}

function addProjects(sample: Sample): void {
  view(sample.server, "/api/projects/", {
    name: "Project List",
    tag: "Projects",
    actions: {
      GET: {
        summary: "List the projects.",
        query: [...PROJECT_FILTERS.parameters, ...PROJECT_ORDER.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(Project.shape) },
        async handle(call) {
          const { audio_file_type: kind } = await PROJECT_FILTERS.read(call.query);
          const terms = searchTerms(call.query);
          const rows = sample.projects
            .filter(
              (row) => row.owner === call.actor.id && (kind === undefined || row.audio_file_type === kind),
            )
            .filter((row) => terms.every((term) => row.title.includes(term)));
          for (const { field, descending } of PROJECT_ORDER.read(call.query).toReversed()) {
            rows.sort((a, b) => (a[field] < b[field] ? -1 : 1) * (descending ? -1 : 1));
          }
          const body = await paginate(call, {
            count: () => rows.length,
            rows: ({ limit, offset }) => rows.slice(offset, offset + limit).map(shown),
          });
          return { status: 200, body };
        },
      },
      POST: {
        summary: "Create a project.",
        body: Project,
        responses: { 201: Project.shape },
        async handle(call) {
          const values = await Project.validate(await call.json());
          const row = {
            id: Math.max(...sample.projects.map(({ id }) => id)) + 1,
            ...values,
            owner: call.actor.id,
          };
          sample.projects.push(row);
          return { status: 201, body: shown(row) };
        },
      },
    },
  });
  view(sample.server, "/api/projects/:id/", {
    name: "Project Instance",
    tag: "Projects",
    actions: {
      GET: {
        summary: "Read a project.",
        responses: { 200: Project.shape },
        handle: async (call) => ({
          status: 200,
          body: shown(await found(visible(sample, call.actor)(call.id()))),
        }),
      },
      PUT: {
        summary: "Replace a project.",
        body: Project,
        responses: { 200: Project.shape },
        async handle(call) {
          const row = await found(visible(sample, call.actor)(call.id()));
          return { status: 200, body: shown(Object.assign(row, await Project.validate(await call.json()))) };
        },
      },
      PATCH: {
        summary: "Change a project.",
        body: Project,
        responses: { 200: Project.shape },
        async handle(call) {
          const row = await found(visible(sample, call.actor)(call.id()));
          return {
            status: 200,
            body: shown(Object.assign(row, await Project.validatePartial(await call.json()))),
          };
        },
      },
      DELETE: {
        summary: "Delete a project.",
        responses: { 204: null },
        async handle(call) {
          const row = await found(visible(sample, call.actor)(call.id()));
          sample.projects.splice(sample.projects.indexOf(row), 1);
          return { status: 204 };
        },
      },
    },
  });
}

function addFiles(sample: Sample): void {
  view(sample.server, "/api/files/", {
    name: "File List",
    tag: "Files",
    actions: {
      GET: {
        summary: "List the files.",
        query: [...FILE_FILTERS.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(File.shape) },
        async handle(call) {
          const wanted = await FILE_FILTERS.read(call.query, { project: visible(sample, call.actor) });
          const rows = sample.files.filter(
            (row) => wanted.project === undefined || row.project === wanted.project.id,
          );
          return { status: 200, body: await paginate(call, { count: () => rows.length, rows: () => rows }) };
        },
      },
      POST: {
        summary: "Upload a file.",
        body: File,
        responses: { 201: File.shape },
        async handle(call) {
          const form = await readForm(call, {
            fileField: "file",
            fileBytesMax: FILE_BYTES_MAX,
            onFile: (stream) => buffer(stream),
            discard: async (kept) => void sample.discarded.push(kept),
          });
          const values = await File.validate(form, { relations: { project: visible(sample, call.actor) } });
          const row: FileRow = {
            id: sample.files.length + 1,
            project: values.project.id,
            original_filename: values.file.filename,
            file_type: values.file_type,
            status: "transcribing",
          };
          sample.files.push(row);
          sample.kept.set(row.id, values.file.kept);
          return { status: 201, body: row };
        },
      },
    },
  });
  view(sample.server, "/api/files/:id/", {
    name: "File Instance",
    tag: "Files",
    actions: {
      GET: {
        summary: "Read a file.",
        responses: { 200: File.shape },
        handle: async (call) => ({
          status: 200,
          body: await found(Promise.resolve(sample.files.find((row) => row.id === call.id()))),
        }),
      },
      DELETE: {
        summary: "Delete a file.",
        responses: { 204: null },
        async handle(call) {
          await found(Promise.resolve(sample.files.find((row) => row.id === call.id())));
          return { status: 204 };
        },
      },
    },
  });
}

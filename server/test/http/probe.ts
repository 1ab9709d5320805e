/** Resources with every kind of field and filter, on the real HTTP layer; `drf-answers.jsonl` was recorded on their twins in DRF. */

import pino from "pino";
import { buffer } from "node:stream/consumers";
import { NotFound } from "../../src/http/errors.ts";
import {
  boolean,
  char,
  choice,
  datetime,
  email,
  fileField,
  integer,
  number,
  readOnly,
  relation,
} from "../../src/http/fields.ts";
import {
  booleanFilter,
  choiceFilter,
  datetimeFilter,
  filters,
  numberFilter,
  ordering,
  relationFilter,
  searchTerms,
  textFilter,
} from "../../src/http/filters.ts";
import { readForm } from "../../src/http/multipart.ts";
import { paginate } from "../../src/http/pagination.ts";
import { serializer } from "../../src/http/serializer.ts";
import { type ApiServer, createServer } from "../../src/http/server.ts";
import { pageOf, view } from "../../src/http/view.ts";

const KINDS = ["interview", "focus_group", "call"] as const;

const FIELDS = {
  id: readOnly("integer"),
  title: char({ maxLength: 20 }),
  note: char({ required: false, allowBlank: true, allowNull: true, maxLength: 5, minLength: 2 }),
  raw: char({ required: false, trim: false }),
  kind: choice(KINDS, { default: "interview" }),
  maybe_kind: choice(KINDS, { required: false, allowNull: true }),
  flag: boolean({ default: true }),
  maybe_flag: boolean({ required: false, allowNull: true }),
  count: integer({ required: false, min: 0, max: 100 }),
  score: number({ required: false, min: -1, max: 1, allowNull: true }),
  at: datetime({ required: false, allowNull: true }),
  email: email({ required: false, maxLength: 60 }),
  thing: relation({ required: false }),
  maybe_thing: relation({ required: false, allowNull: true }),
};

export const Probe = serializer("Probe", FIELDS);
const Upload = serializer("Upload", { ...FIELDS, file: fileField<null>({ maxLength: 20 }) });
const Thing = serializer("Thing", { id: readOnly("integer"), title: char({ maxLength: 255 }) });

const THING_FILTERS = filters({
  kind: choiceFilter(KINDS),
  thing: relationFilter(),
  number: numberFilter(),
  flag: booleanFilter(),
  at: datetimeFilter(),
  text: textFilter(),
});
const THING_ORDER = ordering(["id", "title"], "id");

const things = Array.from({ length: 45 }, (_, index) => ({
  id: index + 1,
  title: `t${index + 1} ${(index + 1) % 2 === 0 ? "even" : "odd"}`,
}));

async function findThing(id: number) {
  return things.find((thing) => thing.id === id);
}

const relations = { thing: findThing, maybe_thing: findThing };

export function probe(): ApiServer<null> {
  const server = createServer<null>({ log: pino({ level: "silent" }), authenticate: async () => null });
  addProbe(server);
  addUpload(server);
  addThings(server);
  return server;
}

function shown(values: object): object {
  const plain = Object.entries(values).map(([name, value]) => {
    if (value instanceof Date) return [name, value.getTime()];
    return [name, typeof value === "object" && value !== null && "id" in value ? value.id : value];
  });
  return Object.fromEntries(plain);
}

function addProbe(server: ApiServer<null>): void {
  view(server, "/api/probe/", {
    name: "Probe",
    tag: "Probe",
    permission: "public",
    actions: {
      POST: {
        summary: "Validate.",
        body: Probe,
        responses: { 201: Probe.shape },
        handle: async (call) => ({
          status: 201,
          body: shown(await Probe.validate(await call.json(), { relations })),
        }),
      },
      PATCH: {
        summary: "Validate a part.",
        body: Probe,
        responses: { 200: Probe.shape },
        handle: async (call) => ({
          status: 200,
          body: shown(await Probe.validatePartial(await call.json(), { relations })),
        }),
      },
    },
  });
}

function addUpload(server: ApiServer<null>): void {
  view(server, "/api/upload/", {
    name: "Upload",
    tag: "Probe",
    permission: "public",
    actions: {
      POST: {
        summary: "Validate a form.",
        body: Upload,
        responses: { 201: Upload.shape },
        async handle(call) {
          const form = await readForm(call, {
            fileField: "file",
            fileBytesMax: 100_000,
            onFile: async (stream) => void (await buffer(stream)),
            discard: async () => undefined,
          });
          const { file, ...values } = await Upload.validate(form, { relations });
          return {
            status: 201,
            body: { ...shown(values), file: { filename: file.filename, size: file.sizeBytes } },
          };
        },
      },
    },
  });
}

async function one(id: number) {
  const thing = await findThing(id);
  if (!thing) throw new NotFound();
  return thing;
}

function addThings(server: ApiServer<null>): void {
  view(server, "/api/things/", {
    name: "Things List",
    tag: "Things",
    permission: "public",
    actions: {
      GET: {
        summary: "List.",
        query: [...THING_FILTERS.parameters, ...THING_ORDER.parameters],
        responses: { 200: pageOf(Thing.shape) },
        async handle(call) {
          await THING_FILTERS.read(call.query, { thing: findThing });
          const terms = searchTerms(call.query);
          const rows = things.filter(({ title }) => terms.every((term) => title.includes(term)));
          for (const { field, descending } of THING_ORDER.read(call.query).toReversed()) {
            rows.sort((a, b) => (a[field] < b[field] ? -1 : 1) * (descending ? -1 : 1));
          }
          const page = await paginate(call, {
            count: () => rows.length,
            rows: ({ limit, offset }) => rows.slice(offset, offset + limit),
          });
          return { status: 200, body: page };
        },
      },
      POST: {
        summary: "Create.",
        body: Thing,
        responses: { 201: Thing.shape },
        handle: async (call) => ({
          status: 201,
          body: { id: 46, ...(await Thing.validate(await call.json())) },
        }),
      },
    },
  });
  view(server, "/api/things/:id/", {
    name: "Things Instance",
    tag: "Things",
    permission: "public",
    actions: {
      GET: {
        summary: "Read.",
        responses: { 200: Thing.shape },
        handle: async (call) => ({ status: 200, body: await one(call.id()) }),
      },
      PUT: {
        summary: "Replace.",
        body: Thing,
        responses: { 200: Thing.shape },
        async handle(call) {
          const thing = await one(call.id());
          return { status: 200, body: { ...thing, ...(await Thing.validate(await call.json())) } };
        },
      },
    },
  });
}

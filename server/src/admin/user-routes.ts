import type { Actor } from "../accounts/users.ts";
import type { Config } from "../config/config.ts";
import { LIMITS } from "../config/limits.ts";
import type { Database } from "../database/open.ts";
import { countOf, windowOf } from "../database/page.ts";
import { matching } from "../database/search.ts";
import { NotFound, ValidationError } from "../http/errors.ts";
import { boolean, char, choice, datetime, integer, readOnly } from "../http/fields.ts";
import {
  booleanFilter,
  filters,
  ordering,
  SEARCH_PARAMETER,
  searchTerms,
  textFilter,
} from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { apiTime, apiTimeOrNull } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import { balanceOf, entryRows } from "../usage/ledger.ts";
import { planNames, TRIAL } from "../usage/plans.ts";
import { ENTRY, presentEntry, presentUsage, USAGE } from "../usage/present.ts";
import { ENTRY_PARAMETERS, listEntries } from "../usage/routes.ts";
import { administrators } from "./permission.ts";
import {
  type AdminUser,
  adminUserRows,
  changeUser,
  findAdminUser,
  grantToUser,
  LastAdministratorError,
} from "./users.ts";

const { grantMinutesMax, grantReasonCharactersMax } = LIMITS.usage;

const GRANT = serializer("Grant", {
  minutes: integer({
    min: -grantMinutesMax,
    max: grantMinutesMax,
    help: "For the present period; below zero to take some back.",
  }),
  reason: char({ maxLength: grantReasonCharactersMax, help: "Stays in the ledger, where the user sees it." }),
});

const FILTERS = filters({
  is_active: booleanFilter(),
  is_admin: booleanFilter(),
  plan: textFilter("Name of a plan."),
});
const ORDERING = ordering(["id", "email", "created_at"], "id");

export interface AdminServices {
  db: Database;
  config: Config;
  now: () => Date;
}

/** The serializer knows the plans of the configuration. */
function userSerializer(config: Config) {
  return serializer("AdminUser", {
    id: readOnly("integer"),
    email: readOnly("string"),
    name: readOnly("string"),
    is_active: boolean({ required: false }),
    is_admin: boolean({ required: false }),
    plan: choice(planNames(config), { required: false }),
    plan_ends_at: datetime({
      required: false,
      allowNull: true,
      help: "From then on the plan is not active; null for never.",
    }),
    usage: readOnly(USAGE.shape),
    created_at: readOnly("datetime"),
  });
}

export function adminUserRoutes(server: ApiServer<Actor>, services: AdminServices): void {
  const { db } = services;
  const USER = userSerializer(services.config);
  view(server, "/api/admin/users/", {
    name: "Admin User List",
    tag: "admin",
    permission: administrators,
    actions: {
      GET: {
        summary: "List all users, with their plans and minutes",
        query: [...FILTERS.parameters, SEARCH_PARAMETER, ...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(USER.shape) },
        handle: (call) => list(services, call),
      },
    },
  });
  view(server, "/api/admin/users/:id/", {
    name: "Admin User Instance",
    tag: "admin",
    permission: administrators,
    actions: {
      GET: {
        summary: "Read a user",
        responses: { 200: USER.shape },
        handle: async (call) => ({
          status: 200,
          body: await present(services, await theUser(services, call)),
        }),
      },
      PATCH: {
        summary: "Let a user in or keep them out, make them an administrator, change their plan",
        body: USER,
        responses: { 200: USER.shape },
        handle: (call) => change(services, call, USER),
      },
    },
  });
  view(server, "/api/admin/users/:id/entries/", {
    name: "Admin User Entry List",
    tag: "admin",
    permission: administrators,
    actions: {
      GET: {
        summary: "A user's ledger of minutes",
        query: ENTRY_PARAMETERS,
        responses: { 200: pageOf(ENTRY.shape) },
        handle: async (call) => listEntries(db, call, (await theUser(services, call)).id),
      },
    },
  });
  view(server, "/api/admin/users/:id/grant/", {
    name: "Admin User Grant",
    tag: "admin",
    permission: administrators,
    actions: {
      POST: {
        summary: "Grant minutes to a user, or take some back",
        body: GRANT,
        responses: { 201: ENTRY.shape },
        handle: (call) => grant(services, call),
      },
    },
  });
}

async function theUser({ db }: AdminServices, call: Call<Actor>): Promise<AdminUser> {
  const user = await findAdminUser(db, call.id());
  if (!user) throw new NotFound();
  return user;
}

async function list(services: AdminServices, call: Call<Actor>) {
  const wanted = await FILTERS.read(call.query);
  let rows = adminUserRows(services.db).where(
    matching(["users.email", "users.name"], searchTerms(call.query)),
  );
  if (wanted.is_active !== undefined) rows = rows.where("users.is_active", "=", wanted.is_active ? 1 : 0);
  if (wanted.is_admin !== undefined) rows = rows.where("users.is_admin", "=", wanted.is_admin ? 1 : 0);
  const { plan } = wanted;
  if (plan) rows = rows.where((eb) => eb(eb.fn.coalesce("subscriptions.plan", eb.val(TRIAL)), "=", plan));
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: (window) => windowOf(rows, ORDERING.read(call.query), "users", window),
  });
  const results = await Promise.all(page.results.map((user) => present(services, user)));
  return { status: 200, body: { ...page, results } };
}

async function change(services: AdminServices, call: Call<Actor>, USER: ReturnType<typeof userSerializer>) {
  const { db, now } = services;
  const { id } = await theUser(services, call);
  const wanted = await USER.validatePartial(await call.json());
  const changing = db.transaction().execute(async (tx) => {
    const user = await findAdminUser(tx, id);
    if (!user) throw new NotFound();
    await changeUser(tx, call.actor, user, wanted, now());
  });
  await changing.catch(refuseField);
  return { status: 200, body: await present(services, await theUser(services, call)) };
}

function refuseField(error: unknown): never {
  if (error instanceof LastAdministratorError) throw new ValidationError({ [error.flag]: [error.message] });
  throw error;
}

async function grant(services: AdminServices, call: Call<Actor>) {
  const { db, config, now } = services;
  const user = await theUser(services, call);
  const wanted = await GRANT.validate(await call.json());
  if (wanted.minutes === 0) throw new ValidationError({ minutes: ["Ensure this value is not 0."] });
  const id = await db.transaction().execute((tx) => grantToUser(tx, config, call.actor, user, wanted, now()));
  const entry = await entryRows(db, user.id).where("id", "=", id).executeTakeFirstOrThrow();
  return { status: 201, body: presentEntry(entry) };
}

async function present(
  { db, config, now }: AdminServices,
  user: AdminUser,
): Promise<Output<ReturnType<typeof userSerializer>>> {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    is_active: user.is_active === 1,
    is_admin: user.is_admin === 1,
    plan: user.plan,
    plan_ends_at: apiTimeOrNull(user.plan_ends_at),
    usage: presentUsage(await balanceOf(db, config, user.id, now())),
    created_at: apiTime(user.created_at),
  };
}

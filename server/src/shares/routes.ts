import { userNamed } from "../accounts/named-user.ts";
import type { Actor } from "../accounts/users.ts";
import { audit, type AuditAction } from "../audit/audit.ts";
import { LIMITS } from "../config/limits.ts";
import type { Database, Executor } from "../database/open.ts";
import { countOf } from "../database/page.ts";
import { NotFound } from "../http/errors.ts";
import { choice, email, readOnly } from "../http/fields.ts";
import { ordering } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { apiTime } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import { authorize } from "../projects/access.ts";
import { changeShare, deleteShare, findShare, type Share, shareProject, shareRows } from "./shares.ts";

const PERMISSIONS = ["view", "edit"] as const;

const SHARE = serializer("Share", {
  id: readOnly("integer"),
  user: readOnly("integer"),
  email: email({ maxLength: LIMITS.accounts.emailCharactersMax, help: "Of a user." }),
  permission: choice(PERMISSIONS, { help: "`edit` is also uploading, correcting, retrying and deleting." }),
  created_at: readOnly("datetime"),
});

/** What can be changed of a share. */
const SHARE_CHANGE = serializer("ShareChange", { permission: choice(PERMISSIONS) });

const ORDERING = ordering(["id", "created_at"], "id");

export interface ShareServices {
  db: Database;
  now: () => Date;
}

/** With whom a project is shared: for those who administer it. */
export function shareRoutes(server: ApiServer<Actor>, services: ShareServices): void {
  view(server, "/api/projects/:id/shares/", {
    name: "Share List",
    tag: "sharing",
    actions: {
      GET: {
        summary: "List with whom a project is shared",
        query: [...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(SHARE.shape) },
        handle: (call) => list(services, call),
      },
      POST: {
        summary: "Share a project with a user",
        body: SHARE,
        responses: { 201: SHARE.shape },
        handle: (call) => create(services, call),
      },
    },
  });
  view(server, "/api/projects/:id/shares/:share/", {
    name: "Share Instance",
    tag: "sharing",
    actions: {
      GET: {
        summary: "Read a share",
        responses: { 200: SHARE.shape },
        handle: async (call) => ({ status: 200, body: present(await theShare(services.db, call)) }),
      },
      PATCH: {
        summary: "Change what a share permits",
        body: SHARE_CHANGE,
        responses: { 200: SHARE.shape },
        handle: (call) => change(services, call),
      },
      DELETE: {
        summary: "Stop sharing a project with a user",
        responses: { 204: null },
        handle: (call) => remove(services, call),
      },
    },
  });
}

async function theShare(executor: Executor, call: Call<Actor>): Promise<Share> {
  const project = call.id();
  await authorize(executor, call.actor, project, "administer");
  const share = await findShare(executor, project, call.id("share"));
  if (!share) throw new NotFound();
  return share;
}

async function list({ db }: ShareServices, call: Call<Actor>) {
  const project = call.id();
  await authorize(db, call.actor, project, "administer");
  const rows = shareRows(db, project);
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: ({ limit, offset }) => {
      let sorted = rows;
      for (const { field, descending } of ORDERING.read(call.query))
        sorted = sorted.orderBy(`project_shares.${field}`, descending ? "desc" : "asc");
      return sorted.orderBy("project_shares.id").limit(limit).offset(offset).execute();
    },
  });
  return { status: 200, body: { ...page, results: page.results.map(present) } };
}

async function create({ db, now }: ShareServices, call: Call<Actor>) {
  const { actor } = call;
  const project = call.id();
  await authorize(db, actor, project, "administer");
  const { email: address, permission } = await SHARE.validate(await call.json());
  const share = await db.transaction().execute(async (tx) => {
    const user = await userNamed(tx, address);
    const id = await shareProject(tx, project, { user, permission }, now());
    const made = await findShare(tx, project, id);
    if (!made) throw new Error("A share that was just made is not there.");
    await note(tx, actor, "project.shared", made, now());
    return made;
  });
  return { status: 201, body: present(share) };
}

async function change({ db, now }: ShareServices, call: Call<Actor>) {
  const { actor } = call;
  await theShare(db, call);
  const { permission } = await SHARE_CHANGE.validatePartial(await call.json());
  const share = await db.transaction().execute(async (tx) => {
    const before = await theShare(tx, call);
    if (permission === undefined || permission === before.permission) return before;
    const after = { ...before, permission };
    await changeShare(tx, before.id, permission);
    await note(tx, actor, "project.share_changed", after, now());
    return after;
  });
  return { status: 200, body: present(share) };
}

async function remove({ db, now }: ShareServices, call: Call<Actor>) {
  await db.transaction().execute(async (tx) => {
    const share = await theShare(tx, call);
    await deleteShare(tx, share.id);
    await note(tx, call.actor, "project.unshared", share, now());
  });
  return { status: 204 };
}

function note(executor: Executor, actor: Actor, action: AuditAction, share: Share, now: Date): Promise<void> {
  const { project_id, user_id, email: address, permission } = share;
  const detail = { user: user_id, email: address, permission };
  return audit(executor, actor, action, { type: "project", id: project_id }, detail, now);
}

function present(share: Share): Output<typeof SHARE> {
  return {
    id: share.id,
    user: share.user_id,
    email: share.email,
    permission: share.permission,
    created_at: apiTime(share.created_at),
  };
}

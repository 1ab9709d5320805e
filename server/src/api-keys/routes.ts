import type { Actor } from "../accounts/users.ts";
import { audit } from "../audit/audit.ts";
import { LIMITS } from "../config/limits.ts";
import type { Database } from "../database/open.ts";
import { countOf } from "../database/page.ts";
import { NotFound, ValidationError } from "../http/errors.ts";
import { char, datetime, readOnly } from "../http/fields.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { nullable } from "../http/shapes.ts";
import { apiTime, apiTimeOrNull } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import { sessionsOnly } from "../sessions/authenticate.ts";
import { type ApiKey, createApiKey, liveApiKeyCount, ownApiKeys, revokeOwnApiKey } from "./api-keys.ts";

const FIELDS = {
  id: readOnly("integer"),
  name: char({
    required: false,
    allowBlank: true,
    maxLength: LIMITS.apiKeys.nameCharactersMax,
    help: "Made up where not given.",
  }),
  prefix: readOnly("string", { help: "What stands before the dot in the key." }),
  created_at: readOnly("datetime"),
  last_used_at: readOnly(nullable("datetime"), { help: "To the minute." }),
  expires_at: datetime({ required: false, allowNull: true, help: "Never where not given." }),
  revoked_at: readOnly(nullable("datetime")),
} as const;

const API_KEY = serializer("ApiKey", FIELDS);
const NEW_API_KEY = serializer("NewApiKey", {
  ...FIELDS,
  key: readOnly("string", { help: "`<prefix>.<secret>`, this once: only a hash of it is kept." }),
});

export interface ApiKeyServices {
  db: Database;
  now: () => Date;
}

/** Sessions only: a key that leaked cannot make itself another. */
export function apiKeyRoutes(server: ApiServer<Actor>, services: ApiKeyServices): void {
  view(server, "/api/api-keys/", {
    name: "Api Key List",
    tag: "api-keys",
    permission: sessionsOnly,
    actions: {
      GET: {
        summary: "List your API keys, the newest first",
        query: PAGE_PARAMETERS,
        responses: { 200: pageOf(API_KEY.shape) },
        handle: (call) => list(services, call),
      },
      POST: {
        summary: "Make an API key",
        body: API_KEY,
        responses: { 201: NEW_API_KEY.shape },
        handle: (call) => create(services, call),
      },
    },
  });
  view(server, "/api/api-keys/:id/", {
    name: "Api Key Instance",
    tag: "api-keys",
    permission: sessionsOnly,
    actions: {
      DELETE: {
        summary: "Revoke an API key",
        responses: { 204: null },
        handle: (call) => revoke(services, call),
      },
    },
  });
}

async function list({ db }: ApiKeyServices, call: Call<Actor>) {
  const rows = ownApiKeys(db, call.actor.userId);
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: ({ limit, offset }) => rows.orderBy("id", "desc").limit(limit).offset(offset).execute(),
  });
  return { status: 200, body: { ...page, results: page.results.map(present) } };
}

async function create({ db, now }: ApiKeyServices, call: Call<Actor>) {
  const { name: wantedName, expires_at } = await API_KEY.validate(await call.json());
  if (expires_at && expires_at <= now())
    throw new ValidationError({ expires_at: ["This time has passed: choose one in the future."] });
  const { userId } = call.actor;
  const wanted = { userId, name: wantedName || undefined, expiresAt: expires_at ?? undefined };
  const { row, key } = await db.transaction().execute(async (tx) => {
    if ((await liveApiKeyCount(tx, userId)) >= LIMITS.apiKeys.perUserMax)
      throw new ValidationError(
        `You have ${LIMITS.apiKeys.perUserMax} API keys, which is the most. Revoke one first.`,
      );
    const made = await createApiKey(tx, wanted, now());
    const { id, name, prefix } = made.row;
    await audit(tx, call.actor, "api_key.created", { type: "api_key", id }, { name, prefix }, now());
    return made;
  });
  return { status: 201, body: { ...present(row), key } };
}

async function revoke({ db, now }: ApiKeyServices, call: Call<Actor>) {
  const { actor } = call;
  const id = call.id();
  await db.transaction().execute(async (tx) => {
    if (!(await revokeOwnApiKey(tx, actor.userId, id, now()))) throw new NotFound();
    await audit(tx, actor, "api_key.revoked", { type: "api_key", id }, {}, now());
  });
  return { status: 204 };
}

function present(key: ApiKey): Output<typeof API_KEY> {
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    created_at: apiTime(key.created_at),
    last_used_at: apiTimeOrNull(key.last_used_at),
    expires_at: apiTimeOrNull(key.expires_at),
    revoked_at: apiTimeOrNull(key.revoked_at),
  };
}

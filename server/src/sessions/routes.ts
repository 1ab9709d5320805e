import { accountSubject, addressSubject, countAttempt } from "../accounts/attempts.ts";
import { passwordMatches } from "../accounts/passwords.ts";
import { ME, presentMe } from "../accounts/present.ts";
import type { AccountServices } from "../accounts/services.ts";
import { type Actor, findUserByEmail, normalizeEmail, type User } from "../accounts/users.ts";
import { audit } from "../audit/audit.ts";
import { LIMITS } from "../config/limits.ts";
import { countOf } from "../database/page.ts";
import { AuthenticationFailed, NotFound, ValidationError } from "../http/errors.ts";
import { char, readOnly } from "../http/fields.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { apiTime } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import { sessionsOnly } from "./authenticate.ts";
import { removeSessionCookies } from "./cookies.ts";
import { requireOwnOrigin } from "./csrf.ts";
import { logIn } from "./log-in.ts";
import { endSession, endSessions, type Session, sessionsOf } from "./sessions.ts";

const { emailCharactersMax, passwordCharactersMax } = LIMITS.accounts;

/** The address is text here: whatever an operator once took for one must be able to log in. */
const LOGIN = serializer("Login", {
  email: char({ maxLength: emailCharactersMax }),
  password: char({ maxLength: passwordCharactersMax, trim: false }),
});

const SESSION = serializer("Session", {
  id: readOnly("integer"),
  current: readOnly("boolean", { help: "Whether it is the one that asks." }),
  address: readOnly("string", { help: "From which it was begun." }),
  user_agent: readOnly("string", { help: "With which program it was begun." }),
  created_at: readOnly("datetime"),
  last_used_at: readOnly("datetime", { help: "To the minute." }),
  expires_at: readOnly("datetime"),
});

export function sessionRoutes(server: ApiServer<Actor>, services: AccountServices): void {
  view(server, "/api/auth/login/", {
    name: "Login",
    tag: "accounts",
    permission: "public",
    anonymous: true,
    actions: {
      POST: {
        rate: "logins",
        summary: "Log in with a password",
        body: LOGIN,
        responses: { 200: ME.shape },
        handle: (call) => logInByPassword(services, call),
      },
    },
  });
  view(server, "/api/auth/logout/", {
    name: "Logout",
    tag: "accounts",
    permission: sessionsOnly,
    actions: {
      POST: {
        summary: "End this session",
        responses: { 204: null },
        handle: (call) => logOut(services, call),
      },
    },
  });
  listRoutes(server, services);
}

function listRoutes(server: ApiServer<Actor>, services: AccountServices): void {
  view(server, "/api/auth/sessions/", {
    name: "Session List",
    tag: "accounts",
    permission: sessionsOnly,
    actions: {
      GET: {
        summary: "List your sessions",
        query: PAGE_PARAMETERS,
        responses: { 200: pageOf(SESSION.shape) },
        handle: (call) => list(services, call),
      },
      DELETE: {
        summary: "End all of your sessions but this one",
        responses: { 204: null },
        handle: (call) => endOthers(services, call),
      },
    },
  });
  view(server, "/api/auth/sessions/:id/", {
    name: "Session Instance",
    tag: "accounts",
    permission: sessionsOnly,
    actions: {
      DELETE: {
        summary: "End one of your sessions",
        responses: { 204: null },
        handle: (call) => endOne(services, call),
      },
    },
  });
}

async function logInByPassword(services: AccountServices, call: Call<Actor>) {
  const { db, counters, now } = services;
  requireOwnOrigin(call.request.headers, call.origins);
  countAttempt(counters, addressSubject("login", call.request.ip), LIMITS.accounts.loginsPerAddress, now());
  const { email, password } = await LOGIN.validate(await call.json());
  const subject = accountSubject("login", normalizeEmail(email));
  countAttempt(counters, subject, LIMITS.accounts.loginsPerAccount, now());
  const user = await checkedUser(services, call, email, password);
  counters.reset(subject);
  await db.transaction().execute((tx) => logIn(tx, call, { userId: user.id, how: "password" }, now()));
  return { status: 200, body: presentMe(user) };
}

/** Takes as long, and says the same, whether the address is unknown or the password is wrong. */
async function checkedUser(
  { db, now }: AccountServices,
  call: Call<Actor>,
  email: string,
  password: string,
): Promise<User> {
  const user = await findUserByEmail(db, email);
  const matches = await passwordMatches(user?.password_hash ?? null, password);
  if (!user || !matches) {
    // Without what was typed: people type passwords into the wrong box.
    const subject = { type: "user", id: user?.id ?? null } as const;
    await audit(db, null, "session.refused", subject, { address: call.request.ip }, now());
    throw new ValidationError({ non_field_errors: ["Unable to log in with provided credentials."] });
  }
  if (user.is_active === 0) throw new AuthenticationFailed("User inactive or deleted.");
  return user;
}

async function logOut(services: AccountServices, call: Call<Actor>) {
  const { sessionId } = call.actor;
  if (sessionId !== null) await end(services, call.actor, sessionId);
  removeSessionCookies(call);
  return { status: 204 };
}

async function endOne(services: AccountServices, call: Call<Actor>) {
  if (!(await end(services, call.actor, call.id()))) throw new NotFound();
  return { status: 204 };
}

/** @returns whether the actor had such a session */
function end({ db, now }: AccountServices, actor: Actor, id: number): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const ended = await endSession(tx, actor.userId, id);
    if (ended) await audit(tx, actor, "session.ended", { type: "session", id }, {}, now());
    return ended;
  });
}

async function endOthers({ db, now }: AccountServices, { actor }: Call<Actor>) {
  await db.transaction().execute(async (tx) => {
    await endSessions(tx, actor.userId, actor.sessionId);
    const subject = { type: "user", id: actor.userId } as const;
    await audit(tx, actor, "session.ended", subject, { all_but: actor.sessionId }, now());
  });
  return { status: 204 };
}

async function list({ db, now }: AccountServices, call: Call<Actor>) {
  const rows = sessionsOf(db, call.actor.userId, now());
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: ({ limit, offset }) =>
      rows.orderBy("last_used_at", "desc").orderBy("id", "desc").limit(limit).offset(offset).execute(),
  });
  return {
    status: 200,
    body: { ...page, results: page.results.map((row) => present(row, call.actor.sessionId)) },
  };
}

function present(session: Session, current: number | null): Output<typeof SESSION> {
  return {
    id: session.id,
    current: session.id === current,
    address: session.address,
    user_agent: session.user_agent,
    created_at: apiTime(session.created_at),
    last_used_at: apiTime(session.last_used_at),
    expires_at: apiTime(session.expires_at),
  };
}

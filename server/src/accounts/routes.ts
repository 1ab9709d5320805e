import { audit } from "../audit/audit.ts";
import { LIMITS } from "../config/limits.ts";
import { NotFound, PermissionDenied, ValidationError } from "../http/errors.ts";
import { char, email, readOnly } from "../http/fields.ts";
import { type Output, serializer, type Valid } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { nullable, oneOf } from "../http/shapes.ts";
import { type Call, view } from "../http/view.ts";
import { sessionsOnly } from "../sessions/authenticate.ts";
import { sessionTokenOf, setCsrfCookie } from "../sessions/cookies.ts";
import { requireOwnOrigin } from "../sessions/csrf.ts";
import { logIn } from "../sessions/log-in.ts";
import { accountSubject, addressSubject, countAttempt } from "./attempts.ts";
import { changePassword } from "./credentials.ts";
import { passwordChangedMail } from "./letters.ts";
import { sendConfirmation } from "./mail-routes.ts";
import { passwordFaults } from "./password-rules.ts";
import { hashPassword, passwordMatches } from "./passwords.ts";
import { ME, presentMe } from "./present.ts";
import type { AccountServices } from "./services.ts";
import {
  type Actor,
  findUser,
  findUserByEmail,
  insertUser,
  normalizeEmail,
  updateUser,
  type User,
} from "./users.ts";

const { emailCharactersMax, passwordCharactersMax } = LIMITS.accounts;

const OPTIONS = serializer("AccountOptions", {
  registration: readOnly(oneOf(["open", "closed"])),
  single_sign_on: readOnly(nullable("string"), { help: "What the provider is called; null for none." }),
});

const REGISTRATION = serializer("Registration", {
  email: email({ maxLength: emailCharactersMax }),
  password: char({ maxLength: passwordCharactersMax, trim: false }),
  name: ME.fields.name,
  language: ME.fields.language,
});

const PASSWORD_CHANGE = serializer("PasswordChange", {
  current_password: char({ maxLength: passwordCharactersMax, trim: false }),
  new_password: char({ maxLength: passwordCharactersMax, trim: false }),
});

const TAKEN = "A user with this email already exists.";

export function accountRoutes(server: ApiServer<Actor>, services: AccountServices): void {
  view(server, "/api/auth/options/", {
    name: "Account Options",
    tag: "accounts",
    permission: "public",
    anonymous: true,
    actions: {
      GET: {
        summary: "How people get in here",
        responses: { 200: OPTIONS.shape },
        handle: () => ({ status: 200, body: presentOptions(services) }),
      },
    },
  });
  view(server, "/api/auth/register/", {
    name: "Register",
    tag: "accounts",
    permission: "public",
    anonymous: true,
    actions: {
      POST: {
        rate: "logins",
        summary: "Make an account, and log in",
        body: REGISTRATION,
        responses: { 201: ME.shape },
        handle: (call) => register(services, call),
      },
    },
  });
  ownRoutes(server, services);
}

function ownRoutes(server: ApiServer<Actor>, services: AccountServices): void {
  view(server, "/api/auth/me/", {
    name: "Me",
    tag: "accounts",
    actions: {
      GET: {
        summary: "Read your account",
        responses: { 200: ME.shape },
        handle: (call) => readMe(services, call),
      },
      PATCH: {
        summary: "Change your account",
        body: ME,
        responses: { 200: ME.shape },
        handle: (call) => changeMe(services, call),
      },
    },
  });
  view(server, "/api/auth/password/", {
    name: "Password",
    tag: "accounts",
    permission: sessionsOnly,
    actions: {
      POST: {
        rate: "logins",
        summary: "Change your password, and end all other sessions",
        body: PASSWORD_CHANGE,
        responses: { 204: null },
        handle: (call) => changeMyPassword(services, call),
      },
    },
  });
}

function presentOptions({ config }: AccountServices): Output<typeof OPTIONS> {
  return { registration: config.registration, single_sign_on: config.oidc?.name ?? null };
}

async function register(services: AccountServices, call: Call<Actor>) {
  const { counters, config, now } = services;
  requireOwnOrigin(call.request.headers, call.origins);
  if (config.registration === "closed")
    throw new PermissionDenied("Registration is closed. Ask an administrator for an account.");
  const subject = addressSubject("register", call.request.ip);
  countAttempt(counters, subject, LIMITS.accounts.registrationsPerAddress, now());
  const wanted = await REGISTRATION.validate(await call.json());
  const user = await createAccount(services, call, wanted);
  await sendConfirmation(services, user);
  return { status: 201, body: presentMe(user) };
}

async function createAccount(
  { db, now }: AccountServices,
  call: Call<Actor>,
  wanted: Valid<typeof REGISTRATION>,
): Promise<User> {
  const { password, ...person } = wanted;
  const faults = passwordFaults(password, normalizeEmail(person.email));
  if (faults.length > 0) {
    const isTaken = await findUserByEmail(db, person.email);
    throw new ValidationError({ ...(isTaken && { email: [TAKEN] }), password: faults });
  }
  const passwordHash = await hashPassword(password);
  return db.transaction().execute(async (tx) => {
    const created = await insertUser(
      tx,
      {
        email: person.email,
        passwordHash,
        isAdmin: false,
        isEmailConfirmed: false,
        ...(person.name !== undefined && { name: person.name }),
        ...(person.language !== undefined && { language: person.language }),
      },
      now(),
    );
    if (!created) throw new ValidationError({ email: [TAKEN] });
    const { id, email } = created;
    const actor = { userId: id, via: "session" } as const;
    await audit(tx, actor, "user.registered", { type: "user", id }, { email }, now());
    await logIn(tx, call, { userId: id, how: "registration" }, now());
    return created;
  });
}

async function readMe({ db }: AccountServices, call: Call<Actor>) {
  const token = call.actor.via === "session" ? sessionTokenOf(call.request) : undefined;
  if (token !== undefined) setCsrfCookie(call, token);
  return { status: 200, body: presentMe(await mustFind(db, call.actor)) };
}

async function changeMe({ db }: AccountServices, call: Call<Actor>) {
  const { notify_by_mail, ...rest } = await ME.validatePartial(await call.json());
  const notifyByMail = notify_by_mail === undefined ? {} : { notifyByMail: notify_by_mail };
  await updateUser(db, call.actor.userId, { ...rest, ...notifyByMail });
  return { status: 200, body: presentMe(await mustFind(db, call.actor)) };
}

async function changeMyPassword(services: AccountServices, call: Call<Actor>) {
  const { db, counters, mailer, siteUrl, now } = services;
  const { actor } = call;
  const user = await mustFind(db, actor);
  const subject = accountSubject("login", user.email);
  const { current_password, new_password } = await PASSWORD_CHANGE.validate(await call.json());
  countAttempt(counters, subject, LIMITS.accounts.loginsPerAccount, now());
  const current = await currentPassword(user, current_password);
  if (current.fault === undefined) counters.reset(subject);
  const faults = passwordFaults(new_password, user.email);
  if (current.fault !== undefined || faults.length > 0)
    throw new ValidationError({
      ...(current.fault !== undefined && { current_password: [current.fault] }),
      ...(faults.length > 0 && { new_password: faults }),
    });
  const before = current.hash;
  const after = await hashPassword(new_password);
  const change = { before, after, session: actor.sessionId };
  const inTime = await db.transaction().execute(async (tx) => {
    const changed = await changePassword(tx, user.id, change);
    if (changed) await audit(tx, actor, "user.password_changed", { type: "user", id: user.id }, {}, now());
    return changed;
  });
  if (!inTime) throw new ValidationError({ current_password: ["This password was changed meanwhile."] });
  mailer.sendLater(passwordChangedMail(user.email, siteUrl()));
  return { status: 204 };
}

/** @returns the hash that the password matches, or what is wrong with it */
async function currentPassword(
  user: User,
  password: string,
): Promise<{ hash: string; fault?: undefined } | { fault: string }> {
  const hash = user.password_hash;
  if (hash === null) return { fault: "This account has no password. Ask for a link to choose one by mail." };
  return (await passwordMatches(hash, password)) ? { hash } : { fault: "This is not your password." };
}

async function mustFind(db: AccountServices["db"], actor: Actor): Promise<User> {
  const user = await findUser(db, actor.userId);
  if (!user) throw new NotFound();
  return user;
}

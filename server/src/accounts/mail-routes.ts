import { LIMITS } from "../config/limits.ts";
import { PermissionDenied, ValidationError } from "../http/errors.ts";
import { char } from "../http/fields.ts";
import { serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { objectOf } from "../http/shapes.ts";
import { type Call, view } from "../http/view.ts";
import { requireOwnOrigin } from "../sessions/csrf.ts";
import { accountSubject, addressSubject, type Allowance, countAttempt } from "./attempts.ts";
import { resetPassword } from "./credentials.ts";
import { confirmationMail, passwordChangedMail, resetMail } from "./letters.ts";
import { makeMailToken, ownerOfMailToken, spendMailToken } from "./mail-tokens.ts";
import { passwordFaults } from "./password-rules.ts";
import { hashPassword } from "./passwords.ts";
import type { AccountServices } from "./services.ts";
import { type Actor, confirmEmail, findUser, findUserByEmail, normalizeEmail, type User } from "./users.ts";

const { emailCharactersMax, passwordCharactersMax, resetTokenMs, confirmationTokenMs } = LIMITS.accounts;
const TOKEN_CHARACTERS_MAX = 200;

const RESET_REQUEST = serializer("PasswordReset", { email: char({ maxLength: emailCharactersMax }) });

const RESET = serializer("PasswordResetConfirmation", {
  token: char({ maxLength: TOKEN_CHARACTERS_MAX }),
  password: char({ maxLength: passwordCharactersMax, trim: false }),
});

const CONFIRMATION = serializer("EmailConfirmation", { token: char({ maxLength: TOKEN_CHARACTERS_MAX }) });

const DETAIL = objectOf({ detail: "string" });

export function mailRoutes(server: ApiServer<Actor>, services: AccountServices): void {
  view(server, "/api/auth/password-reset/", {
    name: "Password Reset",
    tag: "accounts",
    permission: "public",
    anonymous: true,
    actions: {
      POST: {
        rate: "logins",
        summary: "Ask for a mail with a link to choose a new password",
        body: RESET_REQUEST,
        responses: { 202: DETAIL },
        handle: (call) => askForReset(services, call),
      },
    },
  });
  view(server, "/api/auth/password-reset/confirm/", {
    name: "Password Reset Confirm",
    tag: "accounts",
    permission: "public",
    anonymous: true,
    actions: {
      POST: {
        rate: "logins",
        summary: "Choose a new password with the token from the mail",
        body: RESET,
        responses: { 204: null },
        handle: (call) => reset(services, call),
      },
    },
  });
  confirmationRoutes(server, services);
}

function confirmationRoutes(server: ApiServer<Actor>, services: AccountServices): void {
  view(server, "/api/auth/confirm-email/", {
    name: "Confirm Email",
    tag: "accounts",
    permission: "public",
    anonymous: true,
    actions: {
      POST: {
        rate: "logins",
        summary: "Confirm your e-mail address with the token from the mail",
        body: CONFIRMATION,
        responses: { 204: null },
        handle: (call) => confirm(services, call),
      },
    },
  });
  view(server, "/api/auth/confirm-email/send/", {
    name: "Send Confirmation",
    tag: "accounts",
    actions: {
      POST: {
        summary: "Ask for the mail that confirms your address again",
        responses: { 202: DETAIL },
        handle: (call) => sendAgain(services, call),
      },
    },
  });
}

/** The answer is out before anybody looks whether there is such an account, so neither it nor its time can tell. */
async function askForReset(services: AccountServices, call: Call<Actor>) {
  const { counters, mailer, now } = services;
  countFromAddress(services, call, "mail", LIMITS.accounts.mailsPerAddress);
  const wanted = normalizeEmail((await RESET_REQUEST.validate(await call.json())).email);
  countAttempt(counters, accountSubject("mail", wanted), LIMITS.accounts.mailsPerAccount, now());
  const answered = call.answered();
  mailer.composeLater(() => answered.then(() => composeReset(services, wanted)));
  const detail = "If there is an account with this address, a mail with a link is on its way.";
  return { status: 202, body: { detail } };
}

async function composeReset({ db, now, siteUrl }: AccountServices, wanted: string) {
  const user = await findUserByEmail(db, wanted);
  if (!user || user.is_active === 0) return null;
  const proof = { userId: user.id, purpose: "reset_password", lifeMs: resetTokenMs } as const;
  return resetMail(user.email, siteUrl(), await makeMailToken(db, proof, now()));
}

async function reset(services: AccountServices, call: Call<Actor>) {
  const { db, counters, mailer, now, siteUrl } = services;
  countFromAddress(services, call, "token", LIMITS.accounts.tokensPerAddress);
  const { token, password } = await RESET.validate(await call.json());
  const id = await ownerOfMailToken(db, "reset_password", token, now());
  const owner = id === undefined ? undefined : await findUser(db, id);
  if (!owner) throw staleLink();
  if (owner.is_active === 0) throw new PermissionDenied("User inactive or deleted.");
  const faults = passwordFaults(password, owner.email);
  if (faults.length > 0) throw new ValidationError({ password: faults });
  const user = await resetPassword(db, { token, passwordHash: await hashPassword(password) }, now());
  if (!user) throw staleLink();
  counters.reset(accountSubject("login", user.email));
  mailer.sendLater(passwordChangedMail(user.email, siteUrl()));
  return { status: 204 };
}

async function confirm(services: AccountServices, call: Call<Actor>) {
  const { db, now } = services;
  countFromAddress(services, call, "token", LIMITS.accounts.tokensPerAddress);
  const { token } = await CONFIRMATION.validate(await call.json());
  const id = await spendMailToken(db, "confirm_email", token, now());
  if (id === undefined) throw staleLink();
  await confirmEmail(db, id, now());
  return { status: 204 };
}

async function sendAgain(services: AccountServices, call: Call<Actor>) {
  const { db, counters, now } = services;
  const user = await findUser(db, call.actor.userId);
  if (!user || user.email_confirmed_at !== null)
    throw new ValidationError("This e-mail address is confirmed already.");
  const subject = accountSubject("mail", user.email);
  countAttempt(counters, subject, LIMITS.accounts.mailsPerAccount, now());
  await sendConfirmation(services, user);
  return { status: 202, body: { detail: "A mail with a link is on its way." } };
}

/** Sends the mail that proves a user's address. */
export async function sendConfirmation(
  { db, mailer, now, siteUrl }: AccountServices,
  user: User,
): Promise<void> {
  const proof = { userId: user.id, purpose: "confirm_email", lifeMs: confirmationTokenMs } as const;
  mailer.sendLater(confirmationMail(user.email, siteUrl(), await makeMailToken(db, proof, now())));
}

function countFromAddress(
  { counters, now }: AccountServices,
  call: Call<Actor>,
  what: string,
  allowance: Allowance,
): void {
  requireOwnOrigin(call.request.headers, call.origins);
  countAttempt(counters, addressSubject(what, call.request.ip), allowance, now());
}

function staleLink(): ValidationError {
  return new ValidationError({ token: ["This link is not valid any more. Ask for another one."] });
}

import { countAttempt } from "../accounts/attempts.ts";
import { type Actor, findUser, normalizeEmail, type User } from "../accounts/users.ts";
import { audit } from "../audit/audit.ts";
import { LIMITS } from "../config/limits.ts";
import type { Counters } from "../database/counters.ts";
import type { Database } from "../database/open.ts";
import { countOf, windowOf } from "../database/page.ts";
import { NotFound, ValidationError } from "../http/errors.ts";
import { char, choice, email, readOnly } from "../http/fields.ts";
import { ordering } from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { nullable } from "../http/shapes.ts";
import { apiTime } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import type { Mailer } from "../mail/mailer.ts";
import {
  acceptInvitation,
  findInvitation,
  type Invitation,
  invitationRows,
  invite,
  withdrawInvitation,
} from "./invitations.ts";
import { invitationMail } from "./letters.ts";
import { presentTeam, TEAM, TEAM_ROLES } from "./present.ts";
import { authorizeInTeam, findTeam } from "./teams.ts";

const INVITATION = serializer("Invitation", {
  id: readOnly("integer"),
  email: email({ maxLength: LIMITS.accounts.emailCharactersMax }),
  role: choice(TEAM_ROLES, { default: "member" }),
  invited_by: readOnly(nullable("integer")),
  created_at: readOnly("datetime"),
  expires_at: readOnly("datetime"),
});

/** What the link in an invitation's mail is good for. */
const ACCEPTANCE = serializer("InvitationAcceptance", {
  token: char({ maxLength: 255, help: "From the mail." }),
});

const ORDERING = ordering(["id", "created_at", "expires_at"], "id");

export interface InvitationServices {
  db: Database;
  counters: Counters;
  mailer: Mailer;
  /** Where the links in mails lead, without a slash at the end. */
  siteUrl: () => string;
  now: () => Date;
}

export function invitationRoutes(server: ApiServer<Actor>, services: InvitationServices): void {
  view(server, "/api/teams/:id/invitations/", {
    name: "Invitation List",
    tag: "teams",
    actions: {
      GET: {
        summary: "List who was invited to a team and has not come yet",
        query: [...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(INVITATION.shape) },
        handle: (call) => list(services, call),
      },
      POST: {
        summary: "Invite an address to a team by mail, with or without an account",
        body: INVITATION,
        responses: { 201: INVITATION.shape },
        handle: (call) => create(services, call),
      },
    },
  });
  view(server, "/api/teams/:id/invitations/:invitation/", {
    name: "Invitation Instance",
    tag: "teams",
    actions: {
      GET: {
        summary: "Read an invitation",
        responses: { 200: INVITATION.shape },
        handle: async (call) => ({ status: 200, body: present(await theInvitation(services, call)) }),
      },
      DELETE: {
        summary: "Withdraw an invitation",
        responses: { 204: null },
        handle: (call) => withdraw(services, call),
      },
    },
  });
  view(server, "/api/invitations/accept/", {
    name: "Invitation Accept",
    tag: "teams",
    actions: {
      POST: {
        summary: "Join the team that an invitation is for",
        body: ACCEPTANCE,
        responses: { 200: TEAM.shape },
        handle: (call) => accept(services, call),
      },
    },
  });
}

async function theInvitation({ db }: InvitationServices, call: Call<Actor>): Promise<Invitation> {
  const team = await authorizeInTeam(db, call.actor, call.id(), "administer");
  const invitation = await findInvitation(db, team.id, call.id("invitation"));
  if (!invitation) throw new NotFound();
  return invitation;
}

async function list({ db }: InvitationServices, call: Call<Actor>) {
  const { id } = await authorizeInTeam(db, call.actor, call.id(), "administer");
  const rows = invitationRows(db, id);
  const page = await paginate(call, {
    count: () => countOf(rows),
    rows: (window) => windowOf(rows, ORDERING.read(call.query), "team_invitations", window),
  });
  return { status: 200, body: { ...page, results: page.results.map(present) } };
}

async function create({ db, counters, mailer, siteUrl, now }: InvitationServices, call: Call<Actor>) {
  const { actor } = call;
  const team = await authorizeInTeam(db, actor, call.id(), "administer");
  const valid = await INVITATION.validate(await call.json());
  const wanted = { email: normalizeEmail(valid.email), role: valid.role };
  const inviter = await confirmedUser(db, actor);
  countAttempt(counters, `invitation by user ${actor.userId}`, LIMITS.teams.invitationsPerUser, now());
  const { invitation, token } = await db.transaction().execute(async (tx) => {
    const made = await invite(tx, actor, team.id, wanted, now());
    await audit(tx, actor, "team.member_invited", { type: "team", id: team.id }, wanted, now());
    return made;
  });
  const letter = { email: wanted.email, team: team.name, inviter: inviter.email, token };
  mailer.sendLater(invitationMail(letter, siteUrl()));
  return { status: 201, body: present(invitation) };
}

/** Mails to strangers, with a text of one's own in them, are for people who can be found. */
async function confirmedUser(db: Database, { userId }: Actor): Promise<User> {
  const user = await findUser(db, userId);
  if (!user) throw new NotFound();
  if (user.email_confirmed_at === null)
    throw new ValidationError("Confirm your own e-mail address before you invite others.");
  return user;
}

async function withdraw(services: InvitationServices, call: Call<Actor>) {
  const { id } = await theInvitation(services, call);
  await withdrawInvitation(services.db, id);
  return { status: 204 };
}

async function accept({ db, counters, now }: InvitationServices, call: Call<Actor>) {
  const { actor } = call;
  const { token } = await ACCEPTANCE.validate(await call.json());
  countAttempt(counters, `acceptance by user ${actor.userId}`, LIMITS.teams.acceptancesPerUser, now());
  const team = await db.transaction().execute(async (tx) => {
    const id = await acceptInvitation(tx, actor, token, now());
    const joined = await findTeam(tx, actor, id);
    if (!joined) throw new Error("Somebody who just joined a team is not in it.");
    const detail = { user: actor.userId, role: joined.role };
    await audit(tx, actor, "team.member_added", { type: "team", id }, detail, now());
    return joined;
  });
  return { status: 200, body: presentTeam(team) };
}

function present(invitation: Invitation): Output<typeof INVITATION> {
  const { id, email: address, role, invited_by, created_at, expires_at } = invitation;
  return {
    id,
    email: address,
    role,
    invited_by,
    created_at: apiTime(created_at),
    expires_at: apiTime(expires_at),
  };
}

import { expect } from "vitest";
import {
  administrators,
  type Cell,
  editors,
  everybody,
  type Expected,
  faulty,
  members,
  operators,
  owners,
  readers,
  READERS,
  signedIn,
  teamAdmins,
} from "./expected.ts";
import type { People, Role, World } from "./world.ts";

/** One operation of the API, as it is asked for by everybody. */
export interface Row {
  /** As the OpenAPI document names it, such as `PATCH /api/files/{id}/`. */
  route: string;
  expected: Expected;
  /** With the world's ids; the route's own path unless given. */
  path?: (world: World) => string;
  /** Sent as JSON, or as the form that it is. */
  body?: (world: World, people: People) => unknown;
  /** Of a list: an object that those who may see it find there, and others do not. */
  lists?: { id: (world: World) => number; for: readonly Role[] };
  /** API keys get 403, whoever's they are. */
  sessionsOnly?: boolean;
  /** Keys are sent as Bearer tokens, sessions get 401, and errors are OpenAI's. */
  bearerOnly?: boolean;
}

const NO_PROJECT: Cell = {
  status: 400,
  body: { project: [expect.stringMatching(/^Invalid pk "\d+" - object does not exist\.$/)] },
};

const NOTHING = () => ({});
const PROJECT = (world: World) => `/api/projects/${world.project}/`;
const FILE = (world: World) => `/api/files/${world.file}/`;
const TEAM = (world: World) => `/api/teams/${world.team}/`;

function subtitles(world: World): FormData {
  const form = new FormData();
  form.set("project", String(world.project));
  form.set("file_type", "srt");
  form.set("file", new Blob(["1\n00:00:01,000 --> 00:00:02,000\nHello.\n"]), "hello.srt");
  return form;
}

const projects: Row[] = [
  {
    route: "GET /api/projects/",
    expected: signedIn(200),
    lists: { id: (world) => world.project, for: READERS },
  },
  { route: "POST /api/projects/", body: () => ({ title: "Mine" }), expected: signedIn(201) },
  { route: "GET /api/projects/{id}/", path: PROJECT, expected: readers(200) },
  {
    route: "PUT /api/projects/{id}/",
    path: PROJECT,
    body: () => ({ title: "Changed" }),
    expected: administrators(200),
  },
  {
    route: "PATCH /api/projects/{id}/",
    path: PROJECT,
    body: () => ({ title: "Changed" }),
    expected: administrators(200),
  },
  { route: "DELETE /api/projects/{id}/", path: PROJECT, expected: administrators(204) },
];

const SHARES = (world: World) => `${PROJECT(world)}shares/`;
const SHARE = (world: World) => `${SHARES(world)}${world.share}/`;

const sharing: Row[] = [
  {
    route: "GET /api/projects/{id}/shares/",
    path: SHARES,
    expected: administrators(200),
    lists: { id: (world) => world.share, for: ["owner", "team_admin"] },
  },
  {
    route: "POST /api/projects/{id}/shares/",
    path: SHARES,
    body: (_world, people) => ({ email: people.stranger.email, permission: "view" }),
    expected: administrators(201),
  },
  { route: "GET /api/projects/{id}/shares/{share}/", path: SHARE, expected: administrators(200) },
  {
    route: "PATCH /api/projects/{id}/shares/{share}/",
    path: SHARE,
    body: () => ({ permission: "edit" }),
    expected: administrators(200),
  },
  { route: "DELETE /api/projects/{id}/shares/{share}/", path: SHARE, expected: administrators(204) },
];

const MEMBERS = (world: World) => `${TEAM(world)}members/`;
const MEMBER = (world: World) => `${MEMBERS(world)}${world.membership}/`;
const INVITATIONS = (world: World) => `${TEAM(world)}invitations/`;
const INVITATION = (world: World) => `${INVITATIONS(world)}${world.invitation}/`;

const teams: Row[] = [
  {
    route: "GET /api/teams/",
    expected: signedIn(200),
    lists: { id: (world) => world.team, for: ["team_admin", "member"] },
  },
  { route: "POST /api/teams/", body: () => ({ name: "Mine" }), expected: signedIn(201) },
  { route: "GET /api/teams/{id}/", path: TEAM, expected: members(200) },
  { route: "PUT /api/teams/{id}/", path: TEAM, body: () => ({ name: "Changed" }), expected: teamAdmins(200) },
  { route: "PATCH /api/teams/{id}/", path: TEAM, body: NOTHING, expected: teamAdmins(200) },
  { route: "DELETE /api/teams/{id}/", path: TEAM, expected: teamAdmins(204) },
  {
    route: "GET /api/teams/{id}/members/",
    path: MEMBERS,
    expected: members(200),
    lists: { id: (world) => world.membership, for: ["team_admin", "member"] },
  },
  {
    route: "POST /api/teams/{id}/members/",
    path: MEMBERS,
    body: (_world, people) => ({ email: people.stranger.email }),
    expected: teamAdmins(201),
  },
  { route: "GET /api/teams/{id}/members/{member}/", path: MEMBER, expected: members(200) },
  {
    route: "PATCH /api/teams/{id}/members/{member}/",
    path: MEMBER,
    body: () => ({ role: "admin" }),
    expected: teamAdmins(200),
  },
  // The membership is the member's own, and everybody may leave.
  { route: "DELETE /api/teams/{id}/members/{member}/", path: MEMBER, expected: members(204) },
  {
    route: "GET /api/teams/{id}/invitations/",
    path: INVITATIONS,
    expected: teamAdmins(200),
    lists: { id: (world) => world.invitation, for: ["team_admin"] },
  },
  {
    route: "POST /api/teams/{id}/invitations/",
    path: INVITATIONS,
    body: () => ({ email: "another@example.org" }),
    expected: teamAdmins(201),
  },
  {
    route: "GET /api/teams/{id}/invitations/{invitation}/",
    path: INVITATION,
    expected: teamAdmins(200),
  },
  {
    route: "DELETE /api/teams/{id}/invitations/{invitation}/",
    path: INVITATION,
    expected: teamAdmins(204),
  },
  { route: "POST /api/invitations/accept/", body: NOTHING, expected: signedIn(faulty("token")) },
];

const files: Row[] = [
  {
    route: "GET /api/files/",
    expected: signedIn(200),
    lists: { id: (world) => world.file, for: READERS },
  },
  {
    // Of a project that is out of sight, the upload says that there is none.
    route: "POST /api/files/",
    body: subtitles,
    expected: { ...editors(201), member: NO_PROJECT, stranger: NO_PROJECT, operator: NO_PROJECT },
  },
  { route: "GET /api/files/{id}/", path: FILE, expected: readers(200) },
  {
    route: "PATCH /api/files/{id}/",
    path: FILE,
    body: () => ({ original_filename: "changed.wav" }),
    expected: editors(200),
  },
  { route: "DELETE /api/files/{id}/", path: FILE, expected: editors(204) },
  {
    route: "POST /api/files/{id}/transcribe/",
    path: (world) => `/api/files/${world.failedFile}/transcribe/`,
    expected: editors(202),
  },
  { route: "GET /api/files/{id}/events/", path: (world) => `${FILE(world)}events/`, expected: readers(200) },
  { route: "GET /api/files/{id}/media/", path: (world) => `${FILE(world)}media/`, expected: readers(200) },
];

const TRANSCRIPT = (world: World) => `/api/transcripts/${world.transcript}/`;

const transcripts: Row[] = [
  {
    route: "GET /api/transcripts/",
    expected: signedIn(200),
    lists: { id: (world) => world.transcript, for: READERS },
  },
  { route: "GET /api/transcripts/{id}/", path: TRANSCRIPT, expected: readers(200) },
  {
    route: "GET /api/transcripts/{id}/download/",
    path: (world) => `${TRANSCRIPT(world)}download/?type=srt`,
    expected: readers(200),
  },
  // A link that is none: who holds a real one is asked for nothing else.
  {
    route: "GET /api/downloads/{token}/",
    path: () => "/api/downloads/none/",
    expected: { ...everybody({ status: 403, body: { detail: "This link is not valid." } }), inactive: 403 },
  },
];

const tasks: Row[] = [
  {
    route: "GET /api/tasks/",
    expected: signedIn(200),
    lists: { id: (world) => world.failedTask, for: READERS },
  },
  {
    route: "GET /api/tasks/{id}/",
    path: (world) => `/api/tasks/${world.failedTask}/`,
    expected: readers(200),
  },
  {
    route: "POST /api/tasks/{id}/retry/",
    path: (world) => `/api/tasks/${world.failedTask}/retry/`,
    expected: editors(202),
  },
  {
    route: "POST /api/tasks/{id}/cancel/",
    path: (world) => `/api/tasks/${world.queuedTask}/cancel/`,
    expected: editors(202),
  },
];

const NO_PROVIDER: Cell = {
  status: 404,
  body: { detail: "Single sign-on is not set up on this server." },
};

/** Empty bodies show who is let through, and change nothing. */
const accounts: Row[] = [
  { route: "GET /api/auth/options/", expected: everybody(200) },
  {
    route: "POST /api/auth/register/",
    body: NOTHING,
    expected: everybody(faulty("email", "password")),
  },
  { route: "POST /api/auth/login/", body: NOTHING, expected: everybody(faulty("email", "password")) },
  { route: "POST /api/auth/password-reset/", body: NOTHING, expected: everybody(faulty("email")) },
  {
    route: "POST /api/auth/password-reset/confirm/",
    body: NOTHING,
    expected: everybody(faulty("token", "password")),
  },
  { route: "POST /api/auth/confirm-email/", body: NOTHING, expected: everybody(faulty("token")) },
  { route: "POST /api/auth/confirm-email/send/", expected: signedIn(400) },
  { route: "GET /api/auth/oidc/login/", expected: everybody(NO_PROVIDER) },
  { route: "GET /api/auth/oidc/callback/", expected: everybody(NO_PROVIDER) },
  { route: "GET /api/auth/me/", expected: signedIn(200) },
  { route: "PATCH /api/auth/me/", body: NOTHING, expected: signedIn(200) },
  {
    route: "POST /api/auth/password/",
    body: NOTHING,
    sessionsOnly: true,
    expected: signedIn(faulty("current_password", "new_password")),
  },
  { route: "POST /api/auth/logout/", sessionsOnly: true, expected: signedIn(204) },
  { route: "GET /api/auth/sessions/", sessionsOnly: true, expected: signedIn(200) },
  { route: "DELETE /api/auth/sessions/", sessionsOnly: true, expected: signedIn(204) },
  // Somebody else's.
  {
    route: "DELETE /api/auth/sessions/{id}/",
    path: () => "/api/auth/sessions/999999/",
    sessionsOnly: true,
    expected: signedIn(404),
  },
  { route: "GET /api/api-keys/", sessionsOnly: true, expected: signedIn(200) },
  { route: "POST /api/api-keys/", body: NOTHING, sessionsOnly: true, expected: signedIn(201) },
  // The first account's.
  {
    route: "DELETE /api/api-keys/{id}/",
    path: () => "/api/api-keys/1/",
    sessionsOnly: true,
    expected: signedIn(404),
  },
];

const operation: Row[] = [
  { route: "GET /healthz", expected: everybody(200) },
  { route: "GET /readyz", expected: everybody(200) },
  { route: "GET /api/schema/", expected: { ...everybody(200), inactive: 403 } },
  { route: "GET /api/docs/", expected: { ...everybody(200), inactive: 403 } },
  { route: "GET /metrics", expected: { ...everybody(200), inactive: 403 } },
  { route: "GET /api/usage/", expected: signedIn(200) },
  { route: "GET /api/usage/entries/", expected: signedIn(200) },
];

const WEBHOOK = (world: World) => `/api/webhooks/${world.webhook}/`;
const DELIVERY = (world: World) => `${WEBHOOK(world)}deliveries/${world.delivery}/`;

/** They are the user's own, also those for a project that others see. */
const webhooks: Row[] = [
  {
    route: "GET /api/webhooks/",
    expected: signedIn(200),
    lists: { id: (world) => world.webhook, for: ["owner"] },
  },
  { route: "POST /api/webhooks/", body: NOTHING, expected: signedIn(faulty("url")) },
  { route: "GET /api/webhooks/{id}/", path: WEBHOOK, expected: owners(200) },
  { route: "PATCH /api/webhooks/{id}/", path: WEBHOOK, body: NOTHING, expected: owners(200) },
  { route: "DELETE /api/webhooks/{id}/", path: WEBHOOK, expected: owners(204) },
  {
    route: "POST /api/webhooks/{id}/rotate-secret/",
    path: (world) => `${WEBHOOK(world)}rotate-secret/`,
    expected: owners(200),
  },
  {
    route: "GET /api/webhooks/{id}/deliveries/",
    path: (world) => `${WEBHOOK(world)}deliveries/`,
    expected: owners(200),
    lists: { id: (world) => world.delivery, for: ["owner"] },
  },
  { route: "GET /api/webhooks/{id}/deliveries/{delivery}/", path: DELIVERY, expected: owners(200) },
  {
    route: "POST /api/webhooks/{id}/deliveries/{delivery}/replay/",
    path: (world) => `${DELIVERY(world)}replay/`,
    expected: owners(202),
  },
];

const USER = "/api/admin/users/999999/";

const administration: Row[] = [
  { route: "GET /api/admin/audit/", expected: operators(200) },
  { route: "GET /api/admin/failures/", expected: operators(200) },
  { route: "GET /api/admin/queue/", expected: operators(200) },
  { route: "GET /api/admin/users/", expected: operators(200) },
  { route: "GET /api/admin/users/{id}/", path: () => USER, expected: operators(404) },
  { route: "PATCH /api/admin/users/{id}/", path: () => USER, body: NOTHING, expected: operators(404) },
  { route: "GET /api/admin/users/{id}/entries/", path: () => `${USER}entries/`, expected: operators(404) },
  {
    route: "POST /api/admin/users/{id}/grant/",
    path: () => `${USER}grant/`,
    body: NOTHING,
    expected: operators(404),
  },
];

const NO_FILE: Cell = { status: 400, body: { error: { param: "file", code: null } } };
const openAi: Row[] = [
  { route: "GET /v1/models", bearerOnly: true, expected: { ...signedIn(200), inactive: 401 } },
  {
    route: "GET /v1/models/{model}",
    path: () => "/v1/models/whisper-1",
    bearerOnly: true,
    expected: { ...signedIn(200), inactive: 401 },
  },
  // It goes into a project of the user's own, which everybody can have.
  {
    route: "POST /v1/audio/transcriptions",
    body: () => new FormData(),
    bearerOnly: true,
    expected: { ...signedIn(NO_FILE), inactive: 401 },
  },
];

/** Every operation of the OpenAPI document has a row here. */
export const MATRIX: readonly Row[] = [
  ...projects,
  ...sharing,
  ...teams,
  ...files,
  ...transcripts,
  ...tasks,
  ...accounts,
  ...webhooks,
  ...operation,
  ...administration,
  ...openAi,
];

import { expect, test } from "vitest";
import type { Database } from "../../src/database/open.ts";
import { type Client, dataFolder, type Reply, startProcess, startServer } from "../harness.ts";
import type { Cell } from "../permissions/expected.ts";
import { MATRIX, type Row } from "../permissions/matrix.ts";
import {
  makePeople,
  makeWorld,
  type People,
  type Role,
  ROLES,
  sessionHeaders,
  type World,
} from "../permissions/world.ts";

/** What shows who asks. Anonymous requests have neither. */
const CREDENTIALS = ["key", "session"] as const;
type Credentials = (typeof CREDENTIALS)[number];

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

interface Asking {
  db: Database;
  people: People;
  /** One of several servers on the same data folder: what one did, the other knows at once. */
  nextClient: () => Client;
}

interface Wanted {
  method: string;
  path: string;
  role: Role;
  credentials: Credentials;
  body?: unknown;
  bearerOnly?: boolean | undefined;
}

async function ask(asking: Asking, wanted: Wanted): Promise<Reply> {
  const { method, path, body } = wanted;
  const headers = await headersOf(asking, wanted);
  const client = asking.nextClient();
  if (body === undefined) return client.request(method, path, { headers });
  if (body instanceof FormData) return client.request(method, path, { headers, body });
  const json = { ...headers, "content-type": "application/json" };
  return client.request(method, path, { headers: json, body: JSON.stringify(body) });
}

async function headersOf(
  { db, people }: Asking,
  { role, credentials, bearerOnly }: Wanted,
): Promise<Record<string, string>> {
  // Another scheme is none; without it the client would send a key of its own.
  if (role === "anonymous") return { authorization: "None" };
  if (credentials === "key")
    return { authorization: `${bearerOnly ? "Bearer" : "Api-Key"} ${people[role].key}` };
  return { authorization: "None", ...(await sessionHeaders(db, people[role].id)) };
}

/** What the route must answer: with the errors where the matrix has them, else with those of its status. */
function expectedOf(row: Row, role: Role, credentials: Credentials): { status: number; body?: unknown } {
  const cell: Cell = isKeyRefused(row, role, credentials) ? KEY_REFUSED : row.expected[role];
  if (row.bearerOnly && (credentials === "session" || cell === 401)) return NO_BEARER;
  if (typeof cell !== "number") return cell;
  if (cell === 401) return { status: 401, body: { detail: "Authentication credentials were not provided." } };
  if (cell === 404) return { status: 404, body: { detail: "Not found." } };
  if (cell === 403) return role === "inactive" ? INACTIVE : FORBIDDEN;
  return { status: cell };
}

function isKeyRefused(row: Row, role: Role, credentials: Credentials): boolean {
  return row.sessionsOnly === true && credentials === "key" && !["anonymous", "inactive"].includes(role);
}

const KEY_REFUSED = {
  status: 403,
  body: { detail: "An API key cannot do this. Log in and use the session." },
};
const NO_BEARER = { status: 401, body: { error: { code: "invalid_api_key" } } };
const INACTIVE = { status: 403, body: { detail: "User inactive or deleted." } };
const FORBIDDEN = { status: 403, body: { detail: "You do not have permission to perform this action." } };

/** What is wrong with an answer, in a line; null for nothing. */
function faultOf(row: Row, world: World, wanted: Wanted, reply: Reply): string | null {
  const { role, credentials } = wanted;
  const expected = expectedOf(row, role, credentials);
  const who = `${row.route} as ${role} by ${credentials}`;
  try {
    expect(reply).toMatchObject(expected);
  } catch {
    const answered = JSON.stringify(reply.body).slice(0, 200);
    return `${who}: expected ${JSON.stringify(expected)}, but got ${reply.status} ${answered}`;
  }
  if (!row.lists || reply.status !== 200) return null;
  const wantedId = row.lists.id(world);
  const found = reply.body.results.some((item: { id: number }) => item.id === wantedId);
  if (found === row.lists.for.includes(role)) return null;
  return `${who}: ${found ? "finds" : "does not find"} it in the list`;
}

function* cells(): Generator<{ role: Role; credentials: Credentials }> {
  for (const role of ROLES)
    for (const credentials of role === "anonymous" ? (["key"] as const) : CREDENTIALS)
      yield { role, credentials };
}

function methodAndPath(route: string): [method: string, path: string] {
  const [method = "", path = ""] = route.split(" ");
  return [method, path];
}

/** Operations of the OpenAPI document, as rows name them. */
async function operations(client: Client): Promise<string[]> {
  const { paths } = (await client.get("/api/schema/")).body as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => method.toLowerCase() in item).map((method) => `${method} ${path}`),
  );
}

test("the matrix has a row for every operation of the OpenAPI document, and no other", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const rows = MATRIX.map(({ route }) => route);
  expect(rows.toSorted()).toEqual((await operations(admin)).toSorted());
});

test("every cell of the matrix is as it should be, whichever server process is asked", async () => {
  const dataDir = await dataFolder();
  const { app, admin } = await startServer({ roles: ["api"], dataDir });
  const { client } = await startProcess(dataDir, { USPEECH_LOG_LEVEL: "silent" });
  const people = await makePeople(app.db);
  let asked = 0;
  const asking = { db: app.db, people, nextClient: () => (asked++ % 2 === 0 ? admin : client) };
  const faults: string[] = [];
  let world = await makeWorld(app.db, people);
  for (const row of MATRIX) {
    const [method, path] = methodAndPath(row.route);
    for (const cell of cells()) {
      const { bearerOnly } = row;
      const body = row.body?.(world, people);
      const wanted = { ...cell, method, path: row.path?.(world) ?? path, body, bearerOnly };
      const reply = await ask(asking, wanted);
      const fault = faultOf(row, world, wanted, reply);
      if (fault) faults.push(fault);
      if (method !== "GET" && reply.status < 300) world = await makeWorld(app.db, people);
    }
  }
  expect(faults).toEqual([]);
  expect(asked).toBeGreaterThan(500);
}, 180_000);

test("no route answers to a method that it does not have, and it says so only to those who may ask", async () => {
  const { app, admin } = await startServer({ roles: ["api"] });
  const people = await makePeople(app.db);
  const asking = { db: app.db, people, nextClient: () => admin };
  const routes = new Set(MATRIX.map(({ route }) => route));
  const faults: string[] = [];
  for (const { route, expected, bearerOnly } of MATRIX) {
    const [, template] = methodAndPath(route);
    const path = template.replace(/\{\w+\}/g, "1");
    const isPublic = expected.anonymous !== 401;
    for (const method of METHODS.filter((other) => !routes.has(`${other} ${template}`))) {
      for (const [role, status] of [
        ["operator", 405],
        ["anonymous", isPublic ? 405 : 401],
      ] as const) {
        const credentials = bearerOnly ? "key" : "session";
        const reply = await ask(asking, { method, path, role, credentials, bearerOnly });
        if (reply.status !== status) faults.push(`${method} ${template} as ${role}: ${reply.status}`);
      }
      routes.add(`${method} ${template}`);
    }
  }
  expect(faults).toEqual([]);
}, 60_000);

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Database } from "../../src/database/open.ts";
import { Answers } from "../fuzz/answers.ts";
import { type Document, type Operation, operationsOf, resolve } from "../fuzz/document.ts";
import { type Asker, type FuzzRequest, requestFor } from "../fuzz/requests.ts";
import { send } from "../fuzz/send.ts";
import { startServer } from "../harness.ts";
import { makePeople, makeWorld, type People, sessionHeaders, type World } from "../permissions/world.ts";

/** Requests of each operation; `FUZZ_RUNS=500` looks harder, `FUZZ_SEED` does the same again. */
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 12);
const SEED = process.env["FUZZ_SEED"];

/** Ids of what there is, by what comes before them in a path. */
function idsIn(world: World, people: People): Record<string, readonly (number | string)[]> {
  return {
    teams: [world.team],
    members: [world.membership],
    invitations: [world.invitation],
    projects: [world.project],
    shares: [world.share],
    files: [world.file, world.failedFile],
    transcripts: [world.transcript],
    tasks: [world.failedTask, world.queuedTask],
    webhooks: [world.webhook],
    deliveries: [world.delivery],
    users: [people.owner.id, people.stranger.id],
    "api-keys": [1, 2, 3],
    models: ["whisper-1"],
    sessions: [1, 2, 3],
  };
}

/** What the operation before did to the people is undone. */
async function revive(db: Database, people: People): Promise<void> {
  const { operator, inactive } = people;
  await db.updateTable("users").set({ is_active: 1, is_admin: 0 }).where("id", "!=", inactive.id).execute();
  await db.updateTable("users").set({ is_admin: 1 }).where("id", "=", operator.id).execute();
  await db.updateTable("api_keys").set({ revoked_at: null }).execute();
}

function key(text: string): Record<string, string> {
  return { authorization: `Api-Key ${text}` };
}

async function credentialsOf(db: Database, people: People): Promise<Record<Asker, Record<string, string>>> {
  return {
    owner: key(people.owner.key),
    operator: key(people.operator.key),
    team_admin: key(people.team_admin.key),
    session: await sessionHeaders(db, people.owner.id),
    view: key(people.view.key),
    stranger: key(people.stranger.key),
    anonymous: {},
    "bad key": key(`${people.owner.key}x`),
    junk: { authorization: "Api-Key  a b\xff" },
  };
}

/** The API of OpenAI's clients takes the same keys under another name. */
function inSchemeOf(path: string, credentials: Record<string, string>): Record<string, string> {
  const { authorization } = credentials;
  if (!path.startsWith("/v1/") || authorization === undefined) return credentials;
  return { authorization: authorization.replace("Api-Key", "Bearer") };
}

/** Nobody but the operating system closes a socket while its answer is on the way; a hung-up call is a fault. */
async function faultsOf(
  answers: Answers,
  operation: Operation,
  asked: FuzzRequest,
  ask: () => ReturnType<typeof send>,
) {
  try {
    return answers.faults(operation, asked.method, await ask());
  } catch (error) {
    return [`no answer: ${String(error)}`];
  }
}

test("no request, good or bad, is answered with a 5xx or with what the document does not say", async () => {
  const { app, admin } = await startServer({ roles: ["api"] });
  const document = (await admin.get("/api/schema/")).body as Document;
  const answers = new Answers(document);
  const people = await makePeople(app.db);
  const operations = operationsOf(document);
  const failures: string[] = [];
  expect(operations.length).toBeGreaterThan(70);
  for (const operation of operations) {
    await revive(app.db, people);
    const ids = idsIn(await makeWorld(app.db, people), people);
    const credentials = await credentialsOf(app.db, people);
    const body = operation.body && resolve(document, operation.body.schema);
    const property = fc.asyncProperty(
      requestFor(operation, body, (of) => ids[of] ?? []),
      async (asked) => {
        const ask = () => send(admin.baseUrl, asked, inSchemeOf(operation.path, credentials[asked.asker]));
        // Another method may be one that the path has, too, with answers of its own.
        const met = operations.find(({ path, method }) => path === operation.path && method === asked.method);
        expect(await faultsOf(answers, met ?? operation, asked, ask)).toEqual([]);
      },
    );
    const details = await fc.check(property, {
      numRuns: RUNS,
      includeErrorInReport: true,
      ...(SEED && { seed: Number(SEED) }),
    });
    if (details.failed)
      failures.push(`${operation.method} ${operation.path}\n${fc.defaultReportMessage(details)}`);
  }
  expect(failures.join("\n\n")).toBe("");
}, 600_000);

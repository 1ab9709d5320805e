import { expect, test, vi } from "vitest";
import { setActive } from "../../src/accounts/users.ts";
import { LIMITS } from "../../src/config/limits.ts";
import { Browser, mailsOf } from "../browser.ts";
import { TestClock } from "../database.ts";
import { type Client, startServer, type TestServer } from "../harness.ts";

const ADDRESS = { admin: "admin@localhost", ada: "ada@example.org", bob: "bob@example.org" };

/** A team of the first account with Ada in it. */
async function teamWithAda(role: "admin" | "member" = "member") {
  const server = await startServer({ roles: ["api"] });
  const ada = await server.user(ADDRESS.ada);
  const { body: team } = await server.admin.send("POST", "/api/teams/", { name: "Field work" });
  const { body: member } = await server.admin.send("POST", `/api/teams/${team.id}/members/`, {
    email: ADDRESS.ada,
    role,
  });
  return { ...server, ada, team: team.id as number, member: member.id as number };
}

test("a team is made with its maker as admin, renamed, listed and deleted", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  const made = await admin.send("POST", "/api/teams/", { name: " Field work " });
  expect(made).toMatchObject({
    status: 201,
    body: { id: 1, name: "Field work", role: "admin", member_count: 1, created_at: expect.any(String) },
  });
  expect((await admin.send("PATCH", "/api/teams/1/", { name: "Street" })).body.name).toBe("Street");
  expect((await admin.send("PATCH", "/api/teams/1/", {})).body.name).toBe("Street");
  expect(await admin.send("PUT", "/api/teams/1/", {})).toMatchObject({
    status: 400,
    body: { name: ["This field is required."] },
  });
  expect((await admin.get("/api/teams/?search=STREET")).body).toMatchObject({
    count: 1,
    results: [{ id: 1 }],
  });
  expect((await admin.send("DELETE", "/api/teams/1/")).status).toBe(204);
  expect((await admin.get("/api/teams/1/")).status).toBe(404);
});

test("members see each other; only admins add, change and remove; anybody may leave", async () => {
  const { admin, ada, user, team, member } = await teamWithAda();
  await user(ADDRESS.bob);
  expect((await ada.get(`/api/teams/${team}/`)).body).toMatchObject({ role: "member", member_count: 2 });
  const { body } = await ada.get(`/api/teams/${team}/members/`);
  expect(body.results).toMatchObject([
    { user: 1, email: ADDRESS.admin, role: "admin", is_active: true },
    { id: member, email: ADDRESS.ada, role: "member" },
  ]);
  expect((await ada.get(`/api/teams/${team}/members/?role=admin`)).body.count).toBe(1);
  const forbidden = { status: 403, body: { detail: "You do not have permission to perform this action." } };
  const bob = { email: ADDRESS.bob };
  expect(await ada.send("POST", `/api/teams/${team}/members/`, bob)).toMatchObject(forbidden);
  expect(await ada.send("PATCH", `/api/teams/${team}/members/${member}/`, { role: "admin" })).toMatchObject(
    forbidden,
  );
  expect(await ada.send("DELETE", `/api/teams/${team}/members/1/`)).toMatchObject(forbidden);
  const added = await admin.send("POST", `/api/teams/${team}/members/`, bob);
  expect(added).toMatchObject({ status: 201, body: { email: ADDRESS.bob, role: "member" } });
  expect((await ada.send("DELETE", `/api/teams/${team}/members/${member}/`)).status).toBe(204);
  expect((await ada.get(`/api/teams/${team}/`)).status).toBe(404);
});

test("somebody is added once, by the address of an active account that proved it", async () => {
  const { admin, app, user, team } = await teamWithAda();
  const add = (email: string) => admin.send("POST", `/api/teams/${team}/members/`, { email });
  const nobody = { status: 400, body: { email: ["There is no user with this e-mail address."] } };
  expect(await add("nobody@example.org")).toMatchObject(nobody);
  expect(await add(ADDRESS.ada.toUpperCase())).toMatchObject({
    status: 400,
    body: { email: ["This user is in the team already."] },
  });
  await user("idle@example.org");
  await setActive(app.db, "idle@example.org", false);
  expect(await add("idle@example.org")).toMatchObject(nobody);
  // Anybody can register with any address; what is meant for its owner must not go there.
  await user("claimed@example.org");
  await app.db
    .updateTable("users")
    .set({ email_confirmed_at: null })
    .where("email", "=", "claimed@example.org")
    .execute();
  expect(await add("claimed@example.org")).toMatchObject(nobody);
});

test("a team is never without an active admin", async () => {
  const { admin, ada, app, team, member } = await teamWithAda("admin");
  const last = "This is the team's only active admin. Make somebody else an admin first.";
  await setActive(app.db, ADDRESS.ada, false);
  expect(await admin.send("PATCH", `/api/teams/${team}/members/1/`, { role: "member" })).toMatchObject({
    status: 400,
    body: { role: [last] },
  });
  expect(await admin.send("DELETE", `/api/teams/${team}/members/1/`)).toMatchObject({
    status: 400,
    body: { detail: last },
  });
  await setActive(app.db, ADDRESS.ada, true);
  // Of two admins who demote each other at once, one is too late.
  const answers = await Promise.all([
    admin.send("PATCH", `/api/teams/${team}/members/${member}/`, { role: "member" }),
    ada.send("PATCH", `/api/teams/${team}/members/1/`, { role: "member" }),
  ]);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  const { body } = await ada.get(`/api/teams/${team}/members/?role=admin`);
  expect(body.count).toBe(1);
});

async function move(client: Client, project: number, team: number | null) {
  return client.send("PATCH", `/api/projects/${project}/`, { team });
}

test("a project belongs to a team of which whoever puts it there is an admin", async () => {
  const { admin, ada, team, member } = await teamWithAda();
  expect(await move(admin, 1, team)).toMatchObject({ status: 200, body: { team, role: "owner" } });
  // A member who is no admin sees what is shared with them, and nothing else.
  expect((await ada.get("/api/projects/1/")).status).toBe(404);
  const { body: own } = await ada.send("POST", "/api/projects/", { title: "Ada's" });
  const unknown = { team: [`Invalid pk "${team}" - object does not exist.`] };
  expect(await move(ada, own.id, team)).toMatchObject({ status: 400, body: unknown });
  expect((await ada.send("POST", "/api/projects/", { title: "More", team })).body).toEqual(unknown);
  await admin.send("PATCH", `/api/teams/${team}/members/${member}/`, { role: "admin" });
  expect((await ada.get("/api/projects/1/")).body).toMatchObject({ role: "team_admin", owner: 1 });
  const made = await ada.send("POST", "/api/projects/", { title: "More", team });
  expect(made).toMatchObject({ status: 201, body: { team, role: "owner" } });
  expect((await ada.send("PATCH", "/api/projects/1/", { title: "Ours" })).body.title).toBe("Ours");
  expect(await move(ada, 1, null)).toMatchObject({
    status: 400,
    body: { team: ["Only its owner can take a project out of its team."] },
  });
  expect((await move(admin, 1, null)).body.team).toBeNull();
  expect((await ada.get("/api/projects/1/")).status).toBe(404);
});

test("the projects of a deleted team are their owners' again, and those of deactivated owners the admin's", async () => {
  const { admin, ada, app, user, team } = await teamWithAda("admin");
  const viewer = await user("viewer@example.org");
  const { body: own } = await ada.send("POST", "/api/projects/", { title: "Ada's", team });
  await ada.send("POST", `/api/projects/${own.id}/shares/`, {
    email: "viewer@example.org",
    permission: "view",
  });
  await move(admin, 1, team);
  await setActive(app.db, ADDRESS.ada, false);
  expect((await admin.send("DELETE", `/api/teams/${team}/`)).status).toBe(204);
  const { body } = await admin.get("/api/projects/");
  expect(body.results).toMatchObject([
    { id: 1, owner: 1, team: null, role: "owner" },
    { id: own.id, owner: 1, team: null, role: "owner" },
  ]);
  expect((await viewer.get(`/api/projects/${own.id}/`)).body.role).toBe("view");
});

test("who leaves a team keeps nothing of its projects: they pass to an admin, and no file is lost", async () => {
  const { admin, ada, app, team, member } = await teamWithAda("admin");
  const { body: own } = await ada.send("POST", "/api/projects/", { title: "Ada's", team });
  const { body: apart } = await ada.send("POST", "/api/projects/", { title: "Private" });
  await move(admin, 1, team);
  await admin.send("POST", "/api/projects/1/shares/", { email: ADDRESS.ada, permission: "edit" });
  expect((await admin.send("DELETE", `/api/teams/${team}/members/${member}/`)).status).toBe(204);
  expect((await admin.get(`/api/projects/${own.id}/`)).body).toMatchObject({ owner: 1, team });
  const { body } = await ada.get("/api/projects/");
  expect(body.results.map(({ id }: { id: number }) => id)).toEqual([apart.id]);
  const entries = await app.db
    .selectFrom("audit_entries")
    .select(["action", "detail_json"])
    .where("action", "in", ["project.moved", "team.member_removed"])
    .execute();
  expect(entries.map(({ action, detail_json }) => [action, JSON.parse(detail_json)])).toEqual([
    ["project.moved", { team: { from: null, to: team } }],
    ["team.member_removed", { user: 2, email: ADDRESS.ada, role: "admin", projects_handed_over: [own.id] }],
  ]);
});

test("the database refuses to delete a user who owns projects", async () => {
  const { app } = await startServer({ roles: ["api"] });
  await expect(app.db.deleteFrom("users").where("id", "=", 1).execute()).rejects.toThrow("owns projects");
});

function accept(client: Client, token: string) {
  return client.send("POST", "/api/invitations/accept/", { token });
}

/** The token in the nth mail to an address, from 1. */
function mailedToken({ dataDir }: TestServer, address: string, nth = 1): Promise<string> {
  return vi.waitFor(
    async () => {
      const mails = (await mailsOf(dataDir)).filter(({ to }) => to === address);
      const token = mails[nth - 1]?.token;
      if (!token) throw new Error(`Only ${mails.length} mails to ${address} have come yet.`);
      return token;
    },
    { timeout: 10_000 },
  );
}

test("an address without an account is invited, registers, accepts once, and is in the team", async () => {
  const server = await startServer({ roles: ["api"] });
  const { admin, app } = server;
  await admin.send("POST", "/api/teams/", { name: "Field work" });
  const invited = await admin.send("POST", "/api/teams/1/invitations/", {
    email: "New@Example.org",
    role: "admin",
  });
  expect(invited).toMatchObject({
    status: 201,
    body: { email: "new@example.org", role: "admin", invited_by: 1, expires_at: expect.any(String) },
  });
  expect(Object.keys(invited.body)).not.toContain("token");
  const token = await mailedToken(server, "new@example.org");
  const stored = await app.db.selectFrom("team_invitations").selectAll().executeTakeFirstOrThrow();
  expect(JSON.stringify(stored)).not.toContain(token);
  const fresh = new Browser(admin.baseUrl);
  await fresh.register("new@example.org");
  expect((await fresh.get("/api/teams/")).body.count).toBe(0);
  const accepted = await fresh.post("/api/invitations/accept/", { token });
  expect(accepted).toMatchObject({ status: 200, body: { id: 1, role: "admin", member_count: 2 } });
  expect((await admin.get("/api/teams/1/invitations/")).body.count).toBe(0);
  const user = await app.db.selectFrom("users").selectAll().where("id", "=", 2).executeTakeFirstOrThrow();
  expect(user.email_confirmed_at).not.toBeNull();
  expect(await fresh.post("/api/invitations/accept/", { token })).toMatchObject({
    status: 400,
    body: { token: ["This invitation is not valid any more. Ask for a new one."] },
  });
});

test("an invitation is for one address, for a week, until it is withdrawn or sent again", async () => {
  const clock = new TestClock();
  const server = await startServer({ roles: ["api"], now: clock.now });
  const { admin } = server;
  const ada = await server.user(ADDRESS.ada);
  const bob = await server.user(ADDRESS.bob);
  await admin.send("POST", "/api/teams/", { name: "Field work" });
  const invite = () => admin.send("POST", "/api/teams/1/invitations/", { email: ADDRESS.ada });
  const gone = {
    status: 400,
    body: { token: ["This invitation is not valid any more. Ask for a new one."] },
  };

  const { body: invitation } = await invite();
  const first = await mailedToken(server, ADDRESS.ada);
  expect(await accept(bob, first)).toMatchObject({
    status: 400,
    body: { token: [expect.stringContaining("for another e-mail address")] },
  });
  expect((await admin.send("DELETE", `/api/teams/1/invitations/${invitation.id}/`)).status).toBe(204);
  expect(await accept(ada, first)).toMatchObject(gone);

  await invite();
  const second = await mailedToken(server, ADDRESS.ada, 2);
  clock.advance(LIMITS.teams.invitationMs);
  expect(await accept(ada, second)).toMatchObject(gone);
  expect((await admin.get("/api/teams/1/invitations/")).body.count).toBe(1);
  await invite();
  expect((await admin.get("/api/teams/1/invitations/")).body.count).toBe(1);
  const third = await mailedToken(server, ADDRESS.ada, 3);
  expect(await accept(ada, second)).toMatchObject(gone);
  expect((await accept(ada, third)).status).toBe(200);
  expect(await invite()).toMatchObject({
    status: 400,
    body: { email: ["This user is in the team already."] },
  });
});

test("whoever has not proved their own address has no mails sent to others", async () => {
  const { admin, app } = await startServer({ roles: ["api"] });
  await admin.send("POST", "/api/teams/", { name: "Field work" });
  await app.db.updateTable("users").set({ email_confirmed_at: null }).execute();
  expect(await admin.send("POST", "/api/teams/1/invitations/", { email: ADDRESS.ada })).toMatchObject({
    status: 400,
    body: { detail: "Confirm your own e-mail address before you invite others." },
  });
});

test("a team's name is text in an invitation's mail, whatever is in it", async () => {
  const server = await startServer({ roles: ["api"] });
  const name = "A\r\nBcc: everybody@example.org\r\n\r\nB";
  await server.admin.send("POST", "/api/teams/", { name });
  await server.admin.send("POST", "/api/teams/1/invitations/", { email: ADDRESS.ada });
  await mailedToken(server, ADDRESS.ada);
  const [mail] = await mailsOf(server.dataDir);
  expect(mail?.text).toMatch(
    /^admin@localhost invites you to the team "A Bcc: everybody@example\.org B" on Uspeech\. Follow this link/,
  );
});

test("every faulty field of a team, a member and an invitation is named", async () => {
  const { admin, team, member } = await teamWithAda();
  const cases: [method: string, path: string, body: unknown, errors: unknown][] = [
    ["POST", "/api/teams/", { name: " " }, { name: ["This field may not be blank."] }],
    ["POST", "/api/teams/", { name: null }, { name: ["This field may not be null."] }],
    [
      "POST",
      "/api/teams/",
      { name: "x".repeat(256) },
      { name: ["Ensure this field has no more than 255 characters."] },
    ],
    ["POST", "/api/teams/", { name: "a\0b" }, { name: ["Null characters are not allowed."] }],
    [
      "POST",
      `/api/teams/${team}/members/`,
      { email: "ada", role: "owner" },
      { email: ["Enter a valid email address."], role: ['"owner" is not a valid choice.'] },
    ],
    ["PATCH", `/api/teams/${team}/members/${member}/`, { role: "" }, { role: ['"" is not a valid choice.'] }],
    ["POST", `/api/teams/${team}/invitations/`, {}, { email: ["This field is required."] }],
    ["POST", "/api/invitations/accept/", { token: [] }, { token: ["Not a valid string."] }],
    [
      "PATCH",
      "/api/projects/1/",
      { team: "x" },
      { team: ["Incorrect type. Expected pk value, received str."] },
    ],
  ];
  for (const [method, path, body, errors] of cases)
    expect(await admin.send(method, path, body)).toMatchObject({ status: 400, body: errors });
});

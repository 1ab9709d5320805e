import { expect, test } from "vitest";
import { setActive } from "../../src/accounts/users.ts";
import { Browser, GOOD_PASSWORD, mailTo } from "../browser.ts";
import { Client, startServer } from "../harness.ts";
import { CLIENT_ID, CLIENT_SECRET, type Person, SignOnService, walkThrough } from "../sign-on-service.ts";

const ADA: Person = {
  subject: "248289761001",
  email: "ada@example.org",
  email_verified: true,
  name: "Ada Lovelace",
};
const UNVERIFIABLE = /^What Example ID answered could not be verified\./;

async function start(env: { USPEECH_REGISTRATION?: "open" | "closed" } = {}) {
  const service = await SignOnService.listen();
  const server = await startServer({
    roles: ["api"],
    env: {
      USPEECH_OIDC_ISSUER: service.issuer,
      USPEECH_OIDC_CLIENT_ID: CLIENT_ID,
      USPEECH_OIDC_CLIENT_SECRET: CLIENT_SECRET,
      USPEECH_OIDC_NAME: "Example ID",
      ...env,
    },
  });
  const { baseUrl } = server.admin;
  service.serve(baseUrl);
  const browser = () => new Browser(baseUrl);
  const signOn = async (person: Person | null, visitor = browser()) => {
    service.person = person;
    const reply = await visitor.get(await walkThrough(service, visitor));
    return { visitor, reply, me: (await visitor.get("/api/auth/me/")).body };
  };
  return { ...server, service, browser, signOn };
}

test("who comes for the first time gets an account, and the same one again, whatever their address is by then", async () => {
  const { admin, browser, signOn } = await start();
  expect((await browser().get("/api/auth/options/")).body.single_sign_on).toBe("Example ID");
  const first = await signOn(ADA);
  expect(first.reply.status).toBe(302);
  expect(first.reply.headers.get("location")).toBe(`${admin.baseUrl}/`);
  expect(first.me).toMatchObject({
    email: "ada@example.org",
    name: "Ada Lovelace",
    email_confirmed: true,
    has_password: false,
    is_admin: false,
  });
  const again = await signOn({ subject: ADA.subject, email: "countess@example.org", email_verified: false });
  expect(again.me).toEqual(first.me);
  expect((await again.visitor.post("/api/api-keys/")).status).toBe(201);
});

test("the login is tied to the browser that began it, and to one answer", async () => {
  const { browser, service, signOn } = await start();
  service.person = ADA;
  const [ada, eve] = [browser(), browser()];
  const begun = await ada.get("/api/auth/oidc/login/");
  expect(ada.setCookies[0]).toMatch(
    /^oidc=[\w-]{43}; Path=\/api\/auth\/oidc\/; Max-Age=900; SameSite=Lax; HttpOnly$/,
  );
  const url = new URL(begun.headers.get("location") ?? "");
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    response_type: "code",
    scope: "openid email profile",
    code_challenge_method: "S256",
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    state: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{43}$/),
  });

  const callback = await walkThrough(service, ada);
  // As where somebody sends their own answer to somebody else, to have them work in the wrong account.
  expect(await eve.get(callback)).toMatchObject({
    status: 400,
    body: { detail: "This sign-on was not begun in this browser, or too long ago. Begin it again." },
  });
  await eve.get("/api/auth/oidc/login/");
  const mixed = await eve.get(callback);
  expect(mixed.status).toBe(403);
  expect(mixed.body.detail).toMatch(UNVERIFIABLE);
  expect(eve.cookies.has("sessionid")).toBe(false);

  expect((await ada.get(callback)).status).toBe(302);
  expect(ada.cookies.has("oidc")).toBe(false);
  expect((await browser().get(callback)).status).toBe(400);
  expect((await signOn(ADA)).reply.status).toBe(302);
});

test("an answer that was altered, or used before, opens nothing", async () => {
  const { browser, service } = await start();
  service.person = ADA;
  const visitor = browser();
  const callback = await walkThrough(service, visitor);
  const cookie = visitor.cookieHeader;
  const answer = async (change: (url: URL) => void) => {
    const url = new URL(callback);
    change(url);
    const fresh = browser();
    const { status, body } = await fresh.request("GET", url.href, { headers: { cookie } });
    return { status, detail: body.detail, session: fresh.cookies.get("sessionid") };
  };
  const refused = { status: 403, detail: expect.stringMatching(UNVERIFIABLE), session: undefined };
  expect(await answer((url) => url.searchParams.set("code", "x"))).toEqual(refused);
  expect(await answer((url) => url.searchParams.delete("code"))).toEqual(refused);
  expect(await answer((url) => url.searchParams.set("state", "x"))).toEqual(refused);
  expect(await answer((url) => url.searchParams.delete("state"))).toEqual(refused);
  expect(await answer((url) => url.searchParams.set("iss", "https://evil.example"))).toEqual(refused);
  expect(await answer((url) => url.searchParams.append("code", "y"))).toEqual(refused);
  expect((await answer(() => undefined)).status).toBe(302);
  expect(await answer(() => undefined)).toEqual(refused);
});

test("somebody with a confirmed account gets that one, and keeps all of it", async () => {
  const { browser, dataDir, signOn } = await start();
  const ada = browser();
  const account = await ada.register("ada@example.org");
  const { token } = await mailTo(dataDir, "ada@example.org", "Confirm your e-mail address");
  await ada.post("/api/auth/confirm-email/", { token });
  const { me } = await signOn({ ...ADA, email: "Ada@Example.org" });
  expect(me).toEqual({ ...account, email_confirmed: true });
  expect((await ada.get("/api/auth/me/")).status).toBe(200);
  expect((await browser().logIn("ada@example.org", GOOD_PASSWORD)).status).toBe(200);
});

test("an account that somebody made with another's address waits for nobody", async () => {
  const { browser, signOn } = await start();
  const impostor = browser();
  await impostor.register("ada@example.org");
  const { key } = (await impostor.post("/api/api-keys/")).body;
  const { me } = await signOn(ADA);
  expect(me).toMatchObject({ email: "ada@example.org", has_password: false, email_confirmed: true });
  expect((await impostor.get("/api/auth/me/")).status).toBe(401);
  expect((await impostor.logIn("ada@example.org")).status).toBe(400);
  expect((await new Client(impostor.baseUrl, key).get("/api/auth/me/")).status).toBe(403);
});

test("an address that the provider has not verified, or does not tell, opens nothing", async () => {
  const { signOn } = await start();
  const refusal = async (person: Person) => {
    const { reply, me } = await signOn(person);
    expect(me.detail).toBe("Authentication credentials were not provided.");
    return { status: reply.status, detail: reply.body.detail };
  };
  const unverified = {
    status: 403,
    detail: "Example ID has not verified your e-mail address. Have it verified there, and begin again.",
  };
  const unknown = { status: 403, detail: "Example ID did not say what your e-mail address is." };
  expect(await refusal({ ...ADA, email: "admin@localhost", email_verified: false })).toEqual(unverified);
  expect(await refusal({ subject: "1", email: "admin@localhost" })).toEqual(unverified);
  expect(await refusal({ subject: "2" })).toEqual(unknown);
  expect(await refusal({ subject: "3", email: "no address", email_verified: true })).toEqual(unknown);
});

test("with registration closed only those who have an account get in; the inactive do not", async () => {
  const { app, signOn, user } = await start({ USPEECH_REGISTRATION: "closed" });
  const stranger = await signOn(ADA);
  expect(stranger.reply).toMatchObject({
    status: 403,
    body: { detail: "Registration is closed. Ask an administrator for an account." },
  });
  await user("ada@example.org");
  expect((await signOn(ADA)).reply.status).toBe(302);
  await setActive(app.db, "ada@example.org", false);
  expect((await signOn(ADA)).reply).toMatchObject({
    status: 403,
    body: { detail: "User inactive or deleted." },
  });
});

test("who refuses at the provider is told so", async () => {
  const { signOn } = await start();
  expect((await signOn(null)).reply).toMatchObject({
    status: 403,
    body: { detail: "Example ID did not sign you on: access_denied." },
  });
});

test("a provider that is away is waited for by nobody, and asked again by the next", async () => {
  const service = await SignOnService.listen();
  const { admin } = await startServer({
    roles: ["api"],
    env: {
      USPEECH_OIDC_ISSUER: service.issuer,
      USPEECH_OIDC_CLIENT_ID: CLIENT_ID,
      USPEECH_OIDC_CLIENT_SECRET: CLIENT_SECRET,
    },
  });
  const browser = new Browser(admin.baseUrl);
  expect(await browser.get("/api/auth/oidc/login/")).toMatchObject({
    status: 503,
    body: { detail: "127.0.0.1 does not answer. Try again in a moment." },
  });
  service.serve(admin.baseUrl);
  expect((await browser.get("/api/auth/oidc/login/")).status).toBe(302);
});

test("a provider that goes away on the way back is told apart from one that lies", async () => {
  const { browser, service } = await start();
  service.person = ADA;
  const visitor = browser();
  const callback = await walkThrough(service, visitor);
  await service.close();
  expect(await visitor.get(callback)).toMatchObject({
    status: 503,
    body: { detail: "Example ID does not answer. Try again in a moment." },
  });
});

test("without a provider there is no single sign-on", async () => {
  const { admin } = await startServer({ roles: ["api"] });
  for (const path of ["login", "callback"])
    expect(await new Browser(admin.baseUrl).get(`/api/auth/oidc/${path}/`)).toMatchObject({
      status: 404,
      body: { detail: "Single sign-on is not set up on this server." },
    });
});

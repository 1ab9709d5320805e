import { Writable } from "node:stream";
import pino from "pino";
import { describe, expect, test } from "vitest";
import { ApiError, PermissionDenied, Throttled, UsageError } from "../../src/http/errors.ts";
import { char } from "../../src/http/fields.ts";
import { serializer } from "../../src/http/serializer.ts";
import { createServer, type ServerOptions } from "../../src/http/server.ts";
import { view } from "../../src/http/view.ts";
import { type Actor, sample } from "./sample.ts";

const KEY = { authorization: "Api-Key abc.secret" };
const JSON_TYPE = { "content-type": "application/json" };

/** A server with one view whose GET does this. */
function serverOf(handle: () => unknown, options: Partial<ServerOptions<Actor>> = {}) {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  const server = createServer<Actor>({
    log: pino(sink),
    authenticate: async () => ({ id: 1 }),
    ...options,
  });
  view(server, "/api/thing/", {
    name: "Thing",
    tag: "Things",
    actions: {
      GET: {
        summary: "Do it.",
        responses: { 200: serializer("Thing", { title: char() }).shape },
        handle: async () => ({ status: 200, body: await handle() }),
      },
    },
  });
  return { app: server.app, lines };
}

describe("the order of checks", () => {
  test("is Accept, credentials, throttling, method, object, media type, parsing, fields", async () => {
    let throttled = true;
    const { server } = sample({
      throttle: () => {
        if (throttled) throw new Throttled(4.2);
      },
    });
    const statusOf = async (method: "POST" | "PATCH", url: string, headers: object, payload: string) => {
      const response = await server.app.inject({ method, url, headers: { ...headers }, payload });
      return [response.statusCode, response.json()];
    };
    const text = { "content-type": "text/plain" };
    const url = "/api/projects/77/";
    expect(
      await statusOf("POST", url, { ...text, accept: "text/html", authorization: "Api-Key x" }, "{"),
    ).toEqual([406, { detail: "Could not satisfy the request Accept header." }]);
    expect(await statusOf("POST", url, { ...text, authorization: "Api-Key x" }, "{")).toEqual([
      403,
      { detail: "Invalid API key." },
    ]);
    expect((await statusOf("POST", url, text, "{"))[0]).toBe(401);
    expect(await statusOf("POST", url, { ...text, ...KEY }, "{")).toEqual([
      429,
      { detail: "Request was throttled. Expected available in 5 seconds." },
    ]);
    throttled = false;
    expect((await statusOf("POST", url, { ...text, ...KEY }, "{"))[0]).toBe(405);
    expect((await statusOf("PATCH", url, { ...text, ...KEY }, "{"))[0]).toBe(404);
    expect((await statusOf("PATCH", "/api/projects/1/", { ...text, ...KEY }, "{"))[0]).toBe(415);
    expect(await statusOf("PATCH", "/api/projects/1/", { ...JSON_TYPE, ...KEY }, "{")).toEqual([
      400,
      {
        detail:
          "JSON parse error - Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
      },
    ]);
    expect(await statusOf("PATCH", "/api/projects/1/", { ...JSON_TYPE, ...KEY }, '{"title": ""}')).toEqual([
      400,
      { title: ["This field may not be blank."] },
    ]);
  });

  test("puts a permission before throttling", async () => {
    const server = createServer<Actor>({
      log: pino({ level: "silent" }),
      authenticate: async () => ({ id: 1 }),
      throttle: () => {
        throw new Throttled(1);
      },
    });
    view(server, "/api/x/", {
      name: "X",
      tag: "X",
      permission() {
        throw new PermissionDenied();
      },
      actions: {},
    });
    const response = await server.app.inject({ url: "/api/x/" });
    expect([response.statusCode, response.json()]).toEqual([
      403,
      { detail: "You do not have permission to perform this action." },
    ]);
  });

  test("lets a public view be asked by nobody, and refuses bad credentials even there", async () => {
    const { server } = sample();
    view(server, "/api/open/", {
      name: "Open",
      tag: "Open",
      permission: "public",
      actions: {
        GET: {
          summary: "Who is asking?",
          responses: { 200: null },
          handle: (call) => ({ status: 200, body: { id: call.actorOrNull?.id ?? null } }),
        },
      },
    });
    const asked = async (headers: object) =>
      server.app.inject({ url: "/api/open/", headers: { ...headers } });
    expect((await asked({})).json()).toEqual({ id: null });
    expect((await asked(KEY)).json()).toEqual({ id: 1 });
    expect((await asked({ authorization: "Api-Key x" })).statusCode).toBe(403);
  });
});

describe("every answer", () => {
  test("carries the caller's request id where that is fit for a log, and one of its own otherwise", async () => {
    const { server } = sample();
    const idOf = async (id: string | undefined, url = "/api/projects/") =>
      (await server.app.inject({ url, headers: { ...(id && { "x-request-id": id }) } })).headers[
        "x-request-id"
      ];
    expect(await idOf("abc-1:2.3")).toBe("abc-1:2.3");
    expect(await idOf("abc", "/nowhere")).toBe("abc");
    expect(await idOf("abc", "/api/%zz/")).toBe("abc");
    for (const odd of [undefined, 'a"b', "a b", "a{b}", "x".repeat(129)]) {
      expect(await idOf(odd)).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test("is not cached and not sniffed", async () => {
    const { server } = sample();
    const { headers } = await server.app.inject({ url: "/api/projects/", headers: KEY });
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-type": "application/json",
    });
  });

  test("is the same with and without the slash at the end", async () => {
    const { server } = sample();
    for (const url of ["/api/projects", "/api/projects/1", "/api/projects?page_size=1"]) {
      const withSlash = url.includes("?") ? url.replace("?", "/?") : `${url}/`;
      const [one, other] = [
        await server.app.inject({ url, headers: KEY }),
        await server.app.inject({ url: withSlash, headers: KEY }),
      ];
      expect(one.statusCode).toBe(200);
      expect(one.json().count).toBe(other.json().count);
    }
  });

  test("to HEAD is that to GET without the body", async () => {
    const { server } = sample();
    const get = await server.app.inject({ url: "/api/projects/", headers: KEY });
    const head = await server.app.inject({ method: "HEAD", url: "/api/projects/", headers: KEY });
    expect([head.statusCode, head.body]).toEqual([200, ""]);
    expect(head.headers["content-length"]).toBe(get.headers["content-length"]);
    expect(head.headers["content-type"]).toBe(get.headers["content-type"]);
  });
});

describe("what is not there", () => {
  test.each([
    ["/api/nothing/"],
    ["/nothing"],
    ["/"],
    ["/api/%zz/"],
    ["/api/projects/%00/"],
    ["/api/projects/%ff/"],
    [`/api/projects/${"1".repeat(300)}/`],
    ["/api/projects/1/2/"],
    ["/api//projects/"],
    ["/api/projects/..%2f..%2fetc%2fpasswd/"],
    ["/api/projects/__proto__/"],
  ])("%s is 404", async (url) => {
    const { server } = sample();
    const response = await server.app.inject({ url, headers: KEY });
    expect([response.statusCode, response.json()]).toEqual([404, { detail: "Not found." }]);
  });
});

describe("an error", () => {
  test("that nobody foresaw is 500 without a word about it, and the log has it under the request's id", async () => {
    const { app, lines } = serverOf(() => {
      throw new Error("secret cause");
    });
    const response = await app.inject({ url: "/api/thing/", headers: { "x-request-id": "r-1" } });
    expect([response.statusCode, response.json()]).toEqual([500, { detail: "A server error occurred." }]);
    const line = lines.find(({ msg }) => msg === "request failed");
    expect(line).toMatchObject({ requestId: "r-1", err: { message: "secret cause" } });
    expect(lines.find(({ msg }) => msg === "request")).toMatchObject({ requestId: "r-1", status: 500 });
  });

  test("that is no Error at all is 500 too", async () => {
    const { app } = serverOf(() => Promise.reject("text"));
    expect((await app.inject({ url: "/api/thing/" })).statusCode).toBe(500);
  });

  test("in a body that cannot be JSON is 500", async () => {
    const { app } = serverOf(() => ({ count: 1n }));
    expect((await app.inject({ url: "/api/thing/" })).json()).toEqual({ detail: "A server error occurred." });
  });

  test.each([
    ["ENOSPC", "no disk space"],
    ["SQLITE_FULL", "no disk space"],
    ["SQLITE_BUSY", "busy"],
    ["SQLITE_BUSY_SNAPSHOT", "busy"],
    ["EMFILE", "too many open files"],
  ])("%s, even as a cause, is 503 and says what", async (code, words) => {
    const cause = Object.assign(new Error("low level"), { code });
    const { app, lines } = serverOf(() => {
      throw new Error("while saving", { cause });
    });
    const response = await app.inject({ url: "/api/thing/" });
    expect(response.statusCode).toBe(503);
    expect(response.json().detail).toContain(words);
    expect(response.headers["retry-after"]).toBe("5");
    expect(lines.some(({ msg }) => msg === "request failed")).toBe(true);
  });

  test.each([
    [0.2, "1 second", "1"],
    [1, "1 second", "1"],
    [1.01, "2 seconds", "2"],
    [60, "60 seconds", "60"],
  ])("for waiting %d s says so", async (waitSeconds, words, header) => {
    const { app } = serverOf(() => {
      throw new Throttled(waitSeconds);
    });
    const response = await app.inject({ url: "/api/thing/" });
    expect(response.json()).toEqual({ detail: `Request was throttled. Expected available in ${words}.` });
    expect(response.headers["retry-after"]).toBe(header);
  });

  test("of usage has its reason", async () => {
    const { app } = serverOf(() => {
      throw new UsageError("Free trial limit exceeded.", "free_trial_exceeded");
    });
    const response = await app.inject({ url: "/api/thing/" });
    expect([response.statusCode, response.json()]).toEqual([
      403,
      { detail: "Free trial limit exceeded.", reason: "free_trial_exceeded" },
    ]);
  });

  test("of one's own keeps its status, body, headers and the view's Allow", async () => {
    const { app, lines } = serverOf(() => {
      throw new ApiError(412, { detail: "Changed." }, { etag: '"2"' });
    });
    const response = await app.inject({ url: "/api/thing/" });
    expect([response.statusCode, response.json()]).toEqual([412, { detail: "Changed." }]);
    expect(response.headers).toMatchObject({ etag: '"2"', allow: "GET, HEAD, OPTIONS" });
    expect(lines.some(({ msg }) => msg === "request failed")).toBe(false);
  });
});

/** Where the link to the next page leads, or the status where there is none. */
async function next(options: Partial<ServerOptions<Actor>>, headers: object) {
  const { server } = sample(options);
  const url = "/api/projects/?page_size=1";
  const response = await server.app.inject({ url, headers: { ...KEY, ...headers } });
  return response.statusCode === 200 ? new URL(response.json().next).origin : response.statusCode;
}

describe("absolute URLs", () => {
  const forwarded = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https" };

  test("are under the public URL where one is set, and under the host asked for otherwise", async () => {
    expect(await next({ publicUrl: "https://up.example/" }, { host: "other" })).toBe("https://up.example");
    expect(await next({}, { host: "here:8000" })).toBe("http://here:8000");
    expect(await next({}, { host: "[::1]:8000" })).toBe("http://[::1]:8000");
  });

  test("follow forwarded headers only where a proxy is trusted", async () => {
    expect(await next({}, { host: "here", ...forwarded })).toBe("http://here");
    expect(await next({ trustProxy: ["127.0.0.1"] }, { host: "here", ...forwarded })).toBe(
      "https://evil.example",
    );
  });

  test.each([["a/b"], ["a b"], ['a"b'], ["user@host"], ["<x>"]])("refuse the host %j", async (host) => {
    expect(await next({}, { host })).toBe(400);
  });
});

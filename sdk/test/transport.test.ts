import { expect, test } from "vitest";
import {
  ApiError,
  ConnectionError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServerError,
  TimeoutError,
  UsageError,
  UspeechClient,
  ValidationError,
} from "@uspeech/client";
import { flakyServer, type FlakyServer } from "./flaky-server.ts";

const PROJECT = { id: 7, title: "Interviews" };
const AT_ONCE = { "retry-after": "0" };

function clientOf(server: FlakyServer, options: { timeoutMs?: number } = {}): UspeechClient {
  return new UspeechClient({ baseUrl: server.address, apiKey: "prefix.secret", ...options });
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("It did not fail."),
    (error: unknown) => error,
  );
}

test("a request goes to the address with the key, whatever stands in front of the path", async () => {
  const server = await flakyServer({ status: 200, body: PROJECT });
  const client = new UspeechClient({ baseUrl: `${server.address}/speech/`, apiKey: "prefix.secret" });
  expect(await client.projects.get(7)).toEqual(PROJECT);
  expect(server.requests).toMatchObject([
    { method: "GET", path: "/speech/api/projects/7/", headers: { authorization: "Api-Key prefix.secret" } },
  ]);
});

test("what is refused for the moment is asked for again after the pause that the server names", async () => {
  const server = await flakyServer(
    { status: 429, headers: AT_ONCE },
    { status: 503, headers: AT_ONCE },
    { status: 201, body: PROJECT },
  );
  expect(await clientOf(server).projects.create({ title: "Interviews" })).toEqual(PROJECT);
  expect(server.requests.map(({ body }) => body)).toEqual(Array(3).fill('{"title":"Interviews"}'));
});

test("tries are bounded, and the last refusal is the error", async () => {
  const server = await flakyServer({
    status: 429,
    headers: { ...AT_ONCE, "x-request-id": "abc" },
    body: { detail: "Request was throttled. Expected available in 0 seconds." },
  });
  const error = await rejection(clientOf(server).projects.get(7));
  expect(error).toBeInstanceOf(RateLimitError);
  expect(error).toMatchObject({ status: 429, requestId: "abc", retryAfterSeconds: 0 });
  expect(server.requests).toHaveLength(4);
});

test("a pause of an hour is not waited for", async () => {
  const server = await flakyServer({ status: 429, headers: { "retry-after": "3600" } });
  const error = await rejection(clientOf(server).projects.get(7));
  expect(error).toMatchObject({ retryAfterSeconds: 3600 });
  expect(server.requests).toHaveLength(1);
});

test("a broken connection is tried again for what may be repeated, and for nothing else", async () => {
  const server = await flakyServer("break", { status: 200, body: PROJECT });
  expect(await clientOf(server).projects.update(7, { title: "Interviews" })).toEqual(PROJECT);
  const other = await flakyServer("break", { status: 201, body: PROJECT });
  const error = await rejection(clientOf(other).projects.create({ title: "Interviews" }));
  expect(error).toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ message: expect.stringContaining(other.address) });
  expect(other.requests).toHaveLength(1);
});

test("an upload is sent again whole after a broken connection, under the same key", async () => {
  const server = await flakyServer("break", { status: 201, body: { id: 1 } });
  const recording = new File(["sound"], "interview.wav");
  await clientOf(server).files.upload(recording, { project: 1 });
  const [first, second] = server.requests;
  expect(second?.body).toContain("sound");
  expect(second?.headers["idempotency-key"]).toMatch(/./);
  expect(second?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
});

test("a stream, which can be read once, is sent once", async () => {
  const server = await flakyServer({ status: 503, headers: AT_ONCE });
  const stream = new Blob(["sound"]).stream();
  const error = await rejection(clientOf(server).files.upload(stream, { project: 1, filename: "a.wav" }));
  expect(error).toBeInstanceOf(ServerError);
  expect(server.requests).toHaveLength(1);
});

test("a deletion whose answer was lost has succeeded", async () => {
  const server = await flakyServer("break", { status: 404, body: { detail: "Not found." } });
  await clientOf(server).projects.delete(7);
  expect(server.requests).toHaveLength(2);
  const other = await flakyServer({ status: 404, body: { detail: "Not found." } });
  expect(await rejection(clientOf(other).projects.delete(7))).toBeInstanceOf(NotFoundError);
});

test("silence ends at the time limit", async () => {
  const server = await flakyServer("silence");
  const error = await rejection(clientOf(server, { timeoutMs: 50 }).projects.create({ title: "x" }));
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toBeInstanceOf(ConnectionError);
});

test("a signal ends a request, and a pause between two, with its own reason", async () => {
  const silent = await flakyServer("silence");
  const reason = new Error("enough");
  expect(await rejection(clientOf(silent).projects.get(7, { signal: AbortSignal.abort(reason) }))).toBe(
    reason,
  );
  const busy = await flakyServer({ status: 503, headers: { "retry-after": "50" } });
  const signal = AbortSignal.timeout(100);
  expect(await rejection(clientOf(busy).projects.get(7, { signal }))).toBe(signal.reason);
});

test("errors carry what the server said, each status in its class", async () => {
  const faulty = await flakyServer({
    status: 400,
    body: { title: ["This field is required."], non_field_errors: ["Nothing fits."] },
  });
  const error = await rejection(clientOf(faulty).projects.create({ title: "" }));
  expect(error).toBeInstanceOf(ValidationError);
  expect(error).toMatchObject({
    message: "title: This field is required. Nothing fits.",
    fields: { title: ["This field is required."], non_field_errors: ["Nothing fits."] },
  });
  const spent = await flakyServer({
    status: 403,
    body: { detail: "Free trial limit exceeded.", reason: "free_trial_exceeded" },
  });
  const usage = await rejection(clientOf(spent).files.transcribe(1));
  expect(usage).toBeInstanceOf(UsageError);
  expect(usage).toBeInstanceOf(PermissionError);
  expect(usage).toMatchObject({ reason: "free_trial_exceeded", message: "Free trial limit exceeded." });
});

test("a page for people in place of an answer is an error that keeps it", async () => {
  const server = await flakyServer({ status: 418, text: "<h1>Sorry</h1>" });
  const error = await rejection(clientOf(server).projects.get(7));
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ body: "<h1>Sorry</h1>", message: expect.stringContaining("418") });
  const other = await flakyServer({ status: 200, text: "<h1>Welcome</h1>" });
  expect(await rejection(clientOf(other).projects.create({ title: "x" }))).toMatchObject({
    message: expect.stringContaining("Is this a Uspeech server?"),
  });
});

test("the key does not follow a redirect", async () => {
  const elsewhere = await flakyServer({ status: 200, body: PROJECT });
  const server = await flakyServer({ status: 302, headers: { location: `${elsewhere.address}/` } });
  await rejection(clientOf(server).projects.create({ title: "x" }));
  expect(elsewhere.requests).toHaveLength(0);
});

test("a list is walked page by page, and filters that are not given are not sent", async () => {
  const server = await flakyServer(
    {
      status: 200,
      body: { count: 3, next: "http://elsewhere.example/?page=2", previous: null, results: [1, 2] },
    },
    { status: 200, body: { count: 3, next: null, previous: "…", results: [3] } },
  );
  const files = await clientOf(server).files.list({ project: 1, search: undefined }).all();
  expect(files).toEqual([1, 2, 3]);
  expect(server.requests.map(({ path }) => path)).toEqual([
    "/api/files/?project=1&page=1",
    "/api/files/?project=1&page=2",
  ]);
});

test("what cannot be an address or a key is refused before anything is sent", () => {
  expect(() => new UspeechClient({ baseUrl: "speech", apiKey: "a.b" })).toThrow(TypeError);
  expect(() => new UspeechClient({ baseUrl: "http://speech", apiKey: "a.b\r\nx: y" })).toThrow(TypeError);
});

import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import pino from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { sendContent } from "../../src/http/range.ts";
import { type ApiServer, createServer } from "../../src/http/server.ts";
import { type Answer, type Call, view } from "../../src/http/view.ts";

const opened: ApiServer<null>[] = [];

afterEach(async () => {
  for (const server of opened.splice(0)) await server.app.close();
});

/** A server whose one view answers so, on a port of its own. */
async function serving(handle: (call: Call<null>) => Promise<Answer> | Answer) {
  const server = createServer<null>({ log: pino({ level: "silent" }), authenticate: async () => null });
  view(server, "/bytes/", {
    name: "Bytes",
    tag: "Bytes",
    permission: "public",
    produces: ["*/*"],
    actions: { GET: { summary: "Bytes.", responses: { 200: null }, handle } },
  });
  await server.app.listen({ port: 0, host: "127.0.0.1" });
  opened.push(server);
  const address = server.app.server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return `http://127.0.0.1:${address.port}/bytes/`;
}

const BYTES = "0123456789";

function content(call: Call<null>): Promise<Answer> {
  return sendContent(call.request, {
    sizeBytes: 10,
    contentType: "audio/wav",
    etag: '"v1"',
    filename: "é.wav",
    open: (start, end) => Readable.from([BYTES.slice(start, end + 1)]),
  });
}

describe("bytes", () => {
  test("come whole, in part, and not at all for HEAD", async () => {
    const url = await serving(content);
    const whole = await fetch(url);
    expect([whole.status, await whole.text()]).toEqual([200, BYTES]);
    expect(whole.headers.get("content-type")).toBe("audio/wav");
    const part = await fetch(url, { headers: { range: "bytes=2-4" } });
    expect([part.status, await part.text(), part.headers.get("content-range")]).toEqual([
      206,
      "234",
      "bytes 2-4/10",
    ]);
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, await head.text(), head.headers.get("content-length")]).toEqual([200, "", "10"]);
    const known = await fetch(url, { headers: { "if-none-match": '"v1"' } });
    expect([known.status, await known.text()]).toEqual([304, ""]);
  });

  test("outside are 416 in JSON", async () => {
    const url = await serving(content);
    const response = await fetch(url, { headers: { range: "bytes=10-" } });
    expect([response.status, await response.json()]).toEqual([
      416,
      { detail: "Requested range not satisfiable." },
    ]);
    expect(response.headers.get("content-range")).toBe("bytes */10");
    expect(response.headers.get("content-type")).toBe("application/json");
  });

  test("are accepted under any Accept header", async () => {
    const url = await serving(content);
    for (const accept of ["audio/*", "text/event-stream", "image/png"]) {
      expect((await fetch(`${url}?format=wav`, { headers: { accept } })).status).toBe(200);
    }
  });
});

describe("a client that goes away while it is answered", () => {
  test("ends the source of its bytes", async () => {
    const source = new Readable({ read: () => undefined });
    source.push("first");
    const url = await serving(() => ({
      status: 200,
      stream: source,
      headers: { "content-type": "audio/wav" },
    }));
    const asking = request(url).end();
    const [response] = await once(asking, "response");
    await once(response, "data");
    asking.destroy();
    await vi.waitFor(() => expect(source.destroyed).toBe(true));
  });

  test("aborts the signal of the work for it, and an answered one does not", async () => {
    const signals: AbortSignal[] = [];
    const url = await serving(async (call) => {
      signals.push(call.signal);
      if (call.query.has("wait")) await once(call.signal, "abort");
      return { status: 200, body: {} };
    });
    const asking = request(`${url}?wait`).end();
    asking.on("error", () => undefined);
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    asking.destroy();
    await vi.waitFor(() => expect(signals[0]?.aborted).toBe(true));
    await (await fetch(url)).json();
    expect(signals[1]?.aborted).toBe(false);
  });

  test("has a source that breaks cut the answer short, so that it is not taken for whole", async () => {
    const url = await serving(() => ({
      status: 200,
      stream: Readable.from(
        (async function* () {
          yield "first";
          await new Promise((resolve) => setImmediate(resolve));
          throw new Error("disk gone");
        })(),
      ),
      headers: { "content-type": "audio/wav", "content-length": "10" },
    }));
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow(/terminated|failed/);
  });
});

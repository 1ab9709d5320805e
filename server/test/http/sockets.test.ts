/** What only shows on a real connection: clients that stop, hang, flood, or speak no HTTP. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Writable } from "node:stream";
import pino from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Sample, sample } from "./sample.ts";

const opened: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function listening(limits: Parameters<typeof sample>[0] = {}) {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()));
      done();
    },
  });
  const made = sample({ log: pino({ level: "debug" }, sink), ...limits });
  await made.server.app.listen({ port: 0, host: "127.0.0.1" });
  opened.push(() => made.server.app.close());
  return { ...made, lines, port: portOf(made) };
}

function portOf({ server }: Sample): number {
  const address = server.app.server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
}

/** A connection that keeps what it receives. */
async function client(
  port: number,
): Promise<{ socket: Socket; received: () => string; ended: Promise<void> }> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "connect");
  opened.push(() => void socket.destroy());
  return { socket, received: () => text, ended };
}

const HEAD = "Host: here\r\nAuthorization: Api-Key abc.secret\r\n";

function upload(contentLength: number | "chunked", authorization = HEAD): string {
  const length =
    contentLength === "chunked" ? "Transfer-Encoding: chunked" : `Content-Length: ${contentLength}`;
  return `POST /api/files/ HTTP/1.1\r\n${authorization}Content-Type: multipart/form-data; boundary=XbX\r\n${length}\r\n\r\n`;
}

const FILE_START = '--XbX\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';

describe("a client that goes away in the middle of", () => {
  test("an upload leaves nothing kept, and no error in the log", async () => {
    const { port, files, kept, lines } = await listening();
    const { socket } = await client(port);
    socket.write(upload(100_000) + FILE_START + "x".repeat(1000));
    await vi.waitFor(() => expect(socket.bytesWritten).toBeGreaterThan(1000));
    socket.destroy();
    await vi.waitFor(() => expect(lines.some(({ msg }) => msg === "client gone")).toBe(true));
    expect([files.length, kept.size]).toEqual([0, 0]);
    expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  test("an upload after its file undoes the keeping", async () => {
    const { port, discarded } = await listening();
    const { socket } = await client(port);
    socket.write(`${upload(100_000)}${FILE_START}abc\r\n--XbX\r\n`);
    await vi.waitFor(() => expect(socket.bytesWritten).toBeGreaterThan(100));
    socket.end();
    socket.destroy();
    await vi.waitFor(() => expect(discarded.map(String)).toEqual(["abc"]));
  });

  test("a JSON body is no error", async () => {
    const { port, lines } = await listening();
    const { socket } = await client(port);
    socket.write(
      `POST /api/projects/ HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"title"`,
    );
    await vi.waitFor(() => expect(socket.bytesWritten).toBeGreaterThan(100));
    socket.destroy();
    await vi.waitFor(() => expect(lines.some(({ msg }) => msg === "client gone")).toBe(true));
    expect(lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });
});

/** A piece of a body whose length is not known before. */
function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

describe("a body that is too much", () => {
  test("by its announced length is refused unread, and the connection closed", async () => {
    const { port } = await listening({ limits: { lingerMs: 50 } });
    const { socket, received, ended } = await client(port);
    socket.write(upload(5_000_000_000));
    await ended;
    expect(received()).toMatch(/^HTTP\/1.1 413 /);
    expect(received()).toMatch(/connection: close/i);
    expect(received()).toContain('{"detail":"The file is larger than the limit of 200000 bytes."}');
  });

  test("by what comes is refused when it is too much, and the flood is not read to its end", async () => {
    const { port, files, discarded } = await listening({ limits: { lingerMs: 50 } });
    const { socket, received, ended } = await client(port);
    socket.write(upload("chunked"));
    socket.write(chunk(FILE_START));
    const flood = () => {
      while (!socket.destroyed && socket.write(chunk("x".repeat(60_000))));
    };
    socket.on("drain", flood);
    flood();
    await ended;
    expect(received()).toMatch(/^HTTP\/1.1 413 /);
    expect([files.length, discarded.length]).toEqual([0, 0]);
  });

  test("for JSON is refused by its length and by what comes", async () => {
    const { port } = await listening({ limits: { jsonBytesMax: 10_000, lingerMs: 50 } });
    const head = `POST /api/projects/ HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\n`;
    const announced = await client(port);
    announced.socket.write(`${head}Content-Length: 10001\r\n\r\n`);
    const flooding = await client(port);
    flooding.socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n4e20\r\n${"x".repeat(20_000)}\r\n`);
    for (const { received } of [announced, flooding]) {
      await vi.waitFor(() =>
        expect(received()).toContain('{"detail":"The body is larger than the limit of 10000 bytes."}'),
      );
      expect(received()).toMatch(/^HTTP\/1.1 413 /);
    }
  });
});

describe("a refused request with a body nobody read", () => {
  test("is answered at once, and its long body is not waited for", async () => {
    const { port } = await listening({ limits: { lingerMs: 50 } });
    const { socket, received, ended } = await client(port);
    socket.write(upload(5_000_000_000, "Host: here\r\n"));
    await ended;
    expect(received()).toMatch(/^HTTP\/1.1 401 /);
  });

  test("leaves the connection in use where the body is short", async () => {
    const { port } = await listening();
    const { socket, received } = await client(port);
    const body = "x".repeat(1000);
    socket.write(`PATCH /api/projects/77/ HTTP/1.1\r\n${HEAD}Content-Length: 1000\r\n\r\n`);
    await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1.1 404 /));
    socket.write(`${body}GET /api/projects/1/ HTTP/1.1\r\n${HEAD}\r\n`);
    await vi.waitFor(() => expect(received()).toContain("HTTP/1.1 200 OK"));
  });
});

test("a JSON body that does not come is 408", async () => {
  const { port } = await listening({ limits: { jsonBodyMs: 50, lingerMs: 50 } });
  const { socket, received } = await client(port);
  socket.write(
    `POST /api/projects/ HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"title"`,
  );
  await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1.1 408 /));
});

test("a JSON body without a length is read as any other", async () => {
  const { port } = await listening();
  const { socket, received } = await client(port);
  socket.write(
    `POST /api/projects/ HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n` +
      '5\r\n{"tit\r\n8\r\nle":"a"}\r\n0\r\n\r\n',
  );
  await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1.1 201 /));
});

test("a head without an end is 408", async () => {
  const { port } = await listening({ limits: { headersMs: 100 } });
  const { socket, received, ended } = await client(port);
  socket.write("GET /api/projects/ HTTP/1.1\r\nHost: here\r\n");
  await ended;
  expect(received()).toMatch(/^HTTP\/1.1 408 /);
});

describe("what is no HTTP", () => {
  test.each([
    ["nonsense\r\n\r\n", 400],
    ["GET /api/projects/ HTTP/1.1\r\n\r\n", 400],
    ["GET /api/\0 HTTP/1.1\r\nHost: here\r\n\r\n", 400],
    [`GET /api/ HTTP/1.1\r\nHost: here\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    [`GET /api/?${"x".repeat(20_000)} HTTP/1.1\r\nHost: here\r\n\r\n`, 431],
    ["POST /api/projects/ HTTP/1.1\r\nHost: here\r\nContent-Length: x\r\n\r\n", 400],
    [
      "POST /api/projects/ HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      400,
    ],
  ])("%.50j is refused in JSON", async (text, status) => {
    const { port } = await listening();
    const { socket, received, ended } = await client(port);
    socket.write(text);
    await ended;
    expect(received()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(received().split("\r\n\r\n")[1] ?? "")).toEqual({
      detail: expect.stringMatching(/\.$/),
    });
  });

  test("HTTP/1.0 needs no Host", async () => {
    const { port } = await listening();
    const { socket, received, ended } = await client(port);
    socket.write(`GET /api/projects/1/ HTTP/1.0\r\nAuthorization: Api-Key abc.secret\r\n\r\n`);
    await ended;
    expect(received()).toMatch(/^HTTP\/1.1 200 /);
  });
});

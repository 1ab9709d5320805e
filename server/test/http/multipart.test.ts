import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import pino from "pino";
import { describe, expect, test } from "vitest";
import { ApiError } from "../../src/http/errors.ts";
import { type FormOptions, readForm } from "../../src/http/multipart.ts";
import { createServer } from "../../src/http/server.ts";
import { view } from "../../src/http/view.ts";

const TYPE = "multipart/form-data; boundary=XbX";

function part(disposition: string, content: string, ...headers: string[]): string {
  return [`--XbX`, `Content-Disposition: form-data; ${disposition}`, ...headers, "", content, ""].join(
    "\r\n",
  );
}

function file(filename: string, content = "abc"): string {
  return part(`name="file"; filename="${filename}"`, content, "Content-Type: application/octet-stream");
}

const END = "--XbX--\r\n";

/** In small pieces, each of which the server has dealt with before the next comes. */
function slowly(text: string): Readable {
  const bytes = Buffer.from(text);
  return Readable.from(
    (async function* () {
      for (let at = 0; at < bytes.length; at += 1000) {
        yield bytes.subarray(at, at + 1000);
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
    })(),
  );
}

/** Sends a body to a view that reads a form, and tells what it got and what it undid. */
async function send(
  payload: string | Buffer | Readable,
  type = TYPE,
  options: Partial<FormOptions<string>> = {},
) {
  const discarded: string[] = [];
  const server = createServer<null>({ log: pino({ level: "silent" }), authenticate: async () => null });
  view(server, "/api/form/", {
    name: "Form",
    tag: "Form",
    permission: "public",
    actions: {
      POST: {
        summary: "Read a form.",
        responses: { 200: null },
        async handle(call) {
          const form = await readForm(call, {
            fileField: "file",
            fileBytesMax: 100_000,
            onFile: async (stream) => (await buffer(stream)).toString("latin1"),
            discard: async (kept) => void discarded.push(kept),
            ...options,
          });
          const { filename, sizeBytes, kept } = form.file ?? {};
          return {
            status: 200,
            body: { values: Object.fromEntries(form.values), filename, sizeBytes, kept },
          };
        },
      },
    },
  });
  const response = await server.app.inject({
    method: "POST",
    url: "/api/form/",
    headers: { "content-type": type, ...(payload instanceof Readable && { "transfer-encoding": "chunked" }) },
    payload,
  });
  return { status: response.statusCode, body: response.json(), discarded };
}

describe("a form", () => {
  test.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 0, 2]]])("has its parts in any order: %j", async (order) => {
    const parts = [part('name="a"', "1"), file("x.wav"), part('name="b"', "2\r\n")];
    const { body } = await send(order.map((index) => parts[index]).join("") + END);
    expect(body).toEqual({ values: { a: "1", b: "2\r\n" }, filename: "x.wav", sizeBytes: 3, kept: "abc" });
  });

  test("gives every byte of its file, at any cut of the stream", async () => {
    const content = Buffer.from(Array.from({ length: 256 }, (_, index) => index)).toString("latin1");
    const tricky = `${content}\r\n--Xb\r\n--XbY\r\n\r\n--${content}`;
    const bytes = Buffer.from(file("x", tricky) + END, "latin1");
    for (const size of [1, 2, 7, 64, bytes.length]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      const { body } = await send(Readable.from(chunks));
      expect(body).toMatchObject({ sizeBytes: tricky.length, kept: tricky });
    }
  });

  test("counts the last of several texts, and of several files, and undoes the earlier", async () => {
    const { body, discarded } = await send(
      part('name="a"', "1") + file("x", "first") + part('name="a"', "2") + file("y", "second") + END,
    );
    expect(body).toMatchObject({ values: { a: "2" }, filename: "y", kept: "second" });
    expect(discarded).toEqual(["first"]);
  });

  test("has no file in a part without a filename, or with an empty one", async () => {
    const { body } = await send(part('name="file"', "text") + END);
    expect(body).toEqual({ values: { file: "text" } });
    expect((await send(file("", "") + END)).body).toEqual({ values: { file: "" } });
  });

  test("may be empty", async () => {
    expect((await send(END)).body).toEqual({ values: {} });
    expect((await send("")).body).toEqual({ values: {} });
  });

  test("may have text before and after", async () => {
    const { body } = await send(`before\r\n${part('name="a"', "1")}${END}after`);
    expect(body).toEqual({ values: { a: "1" } });
  });

  test("reads past files under other names", async () => {
    const { body } = await send(part('name="other"; filename="o"', "x".repeat(1000)) + file("x") + END);
    expect(body).toMatchObject({ filename: "x", kept: "abc" });
  });
});

describe("a filename is data", () => {
  test.each([
    ["../../etc/passwd"],
    ["/etc/passwd"],
    ["C:\\Users\\me\\a.wav"],
    ["a;b=c.wav"],
    [" a .wav "],
    ["日本語 🎤 é.wav"],
    ["a%22b.wav"],
    ["."],
    ["..."],
    ["con.txt"],
    ["a'b.wav"],
    ["=?utf-8?q?a?="],
  ])("%j is given as it came", async (filename) => {
    expect((await send(Buffer.from(file(filename) + END))).body).toMatchObject({ filename });
  });

  test("quotes come with a backslash, and other names than ASCII's as RFC 8187 has them", async () => {
    expect((await send(part('name="file"; filename="a\\"b.wav"', "x") + END)).body).toMatchObject({
      filename: 'a"b.wav',
    });
    const extended = part("name=\"file\"; filename*=UTF-8''na%C3%AFve%20%e2%82%ac.wav", "x");
    expect((await send(extended + END)).body).toMatchObject({ filename: "naïve €.wav" });
  });
});

describe("a bad form is refused, and what was kept is undone:", () => {
  test.each([
    ["cut off in the file", file("x") + part('name="file"; filename="y"', "cut"), ["abc"]],
    [
      "cut off in a text",
      file("x") + '--XbX\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut',
      ["abc"],
    ],
    ["cut off in a header", `${file("x")}--XbX\r\nContent-Dispo`, ["abc"]],
    ["without its end", file("x"), []],
    ["no form", "garbage", []],
    ["of another boundary", file("x").replaceAll("XbX", "other"), []],
  ])("%s", async (_name, payload, discarded) => {
    const cut = payload.endsWith("\r\n") ? payload.slice(0, -2) : payload;
    const { status, body, ...rest } = await send(slowly(cut));
    expect(status).toBe(400);
    expect(body.detail).toMatch(/^Multipart form parse error - /);
    expect(rest.discarded).toEqual(discarded);
  });

  test("a file above the limit", async () => {
    const { status, body } = await send(Readable.from([file("x", "x".repeat(100_001)) + END]));
    expect([status, body]).toEqual([413, { detail: "The file is larger than the limit of 100000 bytes." }]);
    expect((await send(file("x", "x".repeat(100_000)) + END)).status).toBe(200);
  });

  test("a second file above the limit", async () => {
    const { status, discarded } = await send(slowly(file("x") + file("y", "x".repeat(100_001)) + END));
    expect([status, discarded]).toEqual([413, ["abc"]]);
  });

  test("a text above the limit, and too many of them", async () => {
    expect((await send(part('name="a"', "x".repeat(64 * 1024 + 1)) + END)).status).toBe(413);
    const many = part('name="a"', "1").repeat(101) + END;
    expect((await send(many)).body).toEqual({ detail: "Multipart form parse error - More than 100 fields." });
  });

  test.each([
    ["multipart/form-data", "None"],
    ["multipart/form-data; boundary=", ""],
    ["multipart/form-data; boundary=a\u00e9", "a\u00e9"],
  ])("%s", async (type, shown) => {
    expect((await send(file("x") + END, type)).body).toEqual({
      detail: `Multipart form parse error - Invalid boundary in multipart: ${shown}`,
    });
  });

  test.each([["application/json"], ["text/plain"], ["multipart/mixed; boundary=XbX"], [""]])(
    "of the type %j",
    async (type) => {
      const { status, body } = await send(file("x") + END, type);
      expect([status, body]).toEqual([415, { detail: `Unsupported media type "${type}" in request.` }]);
    },
  );

  test("where keeping its file fails, with that error", async () => {
    const { status, body } = await send(file("x", "x".repeat(90_000)) + END, TYPE, {
      onFile: () => Promise.reject(new ApiError(507, "Full.")),
    });
    expect([status, body]).toEqual([507, { detail: "Full." }]);
  });

  test("where keeping a later file fails, with the earlier undone", async () => {
    let count = 0;
    const onFile = async (stream: Readable) => {
      const text = (await buffer(stream)).toString();
      if (++count === 2) throw new ApiError(507, "Full.");
      return text;
    };
    const { status, discarded } = await send(file("x") + file("y") + END, TYPE, { onFile });
    expect([status, discarded]).toEqual([507, ["abc"]]);
  });
});

test("a slow keeper holds the sender back: the file is never held in memory", async () => {
  let produced = 0;
  const body = Readable.from(
    (function* () {
      yield Buffer.from('--XbX\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n');
      for (; produced < 400; produced++) yield Buffer.alloc(65_536);
      yield Buffer.from(`\r\n${END}`);
    })(),
  );
  let ahead = 0;
  const onFile = async (stream: Readable) => {
    let taken = 0;
    for await (const chunk of stream) {
      taken += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
      ahead = Math.max(ahead, produced * 65_536 - taken);
    }
    return String(taken);
  };
  const { body: answer } = await send(body, TYPE, { onFile, fileBytesMax: 100_000_000 });
  expect(answer).toMatchObject({ kept: String(400 * 65_536) });
  expect(ahead).toBeLessThan(4 * 1024 * 1024);
});

import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { RangeNotSatisfiable } from "./errors.ts";
import { type Content, contentDisposition, sendContent } from "./range.ts";

const BYTES = "0123456789";

function content(bytes = BYTES): Content {
  return {
    sizeBytes: bytes.length,
    contentType: "audio/wav",
    etag: '"v1"',
    open: (start, end) => Readable.from([bytes.slice(start, end + 1)]),
  };
}

async function get(headers: Record<string, string>, method = "GET", bytes = BYTES) {
  const answer = await sendContent({ method, headers }, content(bytes));
  return { ...answer, body: answer.stream ? await text(answer.stream) : undefined };
}

describe("a range", () => {
  test.each([
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=4-", "456789", "bytes 4-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
    ["bytes=-99", "0123456789", "bytes 0-9/10"],
    ["bytes=9-9", "9", "bytes 9-9/10"],
    ["Bytes=0-0", "0", "bytes 0-0/10"],
  ])("%s is %s", async (range, body, contentRange) => {
    const answer = await get({ range });
    expect([answer.status, answer.body]).toEqual([206, body]);
    expect(answer.headers).toMatchObject({
      "content-range": contentRange,
      "content-length": String(body.length),
      "accept-ranges": "bytes",
    });
  });

  test.each([["bytes=3-1"], ["bytes=0-1,4-5"], ["bytes=a-b"], ["bytes=-"], ["items=0-1"], ["bytes"], [""]])(
    "%j is none: the whole is sent",
    async (range) => {
      const answer = await get({ range });
      expect([answer.status, answer.body, answer.headers["content-length"]]).toEqual([200, BYTES, "10"]);
    },
  );

  test.each([["bytes=10-"], ["bytes=99-100"], ["bytes=-0"], [`bytes=${"9".repeat(400)}-`]])(
    "%.20s lies outside: 416 with the size",
    async (range) => {
      const error = await get({ range }).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(RangeNotSatisfiable);
      expect(error).toMatchObject({ status: 416, headers: { "content-range": "bytes */10" } });
    },
  );

  test("counts only while the content is what the client has part of", async () => {
    expect((await get({ range: "bytes=0-3", "if-range": '"v1"' })).status).toBe(206);
    expect((await get({ range: "bytes=0-3", "if-range": '"v0"' })).status).toBe(200);
    expect((await get({ range: "bytes=0-3", "if-range": 'W/"v1"' })).status).toBe(200);
    expect((await get({ range: "bytes=0-3", "if-range": "Mon, 01 Jan 2024 00:00:00 GMT" })).status).toBe(200);
  });
});

describe("content", () => {
  test("is not sent for HEAD, whose length is that of the whole", async () => {
    const answer = await get({ range: "bytes=0-3" }, "HEAD");
    expect([answer.status, answer.body, answer.headers["content-length"]]).toEqual([200, undefined, "10"]);
  });

  test("that the client has is not sent again", async () => {
    expect((await get({ "if-none-match": '"v0", W/"v1"' })).status).toBe(304);
    expect((await get({ "if-none-match": "*" })).status).toBe(304);
    expect((await get({ "if-none-match": '"v0"' })).status).toBe(200);
  });

  test("may be empty", async () => {
    const answer = await get({}, "GET", "");
    expect([answer.status, answer.body, answer.headers["content-length"]]).toEqual([200, undefined, "0"]);
    await expect(get({ range: "bytes=0-" }, "GET", "")).rejects.toBeInstanceOf(RangeNotSatisfiable);
  });
});

describe("a name to save under", () => {
  test.each([
    ["a b.srt", 'attachment; filename="a b.srt"'],
    ["naïve €.srt", "attachment; filename=\"na_ve _.srt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.srt"],
    ['a"b\\c.srt', "attachment; filename=\"a_b_c.srt\"; filename*=UTF-8''a%22b%5Cc.srt"],
    ["a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"],
    ["🎤'()*!.wav", "attachment; filename=\"_'()*!.wav\"; filename*=UTF-8''%F0%9F%8E%A4%27%28%29%2A%21.wav"],
    ["\ud800.wav", "attachment; filename=\"_.wav\"; filename*=UTF-8''%EF%BF%BD.wav"],
    ["50%41.wav", "attachment; filename=\"50_41.wav\"; filename*=UTF-8''50%2541.wav"],
  ])("%j", (filename, header) => {
    expect(contentDisposition(filename)).toBe(header);
  });

  test("may be for showing in place", () => {
    expect(contentDisposition("a.wav", "inline")).toBe('inline; filename="a.wav"');
  });
});

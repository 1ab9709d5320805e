import { expect, test } from "vitest";
import { receiver } from "../../test/receiver.ts";
import { LIMITS } from "../config/limits.ts";
import { type AllowAddress, isPublicAddress, PrivateAddressError } from "./addresses.ts";
import { post } from "./post.ts";

const signal = (ms = 10_000) => AbortSignal.timeout(ms);
const none: AllowAddress = () => false;
const onlyFirst: AllowAddress = (address) => address === "127.0.0.1";

function posting(url: string, isAllowed = onlyFirst, ms?: number) {
  return { url, body: `{"text":"Ж"}`, headers: { "webhook-id": "msg_1" }, isAllowed, signal: signal(ms) };
}

test("a message arrives as it was written, and the answer's beginning comes back", async () => {
  const { url, received } = await receiver((_request, response) => response.writeHead(201).end("thanks\0"));
  expect(await post(posting(url))).toMatchObject({ statusCode: 201, response: "thanks�" });
  expect(received).toMatchObject([
    { body: `{"text":"Ж"}`, headers: { "webhook-id": "msg_1", "content-length": "13" } },
  ]);
});

test("of an endless answer only the beginning is read", async () => {
  let isCut = false;
  const { url } = await receiver((_request, response) => {
    response.once("close", () => (isCut = true));
    response.writeHead(200);
    const more = () =>
      void (response.destroyed || response.write("x".repeat(4_096), () => setImmediate(more)));
    more();
  });
  const { response } = await post(posting(url));
  expect(response).toHaveLength(LIMITS.webhooks.responseBytesMax);
  await expect.poll(() => isCut).toBe(true);
});

test("who does not answer, or does not end, is not waited for longer than the signal says", async () => {
  const silent = await receiver(() => undefined);
  const endless = await receiver((_request, response) => response.writeHead(200).flushHeaders());
  for (const { url } of [silent, endless])
    await expect(post(posting(url, onlyFirst, 200))).rejects.toThrow(/abort|timeout/i);
});

test.each([307, 308])("a redirect %i is followed with its body", async (status) => {
  const end = await receiver((_request, response) => response.writeHead(202).end());
  const start = await receiver((_request, response) =>
    response.writeHead(status, { location: end.url }).end(),
  );
  expect((await post(posting(start.url))).statusCode).toBe(202);
  expect(end.received[0]?.body).toBe(`{"text":"Ж"}`);
});

test.each([301, 302, 303])("a redirect %i, which would lose its body, is an answer", async (status) => {
  const end = await receiver();
  const start = await receiver((_request, response) =>
    response.writeHead(status, { location: end.url }).end(),
  );
  expect((await post(posting(start.url))).statusCode).toBe(status);
  expect(end.received).toEqual([]);
});

test("an address that is not allowed is not connected to: given, behind a name, or behind a redirect", async () => {
  const { port, received } = await receiver(undefined, "0.0.0.0");
  const redirecting = await receiver((_request, response) =>
    response.writeHead(307, { location: `http://127.0.0.2:${port}/` }).end(),
  );
  const named = await receiver((_request, response) =>
    response.writeHead(307, { location: `http://localhost:${port}/` }).end(),
  );
  for (const [url, isAllowed] of [
    [`http://127.0.0.1:${port}/`, isPublicAddress],
    [`http://localhost:${port}/`, isPublicAddress],
    [redirecting.url, onlyFirst],
    [named.url, (address: string) => address === "127.0.0.1" && named.received.length === 0],
    [`http://[::1]:${port}/`, none],
  ] as const) {
    await expect(post(posting(url, isAllowed))).rejects.toThrow(PrivateAddressError);
  }
  expect(redirecting.received).toHaveLength(1);
  expect(received).toEqual([]);
});

test("redirects end, and do not leave the web", async () => {
  const circle = await receiver((request, response) =>
    response.writeHead(307, { location: `http://${request.headers.host}/again` }).end(),
  );
  await expect(post(posting(circle.url))).rejects.toThrow("redirects more than 3 times");
  expect(circle.received).toHaveLength(LIMITS.webhooks.redirectsMax + 1);
  for (const location of ["ftp://127.0.0.1/", "file:///etc/passwd", "http://["]) {
    const { url } = await receiver((_request, response) => response.writeHead(307, { location }).end());
    const refusal = { name: "RedirectError", message: expect.stringMatching(/\.$/) };
    await expect(post(posting(url))).rejects.toMatchObject(refusal);
  }
});

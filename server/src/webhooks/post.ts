import { type IncomingMessage, request as httpRequest, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { urlToHttpOptions } from "node:url";
import { LIMITS } from "../config/limits.ts";
import { type AllowAddress, hostOf, lookupAllowed, PrivateAddressError } from "./addresses.ts";

export interface Posting {
  url: string;
  body: string;
  headers: Record<string, string>;
  /** Says of an IP address whether it may be connected to. */
  isAllowed: AllowAddress;
  signal: AbortSignal;
}

/** What came back. */
export interface Posted {
  statusCode: number;
  /** The beginning of the answer's body. */
  response: string;
}

/** A redirect that is not followed; the sentence is for the webhook's owner. */
export class RedirectError extends Error {
  override name = "RedirectError";
}

/**
 * Posts JSON, following redirects that keep method and body (307 and 308). Each hop's address is checked as the first's is, and
 * is the one that is connected to. Takes as long as `signal` lets it.
 *
 * @throws {PrivateAddressError} {@link RedirectError} and what the network has to say
 */
export async function post(posting: Posting): Promise<Posted> {
  let url = new URL(posting.url);
  for (let hop = 0; hop <= LIMITS.webhooks.redirectsMax; hop++) {
    const answer = await postOnce(url, posting);
    if (answer.location === null) return answer;
    url = redirected(url, answer.location);
  }
  throw new RedirectError(`The address redirects more than ${LIMITS.webhooks.redirectsMax} times.`);
}

function redirected(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href))
    throw new RedirectError("The address redirects to what is no address.");
  const to = new URL(location, from);
  if (to.protocol !== "https:" && to.protocol !== from.protocol)
    throw new RedirectError(`The address redirects to a "${to.protocol}" address, which is not followed.`);
  return to;
}

function postOnce(url: URL, posting: Posting): Promise<Posted & { location: string | null }> {
  const { body, headers, isAllowed, signal } = posting;
  const host = hostOf(url);
  // Node resolves no name, and so asks no lookup, where the host is an address.
  if (isIP(host) && !isAllowed(host)) throw new PrivateAddressError(host);
  const options: RequestOptions = {
    ...urlToHttpOptions(url),
    method: "POST",
    headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
    agent: false,
    signal,
    lookup: lookupAllowed(isAllowed),
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(options);
    request.once("error", reject);
    request.once("response", (response) => {
      readBeginning(response).then((text) => resolve(answerOf(response, text)), reject);
    });
    request.end(body);
  });
}

function answerOf(response: IncomingMessage, text: string): Posted & { location: string | null } {
  const { statusCode = 0, headers } = response;
  const isFollowed = statusCode === 307 || statusCode === 308;
  return { statusCode, response: text, location: isFollowed ? (headers.location ?? null) : null };
}

/** Whatever is longer is not read: leaving the loop closes the connection. */
async function readBeginning(response: IncomingMessage): Promise<string> {
  const { responseBytesMax } = LIMITS.webhooks;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= responseBytesMax) break;
  }
  return Buffer.concat(chunks).subarray(0, responseBytesMax).toString("utf8").replaceAll("\0", "�");
}

/** Content negotiation as Django REST framework does it: `Accept`, `?format=`, and the media types of bodies. */

import { NotAcceptable, NotFound } from "./errors.ts";
import { lastParam } from "./query.ts";

interface MediaType {
  type: string;
  subtype: string;
  parameters: Map<string, string>;
}

/** `text/html; charset="utf-8"` in its parts, names in lower case; anything at all is read as something. */
export function parseMediaType(text: string): MediaType {
  const [full = "", ...rest] = text.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  const [type = "", subtype = ""] = full
    .trim()
    .toLowerCase()
    .split(/\/(.*)/s);
  const parameters = rest.map((part): [string, string] => {
    const [name = "", value = ""] = part.split(/=(.*)/s);
    return [name.trim().toLowerCase(), unquoted(value.trim())];
  });
  return { type, subtype, parameters: new Map(parameters) };
}

function unquoted(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/gs, "$1") : value;
}

function matches(one: MediaType, other: MediaType): boolean {
  return samePart(one.type, other.type) && samePart(one.subtype, other.subtype);
}

function samePart(one: string, other: string): boolean {
  return one === other || one === "*" || other === "*";
}

/** Whether a body that calls itself `contentType` is `mediaType`. */
export function isMediaType(contentType: string, mediaType: string): boolean {
  return matches(parseMediaType(mediaType), parseMediaType(contentType));
}

/**
 * Checks that the client takes what the view gives. Weights (`q=`) choose among several; DRF does not read them, and
 * nor does this.
 * @param produces media types that the view answers with
 * @throws {NotAcceptable} 406
 * @throws {NotFound} where `?format=` asks for what there is not
 */
export function negotiate(
  accept: string | undefined,
  query: URLSearchParams,
  produces: readonly string[],
): void {
  const format = lastParam(query, "format");
  if (format && !produces.some((mediaType) => mediaType === "*/*" || mediaType.endsWith(`/${format}`))) {
    throw new NotFound();
  }
  const accepted = (accept ?? "*/*").split(",").map((part) => parseMediaType(part));
  const given = produces.map(parseMediaType);
  if (!accepted.some((one) => given.some((other) => matches(other, one)))) throw new NotAcceptable();
}

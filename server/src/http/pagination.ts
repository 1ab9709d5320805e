import { LIMITS } from "../config/limits.ts";
import { NotFound } from "./errors.ts";
import { int } from "./python.ts";
import { lastParam, type Parameter } from "./query.ts";

/** A page of a list, as DRF's `PageNumberPagination` gives it. */
export interface Page<Row> {
  count: number;
  next: string | null;
  previous: string | null;
  results: Row[];
}

export interface PageSource<Row> {
  count: () => Promise<number> | number;
  /** @param count what `count` gave */
  rows: (window: { limit: number; offset: number }, count: number) => Promise<Row[]> | Row[];
}

export const PAGE_PARAMETERS: readonly Parameter[] = [
  {
    name: "page",
    description: 'The page, from 1; or "last".',
    schema: { type: "integer", minimum: 1, default: 1 },
  },
  {
    name: "page_size",
    description: "Results on a page.",
    schema: { type: "integer", minimum: 1, maximum: LIMITS.http.pageSizeMax, default: LIMITS.http.pageSize },
  },
];

/**
 * The page that the query asks for. A size that is no size is ignored; a page that is not there is 404.
 * @param call of which the query and the absolute URL are used
 * @throws {NotFound} "Invalid page."
 */
export async function paginate<Row>(
  call: { query: URLSearchParams; url: string },
  source: PageSource<Row>,
): Promise<Page<Row>> {
  const size = pageSize(lastParam(call.query, "page_size"));
  const count = await source.count();
  const pages = Math.max(1, Math.ceil(count / size));
  const page = pageNumber(lastParam(call.query, "page") ?? "1", pages);
  const results = await source.rows({ limit: size, offset: (page - 1) * size }, count);
  return {
    count,
    next: page < pages ? withPage(call.url, page + 1) : null,
    previous: page > 1 ? withPage(call.url, page - 1) : null,
    results,
  };
}

function pageSize(text: string | undefined): number {
  const size = int(text ?? "") ?? 0n;
  if (size <= 0n) return LIMITS.http.pageSize;
  return size > LIMITS.http.pageSizeMax ? LIMITS.http.pageSizeMax : Number(size);
}

function pageNumber(text: string, pages: number): number {
  const page = text === "last" ? BigInt(pages) : int(text);
  if (page === undefined || page < 1n || page > pages) throw new NotFound("Invalid page.");
  return Number(page);
}

/** The URL with its parameters sorted, as DRF's `replace_query_param` leaves them; the first page goes without a number. */
function withPage(url: string, page: number): string {
  const [path = "", query = ""] = url.split(/\?(.*)/s);
  const parameters = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query)) {
    parameters.set(name, [...(parameters.get(name) ?? []), value]);
  }
  if (page === 1) parameters.delete("page");
  else parameters.set("page", [String(page)]);
  const pairs = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = pairs
    .flatMap(([name, values]) => values.map((value) => `${quote(name)}=${quote(value)}`))
    .join("&");
  return text ? `${path}?${text}` : path;
}

/** Python's `quote_plus`. */
function quote(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

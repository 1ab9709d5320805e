/** Filters, ordering and search of lists, with the rules and texts of django-filter and DRF. */

import { type FieldErrors, ValidationError } from "./errors.ts";
import { Invalid, type Lookup, type Related } from "./field.ts";
import { float, int, strip, words } from "./python.ts";
import { lastParam, type Parameter } from "./query.ts";
import type { JsonSchema } from "./shapes.ts";
import { parseDatetime } from "./text-formats.ts";

/** One query parameter that narrows a list. */
export interface Filter<Value> {
  readonly schema: JsonSchema;
  readonly help: string;
  /** @throws {Invalid} @returns undefined where the value says nothing */
  read(value: string, lookup: Lookup | undefined): Promise<Value | undefined> | Value | undefined;
}

/** One of these strings. */
export function choiceFilter<const C extends readonly string[]>(choices: C, help = ""): Filter<C[number]> {
  return {
    schema: { type: "string", enum: choices },
    help,
    read(value) {
      const found = choices.find((choice) => choice === value);
      if (found !== undefined) return found;
      throw notAvailable(value);
    },
  };
}

function notAvailable(value: string): Invalid {
  return new Invalid(`Select a valid choice. ${value} is not one of the available choices.`);
}

/** The id of a resource that the caller can see. */
export function relationFilter(help = ""): Filter<Related> {
  return {
    schema: { type: "integer" },
    help,
    async read(value, lookup) {
      if (lookup === undefined) throw new Error("A relation was filtered by without its lookup.");
      const id = int(value) ?? 0n;
      const found = id > 0n && id <= Number.MAX_SAFE_INTEGER ? await lookup(Number(id)) : undefined;
      if (found !== undefined) return found as Related;
      throw new Invalid("Select a valid choice. That choice is not one of the available choices.");
    },
  };
}

/** A number. */
export function numberFilter(help = ""): Filter<number> {
  return {
    schema: { type: "number" },
    help,
    read(value) {
      const number = float(value);
      if (number !== undefined && Number.isFinite(number)) return number;
      throw new Invalid("Enter a number.");
    },
  };
}

/** `true` or `false` in any case. django-filter takes anything else for no filter; here, what cannot be is told. */
export function booleanFilter(help = ""): Filter<boolean> {
  const known = new Map([
    ["true", true],
    ["false", false],
  ]);
  return {
    schema: { type: "boolean" },
    help,
    read(value) {
      const found = known.get(value.toLowerCase());
      if (found === undefined) throw notAvailable(value);
      return found;
    },
  };
}

/** A time in ISO 8601. */
export function datetimeFilter(help = ""): Filter<Date> {
  return {
    schema: { type: "string", format: "date-time" },
    help,
    read(value) {
      const date = parseDatetime(strip(value));
      if (date) return date;
      throw new Invalid("Enter a valid date/time.");
    },
  };
}

/** Text as it is. */
export function textFilter(help = ""): Filter<string> {
  return {
    schema: { type: "string" },
    help,
    read(value) {
      if (value.includes("\0")) throw new Invalid("Null characters are not allowed.");
      return strip(value) || undefined;
    },
  };
}

type Definitions = Readonly<Record<string, Filter<unknown>>>;
type ValueOf<T> = T extends Filter<infer V> ? V : never;
type Relations<D extends Definitions> = {
  [K in keyof D as Related extends ValueOf<D[K]> ? K : never]: Lookup;
};
type Values<D extends Definitions, R> = {
  [K in keyof D]?: K extends keyof R
    ? R[K] extends Lookup
      ? NonNullable<Awaited<ReturnType<R[K]>>>
      : never
    : ValueOf<D[K]>;
};

export interface Filters<D extends Definitions> {
  readonly parameters: readonly Parameter[];
  /**
   * The filters that the query asks for; empty ones are ignored.
   * @throws {ValidationError} with every bad one, in the order of their definition
   */
  read<R extends Relations<D>>(
    query: URLSearchParams,
    ...relations: keyof Relations<D> extends never ? [] : [R]
  ): Promise<Values<D, R>>;
}

export function filters<const D extends Definitions>(definitions: D): Filters<D> {
  return {
    parameters: Object.entries(definitions).map(([name, { schema, help }]) => ({
      name,
      schema,
      description: help,
    })),
    read: (query, ...relations) => readFilters(definitions, query, { ...relations[0] }) as Promise<never>,
  };
}

async function readFilters(
  definitions: Definitions,
  query: URLSearchParams,
  relations: Record<string, Lookup>,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  const errors: FieldErrors = {};
  for (const [name, filter] of Object.entries(definitions)) {
    const text = lastParam(query, name);
    if (!text) continue;
    try {
      const value = await filter.read(text, relations[name]);
      if (value !== undefined) values[name] = value;
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      errors[name] = error.messages;
    }
  }
  if (Object.keys(errors).length > 0) throw new ValidationError(errors);
  return values;
}

export interface Order<Name extends string> {
  field: Name;
  descending: boolean;
}

export interface Ordering<Name extends string> {
  readonly parameters: readonly Parameter[];
  /** What `?ordering=` asks for; unknown fields are ignored, and the default stands where nothing is left. */
  read(query: URLSearchParams): Order<Name>[];
}

/** @param fallback the order without `?ordering=`, in its syntax */
export function ordering<const N extends readonly string[]>(
  names: N,
  fallback: NoInfer<N[number] | `-${N[number]}`>,
): Ordering<N[number]> {
  const parse = (text: string): Order<N[number]>[] =>
    text.split(",").flatMap((part) => {
      const term = strip(part);
      const descending = term.startsWith("-");
      const field = names.find((name) => name === (descending ? term.slice(1) : term));
      return field === undefined ? [] : [{ field, descending }];
    });
  const description = `Fields to sort by, separated by commas, "-" in front for descending: ${names.join(", ")}.`;
  const standing = parse(fallback);
  return {
    parameters: [{ name: "ordering", description, schema: { type: "string", default: fallback } }],
    read(query) {
      const wanted = parse(lastParam(query, "ordering") ?? "");
      return wanted.length > 0 ? wanted : standing;
    },
  };
}

export const SEARCH_PARAMETER: Parameter = {
  name: "search",
  description: "Words, separated by spaces or commas, that must all occur.",
  schema: { type: "string" },
};

/** The words of `?search=`, which must all occur. */
export function searchTerms(query: URLSearchParams): string[] {
  return words((lastParam(query, "search") ?? "").replaceAll("\0", "").replaceAll(",", " "));
}

/** Query parameters as Django reads them: of several with one name, the last counts. */

/** The parameter's last value; undefined where it is not there. */
export function lastParam(query: URLSearchParams, name: string): string | undefined {
  return query.getAll(name).at(-1);
}

/** A query parameter, for the documentation. */
export interface Parameter {
  name: string;
  description: string;
  schema: { readonly [keyword: string]: unknown };
}

import { type SelectQueryBuilder, sql } from "kysely";

/** How many rows a query gives, without reading them. */
export async function countOf<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
): Promise<number> {
  const counted = query.clearSelect().select(sql<number>`count(*)`.as("count"));
  const row = (await counted.executeTakeFirstOrThrow()) as { count: number };
  return row.count;
}

/**
 * A stretch of a query's rows in the order asked for. Equal rows are told apart by their id, so that no row stands on two
 * pages.
 *
 * @param table whose columns the order names
 */
export function windowOf<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  order: readonly { field: string; descending: boolean }[],
  table: string,
  { limit, offset }: { limit: number; offset: number },
): Promise<O[]> {
  let sorted = query;
  for (const { field, descending } of order)
    sorted = sorted.orderBy(sql.ref(`${table}.${field}`), descending ? "desc" : "asc");
  return sorted
    .orderBy(sql.ref(`${table}.id`))
    .limit(limit)
    .offset(offset)
    .execute();
}

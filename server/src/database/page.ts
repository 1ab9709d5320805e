import { type SelectQueryBuilder, sql } from "kysely";

/** How many rows a query gives, without reading them. */
export async function countOf<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
): Promise<number> {
  const counted = query.clearSelect().select(sql<number>`count(*)`.as("count"));
  const row = (await counted.executeTakeFirstOrThrow()) as { count: number };
  return row.count;
}

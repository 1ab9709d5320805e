import { sql, type SqlBool } from "kysely";

/**
 * Every term must occur in one of the columns, whatever its case: what DRF's search filter asks for. `%` and `_` are meant
 * as they are.
 */
export function matching(columns: readonly string[], terms: readonly string[]) {
  const each = terms.map(
    (term) =>
      sql`(${sql.join(
        columns.map((column) => contains(column, term)),
        sql` or `,
      )})`,
  );
  return sql<SqlBool>`(${each.length > 0 ? sql.join(each, sql` and `) : sql`1 = 1`})`;
}

function contains(column: string, term: string) {
  const pattern = `%${term.toLowerCase().replace(/[\\%_]/g, String.raw`\$&`)}%`;
  return sql`lower(${sql.ref(column)}) like ${pattern} escape '\\'`;
}

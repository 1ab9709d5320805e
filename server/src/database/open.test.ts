import { sql } from "kysely";
import { expect, test } from "vitest";
import { temporaryDatabase } from "../../test/database.ts";

test("values have no say in a query's plan, or SQLite would compile it anew for each of them", async () => {
  const db = await temporaryDatabase();
  const planFor = async (pattern: string) => {
    const { rows } = await sql<{ detail: string }>`
      explain query plan select id from users where email glob ${pattern}`.execute(db);
    return rows.map(({ detail }) => detail);
  };
  // With a say in it, the first would be looked up in the index.
  expect(await planFor("ada*")).toEqual(await planFor("*ada"));
});

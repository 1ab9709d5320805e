import { expect, test } from "vitest";
import { temporaryDatabase } from "../../test/database.ts";
import { compiledOnce } from "./compiled.ts";

test("a query is built once and run for whatever values it is given, in a transaction too", async () => {
  const db = await temporaryDatabase();
  let built = 0;
  const addUser = compiledOnce((executor, email: string, isAdmin: number) => {
    built += 1;
    return executor
      .insertInto("users")
      .values({ email, is_admin: isAdmin, is_active: 1, created_at: "2026-05-17T14:02:11.000Z" })
      .returning(["email", "is_admin"]);
  });
  expect(await addUser(db, "ada@example.org", 1)).toEqual([{ email: "ada@example.org", is_admin: 1 }]);
  const added = await db.transaction().execute(async (tx) => addUser(tx, "bob@example.org", 0));
  expect(added).toEqual([{ email: "bob@example.org", is_admin: 0 }]);
  expect(built).toBe(1);
});

test("a value may stand in several places", async () => {
  const db = await temporaryDatabase();
  const twice = compiledOnce((executor, first: string, second: string) =>
    executor.selectNoFrom((eb) => [
      eb.val(second).as("a"),
      eb.val(first).as("b"),
      eb.val(second).as("c"),
      eb.val("always").as("d"),
    ]),
  );
  expect(await twice(db, "1", "2")).toEqual([{ a: "2", b: "1", c: "2", d: "always" }]);
});

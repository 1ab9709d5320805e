import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryDatabase } from "../../test/database.ts";
import { createUser, findUserByEmail, insertUser, normalizeEmail, userByEmail } from "./users.ts";

test.each([
  [" Ada@Example.ORG\n", "ada@example.org"],
  ["ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example"],
  ["ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"],
  ["ada@１２７.example", "ada@127.example"],
  ['"a@b"@example.org', '"a@b"@example.org'],
  ["ada@1.2.3", "ada@1.2.3"],
  ["ada@[::1]", "ada@[::1]"],
  ["no address", "no address"],
])("%j is the address %j", (text, expected) => {
  expect(normalizeEmail(text)).toBe(expected);
});

test("an address in its one form stays in it", () => {
  fc.assert(
    fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: "binary" })), (text) => {
      const once = normalizeEmail(text);
      expect(normalizeEmail(once)).toBe(once);
    }),
  );
});

test("an address is taken once, and found however it is written", async () => {
  const db = await temporaryDatabase();
  const ada = { email: "Ada@München.example", passwordHash: null, isAdmin: false };
  const { id, email } = await createUser(db, ada, new Date());
  expect(email).toBe("ada@xn--mnchen-3ya.example");
  expect(await insertUser(db, { ...ada, email: "ADA@xn--mnchen-3ya.example" }, new Date())).toBeUndefined();
  await expect(createUser(db, ada, new Date())).rejects.toThrow("There is already a user");
  expect((await findUserByEmail(db, "ada@münchen.EXAMPLE"))?.id).toBe(id);
  await expect(userByEmail(db, "eve@example.org")).rejects.toThrow("There is no user eve@example.org.");
});

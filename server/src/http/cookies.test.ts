import { expect, test } from "vitest";
import { cookie, readCookie } from "./cookies.ts";

test.each([
  ["a=1; b=2", "b", "2"],
  ["a=1;b=2", "b", "2"],
  ["b=2=3; a=1", "b", "2=3"],
  ["ab=1; b=", "b", ""],
  ["b=first; b=second", "b", "first"],
  ["b", "b", undefined],
  ["ab=1", "b", undefined],
  ["", "b", undefined],
  [undefined, "b", undefined],
])("in %j the cookie %s is %j", (header, name, expected) => {
  expect(readCookie(header, name)).toBe(expected);
});

test("a cookie is for this site, as long and as secret as it is told", () => {
  expect(cookie("a", "1", { lifeMs: 1500, secure: false, httpOnly: false })).toBe(
    "a=1; Path=/; Max-Age=1; SameSite=Lax",
  );
  expect(cookie("a", "", { lifeMs: 0, secure: true, httpOnly: true, path: "/b/" })).toBe(
    "a=; Path=/b/; Max-Age=0; SameSite=Lax; HttpOnly; Secure",
  );
});

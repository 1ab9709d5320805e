import { hash } from "@node-rs/argon2";
import { expect, test } from "vitest";
import { COMMON_PASSWORDS } from "./common-passwords.ts";
import { passwordFaults } from "./password-rules.ts";
import { hashPassword, passwordMatches } from "./passwords.ts";

test("a password matches its own hash and no other; each hash has its own salt", async () => {
  const [one, two] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
  expect(one).not.toBe(two);
  expect(await passwordMatches(one, "correct horse")).toBe(true);
  expect(await passwordMatches(two, "correct horse")).toBe(true);
  expect(await passwordMatches(one, "correct horse ")).toBe(false);
});

test("nobody's password never matches", async () => {
  expect(await passwordMatches(null, "")).toBe(false);
  expect(await passwordMatches(null, "correct horse")).toBe(false);
});

test("an older hash still matches: its parameters stand in it", async () => {
  const old = await hash("correct horse", { memoryCost: 1024, timeCost: 1, parallelism: 1 });
  expect(await passwordMatches(old, "correct horse")).toBe(true);
});

test("everything on the list of common passwords is one that would be allowed otherwise", () => {
  const wrong = [...COMMON_PASSWORDS].filter((one) => one.length < 8 || one !== one.toLowerCase());
  expect(wrong).toEqual([]);
  expect(COMMON_PASSWORDS.size).toBeGreaterThan(150);
});

test.each([
  ["maria-is-my-best-friend", "maria@example.org"],
  ["a@b goes a long way", "a@b"],
  ["пароль навсегда", "ada@example.org"],
  ["🐎🔋📎🐎🔋📎🐎🔋", "ada@example.org"],
])("%s is a good password for %s", (password, email) => {
  expect(passwordFaults(password, email)).toEqual([]);
});

test("length is counted in characters", () => {
  expect(passwordFaults("🐎🔋📎🐎🔋📎🐎", "ada@example.org")).toEqual([
    "This password is too short. It must contain at least 8 characters.",
  ]);
});

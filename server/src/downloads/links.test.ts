import fc from "fast-check";
import { expect, test } from "vitest";
import { type Link, LinkSigner } from "./links.ts";

const link: Link = { kind: "export", transcript: 7, type: "srt", until: 1_000 };
const signer = new LinkSigner("a key");

test("a link opens what it was made for until its time, and not at that time", () => {
  const token = signer.sign(link);
  expect(signer.check(token, new Date(999))).toEqual({ kind: "open", link });
  expect(signer.check(token, new Date(1_000))).toEqual({ kind: "expired" });
});

test("a link of another key, and a link with any character changed, is altered", () => {
  const token = signer.sign(link);
  expect(new LinkSigner("another key").check(token, new Date(0))).toEqual({ kind: "altered" });
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom("A", "z", "9", "-", "_", "."), (at, character) => {
      fc.pre(token[at] !== character);
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      expect(signer.check(changed, new Date(0)).kind).toBe("altered");
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => signer.check(text, new Date(0)).kind === "altered"));
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import parameters from "./parameters.json" with { type: "json" };
import { pronounce, pronounceAll } from "./pronounce.ts";
import { spokenForm } from "./spoken-form.ts";

describe("what is said for a written word", () => {
  test.each([
    ["Hello,", "hello"],
    ["$5", "five dollars"],
    ["25%", "twenty five percent"],
    ["21st", "twenty first"],
    ["1990s", "nineteen nineties"],
    ["1965.", "nineteen sixty five"],
    ["1905", "nineteen oh five"],
    ["2,600,014", "two million six hundred thousand fourteen"],
    ["3.14", "three point one four"],
    ["10:30", "ten thirty"],
    ["007", "zero zero seven"],
    ["25km", "twenty five km"],
    ["100m.", "one hundred emm"],
    ["USA", "you ess ay"],
    ["B.B.C.", "bee bee see"],
    ["NATO", "nato"],
    ["twenty-one", "twenty one"],
    ["it’s", "it's"],
    ["naïve", "naive"],
    ["—", ""],
    ["😀", ""],
  ])("%s: %s", (written, said) => {
    expect(spokenForm(written).join(" ")).toBe(said);
  });
});

describe("sounds", () => {
  test.each([
    ["light", "l ay t"],
    ["shake", "sh ey k"],
    ["knee", "n iy"],
    ["phone", "f ow n"],
    ["nation", "n ey sh ax n"],
    ["thing", "th ih ng"],
    ["queen", "k w iy n"],
    ["wanted", "w aa n t ih d"],
    ["passed", "p ae s t"],
    ["through", "th r uw"],
  ])("of %s are %s", (word, sounds) => {
    expect(pronounce(word).join(" ")).toBe(sounds);
  });

  test("of a text in capitals are not those of its letters", () => {
    expect(pronounceAll(["HE", "SAT", "DOWN"])).toEqual([
      pronounce("he"),
      pronounce("sat"),
      pronounce("down"),
    ]);
  });

  test("are known to the acoustic model, whatever is written", () => {
    const known = new Set(Object.keys(parameters.sounds));
    const word = fc.oneof(fc.string({ unit: "grapheme" }), fc.stringMatching(/^[A-Za-z0-9'.,-]{1,12}$/u));
    fc.assert(
      fc.property(word, (text) => {
        expect(pronounce(text).filter((sound) => !known.has(sound))).toEqual([]);
      }),
    );
  });

  test("are there for every word with a letter or digit", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[\p{L}\p{N}]{1,8}$/u), (text) => {
        expect(pronounce(text).length).toBeGreaterThan(0);
      }),
    );
  });
});

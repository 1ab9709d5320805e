import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { languageFault } from "./language-fault.ts";

const ENGINE = { model: "moonshine-base", languages: ["en"] };

test("a language that the model speaks, or that it is left to find, is no fault", () => {
  expect(languageFault(ENGINE, "en")).toBeNull();
  expect(languageFault(ENGINE, "auto")).toBeNull();
});

test.each(["de", "eo"])("docs/errors.md says of %s what the server says", async (language) => {
  const docs = await readFile(path.join(import.meta.dirname, "../../../docs/errors.md"), "utf8");
  const fault = languageFault(ENGINE, language);
  expect(fault).not.toBeNull();
  expect(docs).toContain(fault);
});

import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { configure } from "../../config/config.ts";
import { readEnv } from "../../config/env.ts";
import { CATALOGUE, findModel, findRecogniser, recognisersFor } from "./catalogue.ts";
import { downloadBytes, publishedFiles, sizeBytes } from "./entry.ts";

const defaultModel = configure(readEnv({})).model;

describe.each(CATALOGUE.map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
  test("names its files safely, once each, and pins them", () => {
    const names = entry.files.map((file) => file.name);
    expect(new Set(names).size).toBe(names.length);
    for (const file of entry.files) {
      expect(file.name).toMatch(/^[a-z0-9][A-Za-z0-9._-]*$/);
      expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(file.sizeBytes).toBeGreaterThan(0);
    }
    expect(entry.name).toMatch(/^[a-z0-9][a-z0-9.-]*$/);
  });

  test("has a source for each file that cannot change behind its name", () => {
    const packages = entry.source.kind === "npm" ? entry.source.packages : [];
    const base = entry.source.kind === "address" ? entry.source.base : null;
    expect(base ?? `https://none/${"0".repeat(40)}/`).toMatch(
      /^https:\/\/.*\/(?:[0-9a-f]{40}|releases\/download\/[a-z0-9-]+)\/$/,
    );
    for (const tarball of packages) expect(tarball.integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
    const unpacked = packages.flatMap((tarball) => tarball.members.map((member) => member.file));
    const plain = base === null ? [] : entry.files.map((file) => file.name);
    expect([...unpacked, ...plain].sort()).toEqual(
      publishedFiles(entry)
        .map((file) => file.name)
        .sort(),
    );
  });

  test("makes files of published ones that stand before them", () => {
    const early = entry.files.filter(({ madeOf }, i) => {
      const before = publishedFiles({ ...entry, files: entry.files.slice(0, i) });
      return madeOf !== undefined && before.every(({ name }) => name !== madeOf);
    });
    expect(early).toEqual([]);
  });

  test("requires models that exist", () => {
    for (const name of entry.requires) expect(findModel(name).name).toBe(name);
  });
});

test("names are unique, and the default is one of them", () => {
  const names = CATALOGUE.map((entry) => entry.name);
  expect(new Set(names).size).toBe(names.length);
  expect(findModel(defaultModel).purpose).toBe("recogniser");
});

test("an unknown name is answered with those that exist", () => {
  expect(() => findModel("whisper-enormous")).toThrow(
    /no model "whisper-enormous". There are: moonshine-base, /,
  );
});

test("a recogniser is chosen among recognisers, and a detector is none", () => {
  expect(findRecogniser("whisper-base").family).toBe("whisper");
  const names =
    "moonshine-base, moonshine-tiny, parakeet-tdt-0.6b-v3, sense-voice, reazonspeech-k2-v2, whisper-tiny, whisper-base, whisper-small, whisper-turbo.";
  expect(() => findRecogniser("whisper-enormous")).toThrow(
    `There is no model "whisper-enormous". There are: ${names}`,
  );
  expect(() => findRecogniser("silero-vad-v6")).toThrow(
    `The model silero-vad-v6 finds speech but does not write it. Choose one of: ${names}`,
  );
});

test("a language finds its recognisers, the one to recommend first", () => {
  expect(recogniserNames("de")).toEqual([
    "parakeet-tdt-0.6b-v3",
    "whisper-small",
    "whisper-turbo",
    "whisper-base",
    "whisper-tiny",
  ]);
  expect(recogniserNames("ja").slice(0, 3)).toEqual(["sense-voice", "reazonspeech-k2-v2", "whisper-small"]);
  expect(recogniserNames("tr")[0]).toBe("whisper-small");
  expect(recogniserNames("en").toSorted()).toEqual(
    CATALOGUE.filter(({ purpose, languages }) => purpose === "recogniser" && languages.includes("en"))
      .map(({ name }) => name)
      .toSorted(),
  );
  // One that was forgotten in the order would stand before it.
  expect(recogniserNames("en")[0]).toBe(defaultModel);
  expect(recogniserNames("yue")).toEqual(["sense-voice", "whisper-turbo"]);
  expect(recogniserNames("tlh")).toEqual([]);
});

test("docs/models.md shows this catalogue", async () => {
  const docs = await readFile(path.join(import.meta.dirname, "../../../../docs/models.md"), "utf8");
  for (const entry of CATALOGUE) {
    const languages =
      entry.languages.length > 5 ? `${entry.languages.length}` : entry.languages.join(", ") || "any";
    const cells = [
      `\`${entry.name}\``,
      languages,
      megabytes(downloadBytes(entry)),
      megabytes(sizeBytes(entry)),
      entry.licence,
      `[${new URL(entry.upstream).pathname.slice(1)}](${entry.upstream})`,
    ];
    expect(docs).toContain(`| ${cells.join(" | ")} |`);
  }
});

test("docs/models.md quotes messages that exist", async () => {
  let sources = "";
  for await (const file of glob(path.join(import.meta.dirname, "*.ts"))) {
    if (!file.endsWith(".test.ts")) sources += await readFile(file, "utf8");
  }
  const docs = await readFile(path.join(import.meta.dirname, "../../../../docs/models.md"), "utf8");
  const [, table = ""] = docs.split("| message | what to do |");
  const messages = [...table.matchAll(/^\| `(.+?)` \|/gm)].map(([, message = ""]) => message);
  expect(messages.length).toBeGreaterThan(5);
  for (const fragment of messages.flatMap((message) => message.split("…")))
    expect(sources).toContain(fragment);
});

function recogniserNames(language: string): string[] {
  return recognisersFor(language).map((entry) => entry.name);
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000_000)} MB`;
}

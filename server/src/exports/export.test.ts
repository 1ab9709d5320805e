import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { documentOf, turnOf } from "../../test/transcripts.ts";
import { EXPORT_FORMATS, exportFilename, isExportType, render, titleOf } from "./export.ts";
import type { ExportType } from "./export.ts";

const TYPES = Object.keys(EXPORT_FORMATS).filter(isExportType);

describe("an export is named", () => {
  test.each<[string, ExportType, string]>([
    ["interview.wav", "srt", "interview.srt"],
    ["Gespräch № 3 – 日本.MP3", "docx", "Gespräch № 3 – 日本.docx"],
    ["call.2024.m4a", "txt", "call.2024.txt"],
    ["report.2024", "txt", "report.2024.txt"],
    ["v1.2 final", "vtt", "v1.2 final.vtt"],
    ["AC/DC \\ live.ogg", "srt", "AC-DC - live.srt"],
    ["../../etc/passwd", "srt", "-..-etc-passwd.srt"],
    [".wav", "json", "wav.json"],
    ["..", "json", "transcript.json"],
    ["", "json", "transcript.json"],
    ["invoice\u202efdp.exe\r\nX: y.wav", "srt", "invoicefdp.exeX- y.srt"],
  ])("%j as %s: %j", (original, type, expected) => {
    expect(exportFilename(original, type)).toBe(expected);
  });

  test("so that every file system takes it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 400 }),
        fc.constantFrom(...TYPES),
        (original, type) => {
          const name = exportFilename(original, type);
          expect(name).not.toMatch(/[/\\\p{Cc}]|^\.|^\s/u);
          expect(name.isWellFormed()).toBe(true);
          expect(name.endsWith(`.${EXPORT_FORMATS[type].extension}`)).toBe(true);
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        },
      ),
    );
  });
});

test("a title is the name without its extension", () => {
  expect(titleOf("interview.wav")).toBe("interview");
  expect(titleOf("Dr. Smith")).toBe("Dr. Smith");
});

test("only known types are types", () => {
  expect(TYPES).toEqual(["srt", "vtt", "txt", "json", "docx"]);
  expect(isExportType("toString")).toBe(false);
});

test("every type renders to bytes with the words in them", async () => {
  const document = documentOf([turnOf("Žluťoučký kůň.", 0, 2)]);
  for (const type of ["srt", "vtt", "txt", "json"] as const) {
    expect((await render(type, document)).toString()).toContain("Žluťoučký kůň.");
  }
  expect((await render("docx", document)).subarray(0, 2).toString()).toBe("PK");
});

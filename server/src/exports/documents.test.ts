import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyDocument, documentOf, turnOf, wordsOf } from "../../test/transcripts.ts";
import { isRightToLeft, renderDocx } from "./docx.ts";
import type { ExportDocument } from "./export.ts";
import { renderJson } from "./json.ts";
import { renderTxt } from "./txt.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "uspeech-documents-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What LibreOffice reads in Word documents, as plain text or as its own XML. One start for all: it takes seconds. */
async function readByLibreOffice(documents: ExportDocument[], filter: "txt" | "fodt"): Promise<string[]> {
  const paths = documents.map((_, index) => join(folder, `${filter}-${index}.docx`));
  for (const [index, document] of documents.entries())
    await writeFile(paths[index] ?? "", await renderDocx(document));
  const profile = `-env:UserInstallation=${pathToFileURL(join(folder, "profile")).href}`;
  const conversion = filter === "txt" ? "txt:Text (encoded):UTF8" : "fodt";
  await promisify(execFile)("soffice", [
    profile,
    "--headless",
    "--convert-to",
    conversion,
    "--outdir",
    folder,
    ...paths,
  ]);
  return Promise.all(paths.map((path) => readFile(path.replace(/docx$/u, filter), "utf8")));
}

/** Words after the title and the lines about the recording. */
function bodyWords(text: string): string[] {
  return words(text.replace(/^\ufeff/u, "").split("Transcribed: 2026-05-17")[1] ?? "");
}

function words(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== "");
}

function plain(document: ExportDocument): ExportDocument {
  const turns = document.transcript.turns.map((turn) => ({ ...turn, speaker: null, flags: [] }));
  return { ...document, returnTimestamps: false, transcript: { ...document.transcript, turns } };
}

describe("LibreOffice reads in DOCX", () => {
  test("the same words in the same order", async () => {
    const documents = fc.sample(anyDocument({ odd: true }), { seed: 3, numRuns: 12 }).map(plain);
    const texts = await readByLibreOffice(documents, "txt");
    texts.forEach((text, index) =>
      expect(bodyWords(text)).toEqual(wordsOf(documents[index] ?? documentOf([]))),
    );
  });

  test("title, names in bold, times, notes, doubts, and right-to-left text on the right", async () => {
    const document = documentOf(
      [
        turnOf("How was the <road> & the sea?", 0, 3, { speaker: 0 }),
        turnOf("كانت الطريق طويلة جدا.", 3, 6, { speaker: 1 }),
        turnOf("", 6, 9, { speaker: 1, flags: ["withheld"], words: [] }),
        turnOf("Perhaps so.", 12.5, 14, { speaker: 0, flags: ["doubtful"] }),
      ],
      { coverage: { ratio: 0.9, uncovered: [{ start: 10, end: 11 }], withheld: [{ start: 6, end: 9 }] } },
    );
    const [text = ""] = await readByLibreOffice([document], "txt");
    expect(
      text
        .replace(/^\ufeff/u, "")
        .trim()
        .split(/\n+/u),
    ).toEqual([
      "interview",
      "Duration: 0:00:16",
      "Language: English",
      "Model: moonshine-base",
      "Words: 13",
      "Transcribed: 2026-05-17",
      "Speech without text: 0:00:10–0:00:11",
      "Highlighted: text that the recording may not support",
      "[0:00:00] Anna Meier: How was the <road> & the sea?",
      "[0:00:03] Björn: كانت الطريق طويلة جدا. [speech withheld: 0:00:06–0:00:09]",
      "[0:00:12] Anna Meier: Perhaps so.",
    ]);
    const [xml = ""] = await readByLibreOffice([document], "fodt");
    expect(styleOf(xml, "كانت", "p")).toMatch(/style:writing-mode="rl-tb"/u);
    expect(styleOf(xml, "How was", "p")).not.toMatch(/rl-tb/u);
    expect(styleOf(xml, "Anna Meier: ", "span")).toMatch(/fo:font-weight="bold"/u);
    expect(styleOf(xml, "Perhaps", "span")).toMatch(/fo:background-color="#ffff00"/u);
  });
});

/** The automatic style of the paragraph or span that holds a text, in LibreOffice's XML. */
function styleOf(xml: string, text: string, element: "p" | "span"): string {
  const before = xml.slice(0, xml.indexOf(text, xml.indexOf("<office:body>")));
  const name = /text:style-name="([^"]+)"/u.exec(before.slice(before.lastIndexOf(`<text:${element} `)))?.[1];
  const start = xml.indexOf(`<style:style style:name="${name}"`);
  return xml.slice(start, xml.indexOf("</style:style>", start));
}

test("a DOCX carries no character that XML forbids", async () => {
  const said = { ...turnOf("x", 0, 2), text: "a\u0000b\u0008c\u001fd\ufffee\ud83df" };
  const document = { ...plain(documentOf([said])), title: "t\u0001<&>\"'" };
  const [text = ""] = await readByLibreOffice([document], "txt");
  expect(bodyWords(text)).toEqual(["abcde\ufffdf"]);
  expect(text).toContain("t<&>\"'");
});

test("text counts as right-to-left by most of its letters", () => {
  expect(isRightToLeft("שלום, Anna! 123")).toBe(false);
  expect(isRightToLeft("שלום לכולם, Anna! 123")).toBe(true);
  expect(isRightToLeft("مرحبا")).toBe(true);
  expect(isRightToLeft("٣٤ 42 …")).toBe(false);
  expect(isRightToLeft("")).toBe(false);
});

describe("TXT", () => {
  test("gathers a speaker's sentences, and begins anew at another speaker, a pause, and after a minute", () => {
    const turns = [
      turnOf("One.", 0, 1, { speaker: 0 }),
      turnOf("Two.", 1.5, 30, { speaker: 0 }),
      turnOf("Three.", 30, 59, { speaker: 1 }),
      turnOf("Four.", 65, 100, { speaker: 1 }),
      turnOf("Five.", 100, 124, { speaker: 1 }),
      turnOf("Six.", 125, 130, { speaker: 1 }),
    ];
    const timed = documentOf(turns);
    expect(renderTxt(timed)).toBe(
      "[0:00:00] Anna Meier: One. Two.\n\n[0:00:30] Björn: Three.\n\n[0:01:05] Four. Five.\n\n[0:02:05] Six.\n",
    );
    expect(renderTxt({ ...timed, returnTimestamps: false })).toBe(
      "Anna Meier: One. Two.\n\nBjörn: Three.\n\nFour. Five.\n\nSix.\n",
    );
  });

  test("says where speech was withheld", () => {
    const turns = [
      turnOf("Before.", 0, 1),
      turnOf("", 1, 65, { flags: ["withheld"], words: [] }),
      turnOf("After.", 65, 66),
    ];
    expect(renderTxt(plainTimes(documentOf(turns)))).toBe(
      "Before. [speech withheld: 0:00:01–0:01:05]\n\nAfter.\n",
    );
  });

  test("puts no space between sentences of a script that writes none", () => {
    const turns = [turnOf("昨日は雨でした。", 0, 2), turnOf("今日は晴れです。", 2, 4)];
    expect(renderTxt(plainTimes(documentOf(turns)))).toBe("昨日は雨でした。今日は晴れです。\n");
  });

  test("holds every word once and in order", () => {
    fc.assert(
      fc.property(anyDocument({ odd: true, unspaced: true }), (document) => {
        const text = renderTxt(plain(document));
        expect(text.replace(/\s/gu, "")).toBe(wordsOf(document).join(""));
      }),
    );
  });
});

function plainTimes(document: ExportDocument): ExportDocument {
  return { ...document, returnTimestamps: false };
}

describe("JSON", () => {
  test("gives all turns with their words, flags and gaps, in the API's names", () => {
    const turns = [
      turnOf("Well then.", 0, 2, { speaker: 0, flags: ["doubtful"] }),
      turnOf("", 2, 4, { speaker: 1, flags: ["withheld"], words: [] }),
    ];
    const coverage = { ratio: 0.5, uncovered: [{ start: 5, end: 6 }], withheld: [{ start: 2, end: 4 }] };
    expect(JSON.parse(renderJson(documentOf(turns, { coverage, missing: ["speakers"] })))).toEqual({
      version: 1,
      title: "interview",
      created_at: "2026-05-17T14:02:11.000Z",
      model: "moonshine-base",
      language: "en",
      language_confidence: null,
      duration_seconds: 6,
      speech_seconds: 6,
      word_count: 2,
      speakers: ["Anna Meier", "Björn"],
      speakers_confidence: null,
      coverage,
      missing: ["speakers"],
      text: "Well then.",
      turns: [
        {
          start: 0,
          end: 2,
          speaker: 0,
          text: "Well then.",
          flags: ["doubtful"],
          words: [
            { text: "Well", start: 0, end: 1, confidence: null, timing: "aligned" },
            { text: "then.", start: 1, end: 2, confidence: null, timing: "aligned" },
          ],
        },
        {
          start: 2,
          end: 4,
          speaker: 1,
          text: "",
          flags: ["withheld"],
          note: "[speech withheld: 0:00:02–0:00:04]",
          words: [],
        },
      ],
    });
  });

  test("holds every word once and in order", () => {
    fc.assert(
      fc.property(anyDocument({ odd: true, withheld: true }), (document) => {
        const read = JSON.parse(renderJson(document)) as {
          text: string;
          turns: { words: { text: string }[] }[];
        };
        expect(words(read.text)).toEqual(wordsOf(document));
        expect(read.turns.flatMap((turn) => turn.words.map((word) => word.text))).toEqual(wordsOf(document));
      }),
    );
  });
});

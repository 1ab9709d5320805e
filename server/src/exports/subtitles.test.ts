import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyDocument, documentOf, turnOf, wordsOf } from "../../test/transcripts.ts";
import type { ExportDocument } from "./export.ts";
import { renderSrt } from "./srt.ts";
import { renderVtt } from "./vtt.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "uspeech-subtitles-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What FFmpeg's own readers make of a subtitle file: its cues' times and words, in SubRip. */
async function readByFfmpeg(
  text: string,
  type: "srt" | "vtt",
): Promise<{ times: string[]; words: string[] }> {
  const path = join(folder, `file.${type}`);
  await writeFile(path, text);
  const { stdout } = await promisify(execFile)("ffmpeg", ["-v", "error", "-i", path, "-f", "srt", "-"]);
  const blocks = stdout
    .replaceAll("\r", "")
    .trim()
    .split(/\n\n(?=\d+\n\d\d:)/u);
  const cues = blocks.map((block) => block.split("\n"));
  return {
    times: cues.map((lines) => lines[1] ?? ""),
    words: cues
      .flatMap((lines) => lines.slice(2).flatMap((line) => line.split(/\s+/u)))
      .filter((word) => word !== ""),
  };
}

function timesIn(text: string): string[] {
  return text
    .replaceAll(/(\d\d)\.(\d{3})/gu, "$1,$2")
    .split("\n")
    .filter((line) => line.includes(" --> "));
}

function withoutSpeakers(document: ExportDocument): ExportDocument {
  const turns = document.transcript.turns.map((turn) => ({ ...turn, speaker: null }));
  return { ...document, transcript: { ...document.transcript, turns } };
}

describe("FFmpeg reads the same words and times", () => {
  test("from SRT", async () => {
    for (const document of fc.sample(anyDocument(), { seed: 1, numRuns: 25 }).map(withoutSpeakers)) {
      const text = renderSrt(document);
      const read = await readByFfmpeg(text, "srt");
      expect(read.words).toEqual(wordsOf(document));
      expect(read.times).toEqual(timesIn(text));
    }
  });

  test("from WebVTT, with voices", async () => {
    for (const document of fc.sample(anyDocument(), { seed: 2, numRuns: 25 })) {
      const text = renderVtt(document);
      const read = await readByFfmpeg(text, "vtt");
      expect(read.words).toEqual(wordsOf(document));
      expect(read.times).toEqual(timesIn(text));
    }
  });

  test("where the text looks like numbers, times, markup and headers", async () => {
    const odd = "1 42 & &amp; 3<4 > 3 NOTE WEBVTT STYLE 00:00:01,000 -- 7 end";
    const document = documentOf([turnOf("7", 0, 2), turnOf(odd, 4, 9), turnOf("3", 12, 13)]);
    const looksAlike = wordsOf(document).map((word) => word.replace("<", "‹"));
    expect((await readByFfmpeg(renderSrt(document), "srt")).words).toEqual(looksAlike);
    expect((await readByFfmpeg(renderVtt(document), "vtt")).words).toEqual(wordsOf(document));
  });

  test("and from WebVTT even arrows and tags that were spoken of", async () => {
    const document = documentOf([turnOf("write <b> or </v> and --> there", 0, 4)]);
    expect((await readByFfmpeg(renderVtt(document), "vtt")).words).toEqual(wordsOf(document));
  });
});

const dialogue = documentOf([
  turnOf("How did you come to Leipzig?", 0, 2, { speaker: 0 }),
  turnOf("By train. It was the last one that night.", 4, 7, { speaker: 1 }),
  turnOf("Nobody knew that.", 9, 10.5, { speaker: 1 }),
  turnOf("Someone calls from outside.", 12, 14, { speaker: null }),
]);

test("SRT names the speaker at each change, and marks one without a name", () => {
  expect(renderSrt(dialogue)).toBe(`1
00:00:00,000 --> 00:00:02,000
Anna Meier: How did you come to Leipzig?

2
00:00:04,000 --> 00:00:07,000
Björn: By train.
It was the last one that night.

3
00:00:09,000 --> 00:00:10,500
Nobody knew that.

4
00:00:12,000 --> 00:00:14,000
>> Someone calls from outside.
`);
});

test("SRT names nobody where only one speaks", () => {
  const alone = documentOf([turnOf("Good evening.", 0, 2, { speaker: 0 })]);
  expect(renderSrt(alone)).toBe("1\n00:00:00,000 --> 00:00:02,000\nGood evening.\n");
});

test("WebVTT gives each subtitle its voice", () => {
  expect(renderVtt(dialogue)).toBe(`WEBVTT

00:00:00.000 --> 00:00:02.000
<v Anna Meier>How did you come to Leipzig?</v>

00:00:04.000 --> 00:00:07.000
<v Björn>By train. It was the last one that night.</v>

00:00:09.000 --> 00:00:10.500
<v Björn>Nobody knew that.</v>

00:00:12.000 --> 00:00:14.000
Someone calls from outside.
`);
});

test("a name cannot end its voice or its line", () => {
  const document = documentOf([turnOf("Hello.", 0, 2, { speaker: 0 }), turnOf("Hi.", 4, 6, { speaker: 1 })], {
    speakers: ["A>B\n\n1 --> & Co", "C: D"],
  });
  expect(renderVtt(document)).toContain("<v A&gt;B 1 --&gt; &amp; Co>Hello.</v>");
  expect(renderSrt(document)).toContain("A>B 1 → & Co: Hello.");
  expect(renderSrt(document)).toContain("C D: Hi.");
});

test("no control character, line separator or half of a surrogate pair gets into a subtitle", () => {
  const said = { ...turnOf("x", 0, 4), text: "a\u0000b\u001b[31m c\u2028d\n\n\n2\r\ne\ud800f" };
  expect(renderSrt(documentOf([said]))).toBe("1\n00:00:00,000 --> 00:00:04,000\nab[31m c d 2 e\ufffdf\n");
});

test("hours go beyond 99", () => {
  expect(renderVtt(documentOf([turnOf("Late.", 360_000, 360_002)]))).toContain(
    "100:00:00.000 --> 100:00:02.000",
  );
});

test("a transcript without a word is an empty SRT file and a bare WebVTT header", () => {
  expect(renderSrt(documentOf([]))).toBe("");
  expect(renderVtt(documentOf([]))).toBe("WEBVTT\n");
});

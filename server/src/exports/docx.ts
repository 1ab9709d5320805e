import type * as docxLibrary from "docx";
import type { ParagraphChild } from "docx";
import { clock, lineOf, speakerName, wordCount } from "./document.ts";
import type { ExportDocument } from "./document.ts";
import { paragraphsOf, paragraphText } from "./paragraphs.ts";
import type { Paragraph, Run } from "./paragraphs.ts";

/** The library takes 0.1 s to load and nobody else needs it: it is loaded by the first document. */
type Docx = typeof docxLibrary;

/**
 * Renders a Word document: title, a few lines about the recording, then paragraphs that begin with the speaker's name in bold at
 * each change and with the time where the project wants times. Paragraphs of right-to-left scripts run from the right. Withheld
 * speech stands as a note in italics with its time, doubtful text is highlighted, and speech without text is listed on top.
 */
export async function renderDocx(document: ExportDocument): Promise<Buffer> {
  const docx = await import("docx");
  const title = lineOf(document.title);
  const file = new docx.Document({
    title,
    creator: "Uspeech",
    styles: { default: { document: { run: { font: "Calibri", size: 22, language: languages(document) } } } },
    sections: [
      {
        children: [
          paragraph(
            docx,
            title,
            [new docx.TextRun({ text: title, rightToLeft: isRightToLeft(title) })],
            docx.HeadingLevel.TITLE,
          ),
          ...aboutLines(document).map((line) => aboutParagraph(docx, line)),
          ...paragraphsOf(document).map((each) => spokenParagraph(docx, document, each)),
        ],
      },
    ],
  });
  return docx.Packer.toBuffer(file);
}

interface AboutLine {
  name: string;
  value: string;
}

function aboutLines(document: ExportDocument): AboutLine[] {
  const { transcript, createdAt } = document;
  const { uncovered } = transcript.coverage;
  const doubtful = transcript.turns.some((turn) => turn.flags.includes("doubtful"));
  const lines = [
    { name: "Duration", value: clock(transcript.durationSeconds) },
    { name: "Language", value: languageName(transcript.language) },
    { name: "Model", value: lineOf(transcript.model) },
    { name: "Words", value: wordCount(document).toLocaleString("en") },
    { name: "Transcribed", value: createdAt.toISOString().slice(0, 10) },
    ...(uncovered.length > 0
      ? [{ name: "Speech without text", value: uncovered.map(spanText).join(", ") }]
      : []),
    ...(doubtful ? [{ name: "Highlighted", value: "text that the recording may not support" }] : []),
  ];
  // An uploaded subtitle file has no model, and no language that anyone knows.
  return lines.filter((line) => line.value !== "");
}

function spanText({ start, end }: { start: number; end: number }): string {
  return `${clock(start)}–${clock(end)}`;
}

function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    // Not a language tag: shown as it is.
    return lineOf(code);
  }
}

/** Tells the word processor which language to check the spelling in. */
function languages(
  document: ExportDocument,
): { value: string; eastAsia: string; bidirectional: string } | undefined {
  const { language } = document.transcript;
  if (!/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/iu.test(language)) return undefined;
  return { value: language, eastAsia: language, bidirectional: language };
}

function aboutParagraph(docx: Docx, { name, value }: AboutLine): InstanceType<Docx["Paragraph"]> {
  const color = "595959";
  return new docx.Paragraph({
    spacing: { after: 0 },
    children: [
      new docx.TextRun({ text: `${name}: `, bold: true, color }),
      new docx.TextRun({ text: value, color }),
    ],
  });
}

function spokenParagraph(
  docx: Docx,
  document: ExportDocument,
  spoken: Paragraph,
): InstanceType<Docx["Paragraph"]> {
  const children: ParagraphChild[] = [];
  if (document.returnTimestamps) {
    children.push(new docx.TextRun({ text: `[${clock(spoken.start)}] `, color: "595959" }));
  }
  const name = spoken.changesSpeaker ? speakerName(document, spoken.speaker) : null;
  if (name !== null) {
    children.push(new docx.TextRun({ text: `${name}: `, bold: true, rightToLeft: isRightToLeft(name) }));
  }
  return paragraph(docx, paragraphText(spoken), [
    ...children,
    ...spoken.runs.map((run) => textRun(docx, run)),
  ]);
}

function textRun(docx: Docx, { kind, text }: Run): ParagraphChild {
  const rightToLeft = isRightToLeft(text);
  if (kind === "withheld") return new docx.TextRun({ text, italics: true, color: "9C2A2A" });
  if (kind === "doubtful") return new docx.TextRun({ text, rightToLeft, highlight: "yellow" });
  return new docx.TextRun({ text, rightToLeft });
}

type Heading = Docx["HeadingLevel"][keyof Docx["HeadingLevel"]];

function paragraph(
  docx: Docx,
  text: string,
  children: ParagraphChild[],
  heading?: Heading,
): InstanceType<Docx["Paragraph"]> {
  return new docx.Paragraph({
    heading,
    children,
    bidirectional: isRightToLeft(text),
    spacing: { before: 160 },
  });
}

/** Whether most letters are of a script that is written from right to left. */
export function isRightToLeft(text: string): boolean {
  const rightToLeft = text.match(RIGHT_TO_LEFT)?.length ?? 0;
  return rightToLeft * 2 > (text.match(/\p{L}/gu)?.length ?? 0);
}

/** Letters of the blocks that the Unicode Bidirectional Algorithm (Annex 9, types R and AL) sets aside. */
const RIGHT_TO_LEFT =
  /(?=\p{L})[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/gu;

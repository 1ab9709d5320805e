import { clock, speakerName } from "./document.ts";
import type { ExportDocument } from "./document.ts";
import { paragraphsOf, paragraphText } from "./paragraphs.ts";
import type { Paragraph } from "./paragraphs.ts";

/**
 * Renders plain text: UTF-8, LF, a blank line between paragraphs. A paragraph begins with `[h:mm:ss] ` where the project wants
 * times, and with `Name: ` at each change of speaker. Withheld speech stands as `[speech withheld: h:mm:ss–h:mm:ss]`.
 */
export function renderTxt(document: ExportDocument): string {
  return paragraphsOf(document)
    .map((paragraph) => `${opening(document, paragraph)}${paragraphText(paragraph)}\n`)
    .join("\n");
}

function opening(document: ExportDocument, paragraph: Paragraph): string {
  const time = document.returnTimestamps ? `[${clock(paragraph.start)}] ` : "";
  const name = paragraph.changesSpeaker ? speakerName(document, paragraph.speaker) : null;
  return name === null ? time : `${time}${name}: `;
}

import { cuesOf } from "./cues.ts";
import type { Cue, CueLine } from "./cues.ts";
import { speakerName, subtitleClock } from "./document.ts";
import type { ExportDocument } from "./document.ts";

/**
 * Renders WebVTT by the rules of {@link cuesOf}: UTF-8, LF, speakers as voices (`<v Name>`), text escaped as the standard says
 * (section 4.2.2), which leaves no `-->` in it. Withheld speech is shown as `[speech withheld]`.
 */
export function renderVtt(document: ExportDocument): string {
  return ["WEBVTT\n", ...cuesOf(document, false).map((cue) => block(document, cue))].join("\n");
}

function block(document: ExportDocument, cue: Cue): string {
  const times = `${subtitleClock(cue.startMs, ".")} --> ${subtitleClock(cue.endMs, ".")}`;
  return `${times}\n${voices(cue.lines)
    .map((lines) => voice(document, lines))
    .join("\n")}\n`;
}

/** The lines of one speaker stand together in one voice. */
function voices(lines: CueLine[]): CueLine[][] {
  const groups: CueLine[][] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last?.[0] !== undefined && last[0].speaker === line.speaker) last.push(line);
    else groups.push([line]);
  }
  return groups;
}

function voice(document: ExportDocument, lines: CueLine[]): string {
  const text = lines.map((line) => escaped(line.text)).join("\n");
  const name = speakerName(document, lines[0]?.speaker ?? null);
  return name === null ? text : `<v ${escaped(name)}>${text}</v>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

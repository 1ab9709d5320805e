import { cuesOf } from "./cues.ts";
import type { Cue } from "./cues.ts";
import { subtitleClock } from "./document.ts";
import type { ExportDocument } from "./document.ts";

/**
 * Renders SubRip subtitles by the rules of {@link cuesOf}: UTF-8, LF. Where more than one speaker speaks, `Name: ` stands at
 * each change (`>>` where a name is not known). Withheld speech is shown as `[speech withheld]`.
 *
 * SubRip knows no escapes. What a player would take for its own marks is replaced by characters that look alike: `-->` by
 * `→`, `<` where a tag could begin by `‹`, `{\` by `{⧵`.
 */
export function renderSrt(document: ExportDocument): string {
  return cuesOf(document, manySpeakers(document))
    .map((cue, index) => block(cue, index + 1))
    .join("\n");
}

function manySpeakers(document: ExportDocument): boolean {
  return new Set(document.transcript.turns.map((turn) => turn.speaker)).size > 1;
}

function block(cue: Cue, number: number): string {
  const times = `${subtitleClock(cue.startMs, ",")} --> ${subtitleClock(cue.endMs, ",")}`;
  return `${number}\n${times}\n${safe(cue.lines.map((line) => line.text).join("\n"))}\n`;
}

function safe(text: string): string {
  return text
    .replaceAll("-->", "→")
    .replace(/<(?=[\p{L}/!?]|[^<]*>)/gu, "‹")
    .replaceAll("{\\", "{⧵");
}

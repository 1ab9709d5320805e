import { execFileSync } from "node:child_process";
import { SAMPLE_RATE_HZ, type SpeechSpan } from "../src/speech/recogniser.ts";
import { joined, silence } from "./spools.ts";

/** What one synthetic person says without a pause. */
export interface Line {
  /** A variant of espeak-ng's English voice. */
  voice: "f2" | "f4" | "m1" | "m3" | "m7";
  text: string;
}

/** Sentences that have nothing in common but their language. */
export const SENTENCES = [
  "The harbour was quiet when the last of the boats came home from the sea.",
  "Nobody in the village could say who had lived in the house before the war.",
  "A small brown dog slept under the table while the guests finished their soup.",
  "Every winter the river froze, and children walked to school across the ice.",
  "She kept the letters in a wooden box that smelled of cedar and old paper.",
  "Trains leave for the coast at nine, at noon, and a little after five.",
  "My uncle repaired clocks and never once arrived anywhere on time.",
  "When it rained for a week the cellar filled with water up to the third step.",
  "They painted the kitchen yellow because the mornings were so dark there.",
  "If you follow the wall you will come to a gate, and behind it to the orchard.",
] as const;

/** Lines said one after the other, and where each is. */
export function conversation(lines: readonly Line[]): { samples: Int16Array; spans: SpeechSpan[] } {
  const parts: Int16Array[] = [];
  const spans: SpeechSpan[] = [];
  let at = 0;
  for (const line of lines) {
    const spoken = said(line);
    spans.push({ startSample: at, endSample: at + spoken.length });
    parts.push(spoken, silence(0.4));
    at += spoken.length + 0.4 * SAMPLE_RATE_HZ;
  }
  return { samples: joined(...parts), spans };
}

const SAID = new Map<string, Int16Array>();

function said(line: Line): Int16Array {
  const key = `${line.voice} ${line.text}`;
  const known = SAID.get(key) ?? synthesize(line);
  SAID.set(key, known);
  return known;
}

function synthesize({ voice, text }: Line): Int16Array {
  const wav = execFileSync("espeak-ng", ["-v", `en-us+${voice}`, "-s", "160", "--stdout", text]);
  const raw = ["-v", "error", "-i", "pipe:0", "-ar", "16000", "-ac", "1", "-f", "s16le", "pipe:1"];
  const pcm = execFileSync("ffmpeg", raw, { input: wav, maxBuffer: 50_000_000 });
  return new Int16Array(Uint8Array.from(pcm).buffer);
}

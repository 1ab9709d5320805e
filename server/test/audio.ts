import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { temporaryFolder } from "./database.ts";

/** Makes a file with FFmpeg. @param options what comes before the output's name */
export async function makeFile(name: string, ...options: string[]): Promise<string> {
  const path = join(await temporaryFolder(), name);
  execFileSync("ffmpeg", ["-v", "error", ...options, path]);
  return path;
}

/** A tone: decodable, and without a word. */
export function tone(seconds = 1, name = "tone.wav"): Promise<string> {
  return makeFile(name, "-f", "lavfi", "-i", `sine=duration=${seconds}`);
}

/** Speech by a synthesizer, 16-bit mono. */
export async function spoken(text: string, name = "spoken.wav"): Promise<string> {
  const path = join(await temporaryFolder(), name);
  execFileSync("espeak-ng", ["-s", "150", "-v", "en-us", "-w", path, text]);
  return path;
}

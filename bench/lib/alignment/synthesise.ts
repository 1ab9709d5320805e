/** Speech by Debian's `flite`, whose voices are made from recordings of people, with the time of each sound. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { samplesOf } from "./sound.ts";

const run = promisify(execFile);

export const FLITE_VOICES = ["awb", "rms", "slt", "kal16"] as const;

export interface Synthesised {
  samples: Float32Array;
  /** Sounds in order, each with its end in seconds. */
  sounds: { sound: string; end: number }[];
}

/** @throws Error when flite is not installed or cannot speak the text */
export async function synthesise(text: string, voice: string): Promise<Synthesised> {
  const folder = await mkdtemp(path.join(tmpdir(), "flite-"));
  try {
    const file = path.join(folder, "speech.wav");
    const { stdout } = await run("flite", ["-voice", voice, "-psdur", "-t", text, "-o", file]);
    const sounds = stdout
      .trim()
      .split(/\s+/u)
      .map((pair) => {
        const [sound = "", end] = pair.split(":");
        return { sound, end: Number(end) };
      });
    return { samples: await samplesOf(file), sounds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Speech by Debian's `flite`, whose voices are made from recordings of people, with the time of each sound. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

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
    return { samples: await waveOf(file), sounds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Flite writes 16-bit samples after a header of 44 bytes; all these voices have 16 kHz. */
async function waveOf(file: string): Promise<Float32Array> {
  const bytes = await readFile(file);
  return Float32Array.from(
    { length: (bytes.length - 44) / 2 },
    (_, i) => bytes.readInt16LE(44 + 2 * i) / 32_768,
  );
}

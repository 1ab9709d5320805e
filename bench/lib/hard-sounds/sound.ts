/** Sounds as samples: mono, 16 kHz, -1 to 1, and what is done to them. */
import { spawn } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { SAMPLE_RATE_HZ } from "../../../server/src/speech/recogniser.ts";

export type Sound = Float32Array;

const RAW = ["-ac", "1", "-ar", String(SAMPLE_RATE_HZ), "-f", "f32le"];

/** Sends a sound through a filter graph of FFmpeg, such as `lowpass=f=1200`. */
export async function filtered(sound: Sound, filter: string): Promise<Sound> {
  const child = spawn("ffmpeg", ["-v", "error", ...RAW, "-i", "-", "-af", filter, ...RAW, "-"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(new Uint8Array(sound.buffer, sound.byteOffset, sound.byteLength));
  return floatsOf(await buffer(child.stdout));
}

function floatsOf(bytes: Buffer): Sound {
  return new Float32Array(new Uint8Array(bytes).buffer, 0, Math.floor(bytes.length / 4));
}

export function silence(seconds: number): Sound {
  return new Float32Array(Math.round(seconds * SAMPLE_RATE_HZ));
}

/** A sound given by its value at each second. */
export function made(seconds: number, at: (second: number) => number): Sound {
  return silence(seconds).map((_, i) => at(i / SAMPLE_RATE_HZ));
}

/** Numbers from -1 to 1, the same ones for the same seed (Park and Miller 1988). */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647) * 2 - 1;
  };
}

/** Pink noise by three poles (Paul Kellet's economy filter), within 0.5 dB of 3 dB an octave. */
export function pinkNoise(seconds: number, seed = 1): Sound {
  const next = dice(seed);
  let [b0, b1, b2] = [0, 0, 0];
  return silence(seconds).map(() => {
    const white = next();
    b0 = 0.997_65 * b0 + white * 0.099_046;
    b1 = 0.963 * b1 + white * 0.296_516_4;
    b2 = 0.57 * b2 + white * 1.052_691_3;
    return (b0 + b1 + b2 + white * 0.1848) / 8;
  });
}

export function whiteNoise(seconds: number, seed = 1): Sound {
  const next = dice(seed);
  return silence(seconds).map(() => next() * 0.5);
}

export function reversed(sound: Sound): Sound {
  return sound.toReversed();
}

export function joined(...sounds: Sound[]): Sound {
  const whole = new Float32Array(sounds.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const sound of sounds) {
    whole.set(sound, at);
    at += sound.length;
  }
  return whole;
}

/** As long as a sound of so many samples, begun anew where it ends. */
export function looped(sound: Sound, samples: number): Sound {
  return new Float32Array(samples).map((_, i) => sound[i % sound.length] ?? 0);
}

/** The sum of sounds, as long as the first. */
export function mixed(first: Sound, ...others: Sound[]): Sound {
  return first.map((value, i) => others.reduce((sum, other) => sum + (other[i] ?? 0), value));
}

/** Root mean square in dBFS of what sounds: frames of 20 ms within 30 dB of the loudest, so that pauses do not count. */
function levelDb(sound: Sound): number {
  const frame = SAMPLE_RATE_HZ / 50;
  const powers: number[] = [];
  for (let at = 0; at + frame <= sound.length; at += frame) {
    powers.push(sound.subarray(at, at + frame).reduce((sum, value) => sum + value * value, 0) / frame);
  }
  const loudest = Math.max(1e-12, ...powers);
  const sounding = powers.filter((power) => power >= loudest / 1000);
  return (
    10 * Math.log10(sounding.reduce((sum, power) => sum + power, 0) / Math.max(1, sounding.length) + 1e-12)
  );
}

export function louder(sound: Sound, db: number): Sound {
  const factor = 10 ** (db / 20);
  return sound.map((value) => value * factor);
}

/** Brought to a level by {@link levelDb}. */
export function atLevel(sound: Sound, db: number): Sound {
  return louder(sound, db - levelDb(sound));
}

/** With a noise so many decibels below it. */
export function withNoise(sound: Sound, noise: Sound, ratioDb: number): Sound {
  return mixed(sound, atLevel(looped(noise, sound.length), levelDb(sound) - ratioDb));
}

/** As a 16-bit recorder writes it: what is too loud is clipped. */
export function recorded(sound: Sound): Int16Array {
  return Int16Array.from(sound, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_768))));
}

/** Turns one track of a recording into a spool of samples on disk, and measures it on the way. */

import { open, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { LIMITS } from "../config/limits.ts";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import type { Spool } from "../speech/recogniser.ts";
import { BYTES_PER_SAMPLE, decodeArguments, spoolChannels } from "./arguments.ts";
import { runTool, UndecodableError } from "./ffmpeg.ts";
import type { RawFormat } from "./formats.ts";
import { LevelMeter } from "./level-meter.ts";
import type { Levels } from "./levels.ts";
import { NOT_MEDIA } from "./probe.ts";
import type { AudioTrack, Probe } from "./probe.ts";

/** The recording goes on past the longest that is taken. */
export class RecordingTooLongError extends Error {
  override name = "RecordingTooLongError";

  constructor(secondsMax: number) {
    super(
      `This recording is longer than ${secondsMax} seconds, the longest that is transcribed. Split it into parts.`,
    );
  }
}

/** The decoded audio could not be written: a full disk, most often. Worth another try later. */
export class SpoolError extends Error {
  override name = "SpoolError";

  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `The decoded audio could not be written to ${path}: ${reason}. An hour needs up to 230 MB of room.`,
      { cause },
    );
  }
}

export interface Decoded {
  spool: Spool;
  levels: Levels;
}

export interface DecodeOptions {
  /** Written over if it is there; gone again if this fails. */
  spoolPath: string;
  /** Longest recording that is taken, in seconds that come out, whatever its header says. */
  secondsMax: number;
  signal: AbortSignal;
  /** Told the seconds that have come out, as they do. */
  onSeconds?: (seconds: number) => void;
}

/**
 * Decodes to 16 kHz: two channels stay two, any other number becomes the mean of all. Memory is flat: FFmpeg waits
 * while the disk writes. Pauses that the container leaves out are filled with silence, so that times are those of the
 * recording. A damaged file gives what is there.
 *
 * @throws {@link UndecodableError} when not one sample comes out; {@link RecordingTooLongError}; {@link SpoolError};
 *   FfmpegFailedError when FFmpeg crashed or met a bound, for then part of the recording may be missing; the signal's
 *   reason
 */
export async function decode(
  path: string,
  probe: Probe,
  track: AudioTrack,
  options: DecodeOptions,
): Promise<Decoded> {
  const file = await open(options.spoolPath, "w", 0o600).catch((error: unknown) => {
    throw new SpoolError(options.spoolPath, error);
  });
  try {
    const decoded = await pour(decodeArguments(path, formatOf(probe, track), track), track, file, options);
    await file.close();
    return decoded;
  } catch (error) {
    await file.close();
    await rm(options.spoolPath, { force: true });
    throw error;
  }
}

function formatOf(probe: Probe, track: AudioTrack): RawFormat | null {
  return probe.demuxer === null ? null : { demuxer: probe.demuxer, sampleRateHz: track.sampleRateHz };
}

/** Runs FFmpeg's output through the meter into the file, after the silence of a track that begins late. */
async function pour(
  args: string[],
  track: AudioTrack,
  file: FileHandle,
  options: DecodeOptions,
): Promise<Decoded> {
  const { secondsMax, spoolPath, signal } = options;
  const channels = spoolChannels(track);
  const frameBytes = channels * BYTES_PER_SAMPLE;
  const meter = new LevelMeter(channels);
  let samples = 0;
  let rest: Buffer = Buffer.alloc(0);
  const append = async (frames: Buffer) => {
    samples += frames.length / frameBytes;
    if (samples > secondsMax * SAMPLE_RATE_HZ) throw new RecordingTooLongError(secondsMax);
    meter.add(new Int16Array(frames.buffer, frames.byteOffset, frames.length / BYTES_PER_SAMPLE));
    await write(file, frames, spoolPath);
  };
  const take = async (chunk: Buffer) => {
    const { whole, remainder } = wholeFrames(rest, chunk, frameBytes);
    rest = remainder;
    if (samples === 0) for (const silence of silences(track.startSeconds, frameBytes)) await append(silence);
    await append(whole);
    options.onSeconds?.(samples / SAMPLE_RATE_HZ);
    return false;
  };
  const { decodeQuietMs: quietMs, decodeCpuSecondsMin } = LIMITS.media;
  const cpuSeconds = Math.ceil(decodeCpuSecondsMin + secondsMax / 10);
  await runTool({ tool: "ffmpeg", args, signal, quietMs, cpuSeconds, take });
  if (samples === 0) throw new UndecodableError(NOT_MEDIA);
  return { spool: { path: spoolPath, channels, samples }, levels: meter.levels() };
}

/** Silence in pieces of at most a second; none where the start is so late that it must be a damaged timestamp. */
function* silences(seconds: number, frameBytes: number): Generator<Buffer> {
  const wanted = seconds <= LIMITS.media.gapSecondsMax ? Math.round(seconds * SAMPLE_RATE_HZ) : 0;
  for (let left = wanted; left > 0; left -= SAMPLE_RATE_HZ) {
    yield Buffer.alloc(Math.min(left, SAMPLE_RATE_HZ) * frameBytes);
  }
}

/** Cuts a byte stream at sample frames, in memory that 16-bit samples can be read from: at an even offset. */
function wholeFrames(rest: Buffer, chunk: Buffer, frameBytes: number): { whole: Buffer; remainder: Buffer } {
  const joined = rest.length > 0 || chunk.byteOffset % 2 === 1 ? Buffer.concat([rest, chunk]) : chunk;
  const end = joined.length - (joined.length % frameBytes);
  return { whole: joined.subarray(0, end), remainder: Buffer.from(joined.subarray(end)) };
}

async function write(file: FileHandle, bytes: Buffer, path: string): Promise<void> {
  try {
    await file.writeFile(bytes);
  } catch (error) {
    throw new SpoolError(path, error);
  }
}

/** Says what an uploaded file is: whether sound comes out of it, on which tracks, and for how long. */

import { open, stat } from "node:fs/promises";
import { LIMITS } from "../config/limits.ts";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { BYTES_PER_SAMPLE, countArguments, decodeArguments, spoolChannels } from "./arguments.ts";
import { FfmpegFailedError, inputArguments, readTool, runTool, UndecodableError } from "./ffmpeg.ts";
import { rawFormatOf } from "./formats.ts";
import type { RawFormat } from "./formats.ts";
import { parseReport } from "./report.ts";
import type { AudioTrack, Report } from "./report.ts";

export { UndecodableError } from "./ffmpeg.ts";
export type { AudioTrack } from "./report.ts";

/** The API's sentence (api.md, section 6). */
export const NOT_MEDIA = "This file is not audio or video that can be decoded.";
const NO_AUDIO = "This file has no audio track.";

/** What a file was found to be; plain JSON. */
export interface Probe {
  container: string;
  /** Forced, for headerless formats; else null. */
  demuxer: string | null;
  /** Time to the end of the last packet there is, pauses included; the header's word only where counting took too long. */
  durationSeconds: number;
  /** Tracks that samples came out of, in the file's order. At least one. */
  tracks: AudioTrack[];
}

/**
 * Finds out by trying: each track counts only once a sample has come out of it, since neither header nor exit code
 * proves anything. Content decides; only where it says nothing, the name's extension may mean a headerless format.
 *
 * Takes some 0.3 s, and 0.1 to 0.4 s more for each hour of audio (counting packets).
 *
 * @param options.filename the name as uploaded; looked up, never opened
 * @throws {@link UndecodableError} with the API's sentence; FfmpegMissingError; the signal's reason
 */
export async function probe(
  path: string,
  options: { filename: string; signal: AbortSignal },
): Promise<Probe> {
  const { signal } = options;
  const sizeBytes = (await stat(path)).size;
  if (sizeBytes === 0) throw new UndecodableError(NOT_MEDIA);
  const { report, format } = await identify(path, options);
  const source = { path, format, signal };
  const tracks = await provenTracks(source, report.tracks.slice(0, LIMITS.media.tracksMax));
  const [first] = tracks;
  if (!first) throw new UndecodableError(NOT_MEDIA);
  const durationSeconds = await measureDuration(
    source,
    [first, ...tracks.slice(1)],
    report.durationSeconds,
    sizeBytes,
  );
  return { container: report.container, demuxer: format?.demuxer ?? null, durationSeconds, tracks };
}

interface Source {
  path: string;
  format: RawFormat | null;
  signal: AbortSignal;
}

interface Identity {
  report: Report;
  format: RawFormat | null;
}

/**
 * FFmpeg's AVPROBE_SCORE_RETRY: at or below it a format is a guess. A-law bytes can look like a frame or two of MP3.
 */
const GUESS_SCORE_MAX = 25;

async function identify(path: string, options: { filename: string; signal: AbortSignal }): Promise<Identity> {
  const { filename, signal } = options;
  const report = await inspect({ path, format: null, signal });
  const format = rawFormatOf(filename);
  if (format && isGuess(report) && !(await isText(path))) {
    const forced = await inspect({ path, format, signal });
    if (forced !== null && forced !== "refused") return { report: forced, format };
  }
  if (report === null || report === "refused") throw new UndecodableError(NOT_MEDIA);
  if (report.tracks.length === 0) throw new UndecodableError(report.hasVideo ? NO_AUDIO : NOT_MEDIA);
  return { report, format: null };
}

/** A format that must not be opened has no score: FFmpeg may have gone by the path's extension alone. */
function isGuess(report: Report | "refused" | null): boolean {
  return report === null || report === "refused" || report.score <= GUESS_SCORE_MAX;
}

const ENTRIES =
  "format=format_name,duration,start_time,probe_score:stream=index,codec_type,codec_name,channels,sample_rate,start_time:stream_tags=language";

/** What ffprobe makes of a file: null where it cannot tell, `refused` where it is a format that must not be opened. */
async function inspect(source: Source): Promise<Report | "refused" | null> {
  const { probeMs, probeCpuSeconds, reportBytesMax } = LIMITS.media;
  const args = [
    ...inputArguments(source.path, source.format),
    "-print_format",
    "json",
    "-show_entries",
    ENTRIES,
  ];
  const run = { args, signal: source.signal, quietMs: probeMs, cpuSeconds: probeCpuSeconds };
  const end = await settle(readTool({ tool: "ffprobe", ...run }, reportBytesMax));
  if (end?.stderr.includes("not on whitelist")) return "refused";
  return end && parseReport(end.output);
}

/** A tool that this file crashed, hung or drove past its bounds has told what there is to know: it cannot be decoded. */
async function settle<T>(run: Promise<T>): Promise<T | null> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof FfmpegFailedError) return null;
    throw error;
  }
}

/** Every byte sequence is some A-law; text never is the one that was meant. */
async function isText(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1024), 0, 1024, 0);
    // Tab to carriage return, and everything printable in ASCII.
    return buffer
      .subarray(0, bytesRead)
      .every((byte) => (byte >= 9 && byte <= 13) || (byte >= 32 && byte < 127));
  } finally {
    await file.close();
  }
}

async function provenTracks(source: Source, tracks: AudioTrack[]): Promise<AudioTrack[]> {
  const proven: AudioTrack[] = [];
  for (const track of tracks) {
    if (await yieldsSamples(source, track)) proven.push(track);
  }
  return proven;
}

/** Decodes until the first samples arrive. */
async function yieldsSamples(source: Source, track: AudioTrack): Promise<boolean> {
  const { bytes } = await decodeUntil(source, track, isSample);
  return isSample(bytes);
}

function isSample(bytes: number): boolean {
  return bytes >= BYTES_PER_SAMPLE;
}

/** A header that is this close to what was counted is right, and finer: counting can miss the last packet's length. */
const AGREEMENT_SECONDS = 0.5;

/**
 * The container's own duration is believed where its packets bear it out: a cut file still claims the whole, a stream of
 * unknown length claims nothing or four gigabytes, and the bit rate that an MP3's length is guessed from is its first
 * frame's. Counting packets reads the file once and decodes nothing. Where the two differ, decoding settles it, as far
 * as it comes in short time; damaged FLAC held five times what its packets said.
 */
async function measureDuration(
  source: Source,
  tracks: [AudioTrack, ...AudioTrack[]],
  claimedSeconds: number,
  sizeBytes: number,
): Promise<number> {
  const secondsMax = (sizeBytes * 8) / LIMITS.media.bitsPerSecondMin;
  const claimed = claimedSeconds <= secondsMax ? claimedSeconds : 0;
  const counted = await countSeconds(source, tracks);
  if (counted.complete && Math.abs(claimed - counted.seconds) <= AGREEMENT_SECONDS && claimed > 0)
    return claimed;
  const decoded = await verifySeconds(source, tracks[0]);
  if (decoded.complete) return decoded.seconds;
  const believed = counted.complete && counted.seconds <= secondsMax ? counted.seconds : claimed;
  return Math.max(believed, decoded.seconds);
}

interface Counted {
  seconds: number;
  /** False where time ran out, or FFmpeg did not come to the end. */
  complete: boolean;
}

/** Time to the last packet's end, as far as it was reached in the time given to counting. */
async function countSeconds(source: Source, tracks: AudioTrack[]): Promise<Counted> {
  const { countMs, probeCpuSeconds } = LIMITS.media;
  const args = countArguments(
    source.path,
    source.format,
    tracks.map((track) => track.index),
  );
  const started = performance.now();
  let seconds = 0;
  let complete = false;
  let recent = "";
  const take = (chunk: Buffer) => {
    // A report of progress is some 200 characters, in which these two come last.
    recent = (recent + chunk.toString("latin1")).slice(-400);
    for (const [, us] of recent.matchAll(/out_time_us=(\d+)\n/gu)) seconds = Number(us) / 1e6;
    complete = recent.includes("progress=end");
    return performance.now() - started > countMs;
  };
  const run = { args, signal: source.signal, quietMs: countMs, cpuSeconds: probeCpuSeconds, take };
  await settle(runTool({ tool: "ffmpeg", ...run }));
  return { seconds, complete };
}

/** Seconds that come out in the time given to verifying, and whether those were all. */
async function verifySeconds(source: Source, track: AudioTrack): Promise<Counted> {
  const started = performance.now();
  const { bytes, complete } = await decodeUntil(
    source,
    track,
    () => performance.now() - started > LIMITS.media.verifyMs,
  );
  return { seconds: bytes / (BYTES_PER_SAMPLE * spoolChannels(track) * SAMPLE_RATE_HZ), complete };
}

/** Decodes and counts until told to stop. */
async function decodeUntil(
  source: Source,
  track: AudioTrack,
  isEnough: (bytes: number) => boolean,
): Promise<{ bytes: number; complete: boolean }> {
  const { probeMs, probeCpuSeconds } = LIMITS.media;
  const args = decodeArguments(source.path, source.format, track);
  let bytes = 0;
  let stopped = false;
  const take = (chunk: Buffer) => {
    bytes += chunk.length;
    stopped = isEnough(bytes);
    return stopped;
  };
  const run = { args, signal: source.signal, quietMs: probeMs, cpuSeconds: probeCpuSeconds, take };
  const end = await settle(runTool({ tool: "ffmpeg", ...run }));
  return { bytes, complete: end !== null && !stopped };
}

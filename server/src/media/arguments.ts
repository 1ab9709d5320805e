/** How FFmpeg is told to make a track into samples for the pipeline: the same to prove a track and to decode it. */

import { LIMITS } from "../config/limits.ts";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import { inputArguments } from "./ffmpeg.ts";
import type { RawFormat } from "./formats.ts";

export const BYTES_PER_SAMPLE = 2;

/** Two channels stay two, for they may be two parties; any other number becomes one. */
export function spoolChannels(track: { channels: number }): 1 | 2 {
  return track.channels === 2 ? 2 : 1;
}

/**
 * Decodes one audio track, and nothing else of the file, to stdout: 16 kHz, s16le, {@link spoolChannels} interleaved.
 */
export function decodeArguments(
  path: string,
  format: RawFormat | null,
  track: { index: number; channels: number },
): string[] {
  return [
    ["-nostdin", ...inputArguments(path, format)],
    ["-map", `0:${track.index}`, "-vn", "-sn", "-dn", "-map_metadata", "-1"],
    ["-filter_threads", "1", "-af", filters(track.channels), "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"],
  ].flat();
}

/** Copies the tracks' packets nowhere and reports the time reached, without decoding. */
export function countArguments(path: string, format: RawFormat | null, trackIndexes: number[]): string[] {
  return [
    ["-nostdin", ...inputArguments(path, format)],
    trackIndexes.flatMap((index) => ["-map", `0:${index}`]),
    ["-c", "copy", "-progress", "pipe:1", "-f", "null", "-"],
  ].flat();
}

/**
 * Integer samples come first: one NaN in a float recording would turn all that follows it into noise in the resampler,
 * and as an integer it is one click.
 */
function filters(channels: number): string {
  const layout = channels === 2 ? "stereo" : "mono";
  return [
    `asetpts='${steadyTime()}'`,
    "aformat=sample_fmts=s32p",
    ...(channels > 2 ? [meanOf(channels)] : []),
    `aresample=${SAMPLE_RATE_HZ}:async=1`,
    `aformat=sample_fmts=s16:channel_layouts=${layout}`,
  ].join(",");
}

/** FFmpeg's own downmix drops channels whose place it does not know; here the one voice of eight channels is kept. */
function meanOf(channels: number): string {
  const share = (1 / channels).toFixed(6);
  return `pan=mono|c0=${Array.from({ length: channels }, (_, c) => `${share}*c${c}`).join("+")}`;
}

/**
 * Timestamps as `aresample=async=1` may see them. That filter puts silence where packets are missing (pauses that a
 * recorder left out, damaged stretches), so that words keep their place in the recording; but it also throws away
 * samples whose timestamps run back: alone it kept 0.1 s of a damaged AVI that holds 2.0 s. So time never runs back
 * here, and a jump that cannot be a pause is taken out for good.
 *
 * FFmpeg builds these filters anew where the rate or the channels change in mid-stream, and all is forgotten. Hence no
 * `first_pts=0`, which would put the whole time until then as silence before the rest; the decoder adds a late start.
 *
 * Registers: 0 the end of the last frame, 1 this frame's start, 2 jumps taken out until now, 3 the start as given.
 */
function steadyTime(): string {
  const given = "st(3,if(isnan(PTS),ld(0),PTS-ld(2)))";
  const jump = "(ld(3)-ld(0))*TB";
  const isBroken = `gt(${jump},${LIMITS.media.gapSecondsMax})+lt(${jump},-1)`;
  const takeOut = `if(${isBroken},st(2,ld(2)+ld(3)-ld(0));st(3,ld(0)))`;
  return `${given};${takeOut};st(1,max(ld(3),ld(0)));st(0,ld(1)+NB_SAMPLES/(SR*TB));ld(1)`;
}

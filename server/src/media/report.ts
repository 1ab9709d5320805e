/** Reads ffprobe's JSON, which an uploader's file shaped: every field is checked, none trusted. */

export interface AudioTrack {
  /** Stream index in the container. */
  index: number;
  codec: string;
  channels: number;
  sampleRateHz: number;
  /** As the container says it, mostly ISO 639-2; null where it does not. */
  language: string | null;
  /** When its sound begins, after the beginning of the recording. */
  startSeconds: number;
}

export interface Report {
  container: string;
  /** How sure FFmpeg is of the format, 0 to 100. */
  score: number;
  /** What the header claims; 0 where it claims nothing. */
  durationSeconds: number;
  hasVideo: boolean;
  tracks: AudioTrack[];
}

/** @returns null where there is no format or no stream in it */
export function parseReport(json: string): Report | null {
  const report = object(tryParse(json));
  const format = object(report["format"]);
  const streams = Array.isArray(report["streams"]) ? report["streams"].map(object) : [];
  const container = text(format["format_name"]);
  if (container === null || streams.length === 0) return null;
  return {
    container,
    score: number(format["probe_score"]),
    durationSeconds: number(format["duration"]),
    hasVideo: streams.some((stream) => stream["codec_type"] === "video"),
    tracks: streams
      .filter((stream) => stream["codec_type"] === "audio")
      .map((stream) => audioTrack(stream, number(format["start_time"]))),
  };
}

function audioTrack(stream: Record<string, unknown>, originSeconds: number): AudioTrack {
  return {
    index: number(stream["index"]),
    codec: text(stream["codec_name"]) ?? "unknown",
    channels: number(stream["channels"]),
    sampleRateHz: number(stream["sample_rate"]),
    language: languageTag(object(stream["tags"])["language"]),
    startSeconds: Math.max(0, number(stream["start_time"]) - originSeconds),
  };
}

/** A language code, or null for anything else, `und` (undetermined) included. */
function languageTag(value: unknown): string | null {
  const tag = text(value)?.toLowerCase() ?? "";
  return /^[a-z]{2,3}(-[a-z0-9]{2,8})*$/u.test(tag) && tag !== "und" ? tag : null;
}

function tryParse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // A tag that is not UTF-8, or an answer cut short: nothing that can be used.
    return null;
  }
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** A finite, non-negative number, also from the strings that ffprobe writes numbers in; else 0. */
function number(value: unknown): number {
  const parsed = typeof value === "string" || typeof value === "number" ? Number(value) : 0;
  return Number.isFinite(parsed) && parsed > 0 ? parsed : 0;
}

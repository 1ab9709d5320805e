import { copyFile, mkdir, readFile, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ffmpeg, longSilence, scratchFolder, tone, wavHeader } from "../../test/media-files.ts";
import { decode } from "./decode.ts";
import { probe, UndecodableError } from "./probe.ts";
import type { Probe } from "./probe.ts";

const NOT_MEDIA = "This file is not audio or video that can be decoded.";
const NO_AUDIO = "This file has no audio track.";
const { signal } = new AbortController();

/** Files are stored under names without an extension, as blobs are. */
async function made(args: string[], format: string): Promise<string> {
  const path = join(await scratchFolder(), "blob");
  await ffmpeg(...args, "-f", format, path);
  return path;
}

async function stored(bytes: string | Uint8Array): Promise<string> {
  const path = join(await scratchFolder(), "blob");
  await writeFile(path, bytes);
  return path;
}

/** What a file is found to be, and the seconds that come out of its first track. */
async function heard(path: string, filename: string): Promise<{ found: Probe; seconds: number }> {
  const found = await probe(path, { filename, signal });
  const [track] = found.tracks;
  if (!track) throw new Error("A probe has a track.");
  const spoolPath = join(await scratchFolder(), "spool");
  const { spool } = await decode(path, found, track, { spoolPath, secondsMax: 60, signal });
  return { found, seconds: spool.samples / 16_000 };
}

/** Bytes without any pattern, the same each time. */
function noise(length: number): Buffer {
  let state = 1;
  return Buffer.from(Array.from({ length }, () => (state = (state * 48_271) % 2_147_483_647) >> 8));
}

const video = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=2"];

describe("what everyday recorders and editors write", () => {
  test.each<[string, string, string[]]>([
    ["wav", "wav", ["-c:a", "pcm_s16le"]],
    ["wav, 8 kHz µ-law", "wav", ["-ar", "8000", "-c:a", "pcm_mulaw"]],
    ["wav, 192 kHz 24 bit", "wav", ["-ar", "192000", "-c:a", "pcm_s24le"]],
    ["wav, 32-bit float", "wav", ["-c:a", "pcm_f32le"]],
    ["wav, 8 channels", "wav", ["-ac", "8", "-c:a", "pcm_s16le"]],
    ["mp3", "mp3", []],
    ["m4a", "ipod", ["-c:a", "aac"]],
    ["flac", "flac", []],
    ["ogg vorbis", "ogg", ["-c:a", "libvorbis"]],
    ["opus", "opus", []],
    ["aac", "adts", []],
    ["aiff", "aiff", []],
    ["wma", "asf", ["-c:a", "wmav2"]],
    ["mp4 with video", "mp4", [...video, "-c:v", "mpeg4", "-c:a", "aac"]],
    ["mov with video", "mov", [...video, "-c:v", "mpeg4", "-c:a", "pcm_s16be"]],
    ["mkv with video", "matroska", [...video, "-c:v", "mpeg4", "-c:a", "libopus"]],
    ["webm with video", "webm", [...video, "-c:v", "libvpx", "-c:a", "libopus"]],
    ["mpeg-ts with video", "mpegts", [...video, "-c:v", "mpeg2video", "-c:a", "aac"]],
    ["avi with video", "avi", [...video, "-c:v", "mpeg4", "-c:a", "mp3"]],
    ["caf", "caf", []],
    ["wavpack", "wv", []],
  ])("%s", async (_name, format, args) => {
    const path = await made([...tone(2), ...args], format);
    const { found, seconds } = await heard(path, "recording.mp3");
    expect(found.tracks).toHaveLength(1);
    expect(found.durationSeconds).toBeGreaterThan(1.9);
    expect(found.durationSeconds).toBeLessThan(2.2);
    expect(seconds).toBeGreaterThan(1.9);
    expect(seconds).toBeLessThan(2.2);
  });

  test("amr", async () => {
    // A frame of 12.2 kbit/s: its header, 244 bits of anything; 50 in a second.
    const frame = Buffer.alloc(32, 0x5a).fill(0x3c, 0, 1);
    const path = await stored(
      Buffer.concat([Buffer.from("#!AMR\n"), ...Array.from({ length: 100 }, () => frame)]),
    );
    const { found, seconds } = await heard(path, "memo.amr");
    expect(found.durationSeconds).toBeCloseTo(2, 0);
    expect(seconds).toBeCloseTo(2, 0);
  });

  test("every audio track is listed with its language", async () => {
    const maps = ["-map", "0:v", "-map", "1:a", "-map", "2:a"];
    const languages = ["-metadata:s:a:0", "language=cze", "-metadata:s:a:1", "language=eng"];
    const path = await made([...video, ...tone(2), ...tone(2, 300), ...maps, ...languages], "matroska");
    const { tracks } = await probe(path, { filename: "x.mkv", signal });
    expect(tracks.map(({ index, language }) => ({ index, language }))).toEqual([
      { index: 1, language: "cze" },
      { index: 2, language: "eng" },
    ]);
  });

  test("a cover is not a video, and a song with a cover is a song", async () => {
    const cover = await made(["-f", "lavfi", "-i", "color=red:size=32x32", "-frames:v", "1"], "image2");
    const args = [...tone(2), "-i", cover, "-map", "0", "-map", "1", "-c:v", "mjpeg"];
    const path = await made([...args, "-disposition:v", "attached_pic", "-id3v2_version", "3"], "mp3");
    const found = await probe(path, { filename: "song.mp3", signal });
    expect(found.tracks.map(({ codec }) => codec)).toEqual(["mp3"]);
    expect(found.durationSeconds).toBeCloseTo(2, 0);
  });

  test("chained Ogg is one recording", async () => {
    const [first, second] = [await made(tone(2), "opus"), await made([...tone(3), "-ac", "2"], "opus")];
    const path = await stored(Buffer.concat([await readFile(first), await readFile(second)]));
    const { found, seconds } = await heard(path, "x.ogg");
    expect(found.durationSeconds).toBeCloseTo(5, 0);
    expect(seconds).toBeCloseTo(5, 1);
  });
});

describe("what the file says of its length is checked", () => {
  test.each([0, 0xffff_ffff, 320_000_000])("a WAV of 3 s that claims %i bytes", async (claimedBytes) => {
    const samples = Buffer.alloc(96_000, 1);
    const path = await stored(Buffer.concat([wavHeader(16_000, 1, claimedBytes), samples]));
    const { found, seconds } = await heard(path, "x.wav");
    expect(found.durationSeconds).toBeCloseTo(3, 1);
    expect(seconds).toBeCloseTo(3, 1);
  });

  test.each([
    ["an MP4 with its index in front", "mp4", ["-c:a", "aac", "-movflags", "faststart"]],
    ["a WebM", "webm", ["-c:a", "libopus"]],
    ["a FLAC", "flac", []],
    ["an MP3", "mp3", []],
  ])("%s cut in the middle gives what is there", async (_name, format, args) => {
    const path = await made([...tone(20), ...args], format);
    await truncate(path, Math.floor((await readFile(path)).length / 2));
    const { found, seconds } = await heard(path, "x");
    expect(seconds).toBeGreaterThan(5);
    expect(seconds).toBeLessThan(15);
    expect(found.durationSeconds).toBeCloseTo(seconds, 0);
  });

  test("ten hours are counted, not decoded", async () => {
    const path = join(await scratchFolder(), "blob");
    await longSilence(path, 36_000);
    expect((await probe(path, { filename: "x.wav", signal })).durationSeconds).toBeCloseTo(36_000, 0);
  });
});

describe("headerless formats", () => {
  test.each([
    ["call.alaw", "alaw", ["-ar", "8000"]],
    ["CALL.ULAW", "mulaw", ["-ar", "8000"]],
    ["call.g722", "g722", ["-ar", "16000"]],
    ["call.sln", "s16le", ["-ar", "8000"]],
    ["../../naïve 漢字.sln16", "s16le", ["-ar", "16000"]],
  ])("%s is known by its name", async (filename, format, args) => {
    const path = await made([...tone(2), "-ac", "1", ...args], format);
    const { found, seconds } = await heard(path, filename);
    expect(found.demuxer).toBe(format);
    expect(found.durationSeconds).toBeCloseTo(2, 1);
    expect(seconds).toBeCloseTo(2, 1);
    await expect(probe(path, { filename: "call", signal })).rejects.toThrow(NOT_MEDIA);
  });

  test("FFmpeg's own guess by the path, which may not be opened, is only a guess", async () => {
    const path = join(await scratchFolder(), "call.g722");
    await copyFile(await made([...tone(2), "-ac", "1", "-ar", "16000"], "g722"), path);
    expect(await probe(path, { filename: "call.g722", signal })).toMatchObject({ demuxer: "g722" });
  });

  test("the content is believed before the name", async () => {
    const path = await made(tone(2), "wav");
    const found = await probe(path, { filename: "x.alaw", signal });
    expect(found).toMatchObject({ container: "wav", demuxer: null });
  });

  test("text is not a call because its name says so", async () => {
    const path = await stored("<!doctype html><title>502 Bad Gateway</title>\n".repeat(50));
    await expect(probe(path, { filename: "call.ulaw", signal })).rejects.toThrow(NOT_MEDIA);
  });
});

describe("what is refused", () => {
  test.each<[string, string | Uint8Array]>([
    ["nothing", ""],
    ["text", "Hello, this is a letter.\n".repeat(20)],
    ["a page", "<!doctype html><html><body>Not found</body></html>"],
    ["JSON", '{"detail": "Not found."}'],
    ["a ZIP", Buffer.concat([Buffer.from("PK\u0005\u0006"), Buffer.alloc(18)])],
    ["zeros", Buffer.alloc(65_536)],
    ["the noise of a cipher", noise(65_536)],
    ["a header without samples", wavHeader(16_000, 1, 0)],
    ["a tag without frames", Buffer.from("ID3\u0004\0\0\0\0\0\0")],
  ])("%s", async (_name, bytes) => {
    for (const filename of ["x.mp3", "x.wav"]) {
      const refusal = probe(await stored(bytes), { filename, signal });
      await expect(refusal).rejects.toThrow(new UndecodableError(NOT_MEDIA));
    }
  });

  test("a picture", async () => {
    const path = await made(["-f", "lavfi", "-i", "color=red:size=32x32", "-frames:v", "1"], "apng");
    await expect(probe(path, { filename: "x.mp3", signal })).rejects.toThrow(new UndecodableError(NOT_MEDIA));
  });

  test("a video without sound, by its own sentence", async () => {
    const path = await made([...video, "-c:v", "mpeg4"], "mp4");
    await expect(probe(path, { filename: "x.mp4", signal })).rejects.toThrow(new UndecodableError(NO_AUDIO));
  });

  test("nothing, when the caller has gone", async () => {
    const path = await made(tone(2), "wav");
    const gone = AbortSignal.abort(new Error("The client went away."));
    await expect(probe(path, { filename: "x.wav", signal: gone })).rejects.toThrow("The client went away.");
  });
});

test("a path is only ever a path", async () => {
  const folder = join(await scratchFolder(), "http:", "%2e%2e", "-i #1 (copy) 漢字 %d");
  await mkdir(folder, { recursive: true });
  const path = join(folder, "concat:a|b");
  await symlink(await made(tone(2), "wav"), path);
  expect((await probe(path, { filename: "x", signal })).container).toBe("wav");
});

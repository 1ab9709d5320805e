import { mkdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ffmpeg, scratchFolder, tone, wavHeader } from "../../test/media-files.ts";
import { decode } from "./decode.ts";
import { probe, UndecodableError } from "./probe.ts";

const NOT_MEDIA = new UndecodableError("This file is not audio or video that can be decoded.");
const { signal } = new AbortController();

/** A listener that nobody should call. */
async function listener(): Promise<{ url: string; calls: () => number }> {
  let calls = 0;
  const server = createServer((socket) => {
    calls += 1;
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has an address.");
  return { url: `http://127.0.0.1:${address.port}/secret.wav`, calls: () => calls };
}

/** A real recording that nobody should read; reading it would change its access time. */
async function secret(): Promise<{ path: string; wasRead: () => Promise<boolean> }> {
  const path = join(await scratchFolder(), "secret.wav");
  await writeFile(path, Buffer.concat([wavHeader(16_000, 1, 96_000), Buffer.alloc(96_000, 1)]));
  const longAgo = new Date("2001-01-01");
  await utimes(path, longAgo, new Date());
  return { path, wasRead: async () => (await stat(path)).atime.getTime() !== longAgo.getTime() };
}

/** Playlists and scripts that FFmpeg would follow. */
function scripts(target: string): Record<string, string> {
  return {
    hls: `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${target}\n#EXT-X-ENDLIST\n`,
    hlsKey: `#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="${target}"\n#EXTINF:10,\n${target}\n#EXT-X-ENDLIST\n`,
    ffconcat: `ffconcat version 1.0\nfile '${target}'\n`,
    concat: `file '${target}'\nduration 10\n`,
    dash:
      '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT9S">' +
      '<Period><AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="9">' +
      `<BaseURL>${target}</BaseURL></Representation></AdaptationSet></Period></MPD>`,
    sdp: "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    asx: `<asx version="3.0"><entry><ref href="${target}"/></entry></asx>`,
    imf: `<?xml version="1.0"?><CompositionPlaylist><AssetMap>${target}</AssetMap></CompositionPlaylist>`,
  };
}

test.each(["track.mp3", "track.m3u8", "track.ulaw", "track"])(
  "a script called %s is refused, and what it names is neither read nor called",
  async (filename) => {
    const { url, calls } = await listener();
    const { path: secretPath, wasRead } = await secret();
    for (const target of [url, secretPath, `file://${secretPath}`]) {
      for (const script of Object.values(scripts(target))) {
        const path = join(await scratchFolder(), "blob");
        await writeFile(path, script);
        await expect(probe(path, { filename, signal })).rejects.toThrow(NOT_MEDIA);
      }
    }
    expect(calls()).toBe(0);
    expect(await wasRead()).toBe(false);
  },
);

test("decoding refuses a script by itself, whatever a probe said", async () => {
  const { url, calls } = await listener();
  const { path: secretPath, wasRead } = await secret();
  const track = {
    index: 0,
    codec: "mp3",
    channels: 1,
    sampleRateHz: 16_000,
    language: null,
    startSeconds: 0,
  };
  const lie = { container: "mp3", demuxer: null, durationSeconds: 10, tracks: [track] };
  for (const target of [url, secretPath]) {
    for (const script of Object.values(scripts(target))) {
      const folder = await scratchFolder();
      await writeFile(join(folder, "blob"), script);
      const options = { spoolPath: join(folder, "spool"), secondsMax: 60, signal };
      await expect(decode(join(folder, "blob"), lie, track, options)).rejects.toThrow(NOT_MEDIA);
      await expect(stat(options.spoolPath)).rejects.toThrow("ENOENT");
    }
  }
  expect(calls()).toBe(0);
  expect(await wasRead()).toBe(false);
});

test("a QuickTime movie whose samples stand in another file opens no other file", async () => {
  const folder = await scratchFolder();
  const movie = join(folder, "movie");
  await ffmpeg(...tone(2), "-c:a", "pcm_s16be", "-f", "mov", movie);
  await mkdir(join(folder, "uploads"));
  const { path: secretPath, wasRead } = await secret();
  const hostile = join(folder, "uploads", "blob");
  await writeFile(hostile, withReference(await readFile(movie), secretPath));
  // The file is a real threat: told to follow references, FFmpeg does.
  await ffmpeg("-enable_drefs", "1", "-use_absolute_path", "1", "-i", hostile, join(folder, "stolen.wav"));
  expect((await stat(join(folder, "stolen.wav"))).size).toBeGreaterThan(1_000);
  await utimes(secretPath, new Date("2001-01-01"), new Date());

  await expect(probe(hostile, { filename: "movie.mov", signal })).rejects.toThrow(NOT_MEDIA);
  expect(await wasRead()).toBe(false);
});

/** Puts an alias to a path in place of a movie's "the samples are in this file". The index comes last in the file. */
function withReference(movie: Buffer, target: string): Buffer {
  const ancestors = ["moov", "trak", "mdia", "minf", "dinf", "dref"].map((name) => movie.indexOf(name) - 4);
  const dref = ancestors.at(-1) ?? 0;
  const entry = dref + 16;
  const entryBytes = movie.readUInt32BE(entry);
  const alias = aliasBox(target);
  const grown = Buffer.concat([movie.subarray(0, entry), alias, movie.subarray(entry + entryBytes)]);
  for (const at of ancestors) grown.writeUInt32BE(movie.readUInt32BE(at) + alias.length - entryBytes, at);
  return grown;
}

/** Apple's alias record, as far as FFmpeg reads it: a tag of type 2 holds the absolute path, colons for slashes. */
function aliasBox(target: string): Buffer {
  const path = Buffer.from(target.replaceAll("/", ":"));
  const padded = Buffer.concat([path, Buffer.alloc(path.length % 2)]);
  const tag = Buffer.alloc(4);
  tag.writeUInt16BE(2, 0);
  tag.writeUInt16BE(path.length, 2);
  const end = Buffer.from([0xff, 0xff, 0, 0]);
  const fixed = Buffer.alloc(12 + 150);
  fixed.write("alis", 4, "latin1");
  const box = Buffer.concat([fixed, tag, padded, end]);
  box.writeUInt32BE(box.length, 0);
  return box;
}

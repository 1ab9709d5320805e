import { execFile, spawn } from "node:child_process";
import { readFile, readdir, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { ffmpeg, longSilence, scratchFolder, tone, wavHeader } from "../../test/media-files.ts";
import { decode, RecordingTooLongError, SpoolError } from "./decode.ts";
import type { Decoded, DecodeOptions } from "./decode.ts";
import { UndecodableError } from "./ffmpeg.ts";
import { listenTo, soundingDb } from "./levels.ts";
import { probe } from "./probe.ts";

const { signal } = new AbortController();
const isLinux = process.platform === "linux";

async function made(args: string[], format: string): Promise<string> {
  const path = join(await scratchFolder(), "blob");
  await ffmpeg(...args, "-f", format, path);
  return path;
}

async function decoded(path: string, options: Partial<DecodeOptions> = {}): Promise<Decoded> {
  const found = await probe(path, { filename: "x", signal });
  const [track] = found.tracks;
  if (!track) throw new Error("A probe has a track.");
  const spoolPath = join(await scratchFolder(), "spool");
  return decode(path, found, track, { spoolPath, secondsMax: 60, signal, ...options });
}

async function samplesOf({ spool }: Decoded): Promise<Int16Array> {
  const bytes = await readFile(spool.path);
  expect(bytes.length).toBe(spool.samples * spool.channels * 2);
  return new Int16Array(Uint8Array.from(bytes).buffer);
}

/** Loudest sample within a stretch, 0 to 32768. */
function peak(samples: Int16Array, fromSeconds: number, toSeconds: number): number {
  return samples
    .subarray(fromSeconds * 16_000, toSeconds * 16_000)
    .reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
}

describe("channels", () => {
  test("two stay two, each with its own sound", async () => {
    const merge = ["-filter_complex", "[0][1]amerge=inputs=2"];
    const result = await decoded(await made([...tone(2, 300), ...tone(2, 2_000), ...merge], "wav"));
    expect(result.spool.channels).toBe(2);
    const samples = await samplesOf(result);
    const crossings = [0, 1].map((channel) => {
      const side = samples.filter((_, i) => i % 2 === channel);
      return side.filter((value, i) => value >= 0 !== (side[i - 1] ?? 0) >= 0).length / 4;
    });
    expect(crossings[0]).toBeCloseTo(300, -1);
    expect(crossings[1]).toBeCloseTo(2_000, -1);
  });

  test.each([3, 6, 8, 16])("the only voice of %i channels is heard", async (channels) => {
    const silent = Array.from({ length: channels - 1 }, () => "0").join("|");
    const voice = `aevalsrc=exprs=${silent}|0.5*sin(2*PI*440*t):duration=2:sample_rate=16000`;
    const result = await decoded(await made(["-f", "lavfi", "-i", voice], "wav"));
    expect(result.spool.channels).toBe(1);
    expect(peak(await samplesOf(result), 0.5, 1.5)).toBeGreaterThan(16_384 / channels - 30);
  });
});

describe("time", () => {
  test("a pause that the recorder left out is silence of its length", async () => {
    const gap = ["-af", "aselect='not(between(t,2,5))'", "-c:a", "libopus"];
    const result = await decoded(await made([...tone(8), ...gap], "webm"));
    const samples = await samplesOf(result);
    expect(result.spool.samples / 16_000).toBeCloseTo(8, 0);
    expect(peak(samples, 0.5, 1.9)).toBeGreaterThan(1_000);
    expect(peak(samples, 2.2, 4.8)).toBeLessThan(200);
    expect(peak(samples, 5.2, 7.5)).toBeGreaterThan(1_000);
  });

  test("a track that begins after the picture keeps its place", async () => {
    const late = ["-itsoffset", "3", ...tone(2), "-c:v", "mpeg4", "-c:a", "aac"];
    const picture = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=10:duration=5"];
    const result = await decoded(await made([...picture, ...late], "matroska"));
    const samples = await samplesOf(result);
    expect(result.spool.samples / 16_000).toBeCloseTo(5, 0);
    expect(peak(samples, 0, 2.8)).toBe(0);
    expect(peak(samples, 3.2, 4.8)).toBeGreaterThan(1_000);
  });

  test("a timestamp that jumps a day ahead adds no day", async () => {
    const jump = ["-af", "asetpts='if(gt(T,2),PTS+86400/TB,PTS)'", "-c:a", "pcm_s16le"];
    const path = await made([...tone(4), ...jump], "matroska");
    expect((await decoded(path)).spool.samples / 16_000).toBeCloseTo(4, 0);
    expect((await probe(path, { filename: "x", signal })).durationSeconds).toBeCloseTo(4, 0);
  });

  test("a rate that changes in mid-stream adds and loses nothing", async () => {
    const parts = [await made(tone(3), "mp3"), await made([...tone(3), "-ar", "16000"], "mp3")];
    const path = join(await scratchFolder(), "blob");
    await writeFile(path, Buffer.concat(await Promise.all(parts.map((part) => readFile(part)))));
    expect((await decoded(path)).spool.samples / 16_000).toBeCloseTo(6, 0);
  });
});

test("numbers that are none spoil nothing beside them", async () => {
  const values = Float32Array.from(
    { length: 32_000 },
    (_, i) => 0.1 * Math.sin((2 * Math.PI * 300 * i) / 16_000),
  );
  values.fill(Number.NaN, 4_000, 4_200).fill(Infinity, 8_000, 8_010);
  const header = wavHeader(16_000, 1, values.byteLength);
  header.writeUInt16LE(3, 20);
  header.writeUInt32LE(64_000, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(32, 34);
  const path = join(await scratchFolder(), "blob");
  await writeFile(path, Buffer.concat([header, Buffer.from(values.buffer)]));
  const result = await decoded(path);
  expect(peak(await samplesOf(result), 0.6, 2)).toBeCloseTo(3_277, -1);
  expect(soundingDb(result.levels.mono.histogram)).toBeGreaterThan(-25);
});

test("sound at -60 dB is measured as that and raised by 37", async () => {
  const result = await decoded(await made([...tone(3), "-af", "volume=-39dB", "-c:a", "pcm_s24le"], "wav"));
  expect(soundingDb(result.levels.mono.histogram)).toBeCloseTo(-60, 0);
  expect(listenTo(result.levels).gainDb).toBeCloseTo(37, 0);
});

describe("what ends early leaves nothing", () => {
  test("past the longest recording", async () => {
    const path = join(await scratchFolder(), "blob");
    await longSilence(path, 3_600);
    const spoolPath = join(await scratchFolder(), "spool");
    await expect(decoded(path, { secondsMax: 5, spoolPath })).rejects.toThrow(new RecordingTooLongError(5));
    await expect(stat(spoolPath)).rejects.toThrow("ENOENT");
  });

  test("abort: no file, no process, no descriptor", async () => {
    const path = join(await scratchFolder(), "blob");
    await longSilence(path, 36_000);
    const spoolPath = join(await scratchFolder(), "spool");
    const before = { children: await childrenOf(process.pid), descriptors: await descriptors() };
    const stop = new AbortController();
    const onSeconds = vi.fn<(seconds: number) => void>(() => stop.abort(new Error("Cancelled.")));
    const options = { spoolPath, secondsMax: 36_000, signal: stop.signal, onSeconds };
    await expect(decoded(path, options)).rejects.toThrow("Cancelled.");
    expect(onSeconds).toHaveBeenCalled();
    await expect(stat(spoolPath)).rejects.toThrow("ENOENT");
    expect({ children: await childrenOf(process.pid), descriptors: await descriptors() }).toEqual(before);
  });

  test("a file that has shrunk to nothing since it was probed", async () => {
    const path = await made(tone(2), "wav");
    const found = await probe(path, { filename: "x", signal });
    const [track] = found.tracks;
    if (!track) throw new Error("A probe has a track.");
    await truncate(path, 44);
    const spoolPath = join(await scratchFolder(), "spool");
    const result = decode(path, found, track, { spoolPath, secondsMax: 60, signal });
    await expect(result).rejects.toThrow(UndecodableError);
    await expect(stat(spoolPath)).rejects.toThrow("ENOENT");
  });

  test("a folder that is not there", async () => {
    const spoolPath = join(await scratchFolder(), "missing", "spool");
    await expect(decoded(await made(tone(1), "wav"), { spoolPath })).rejects.toThrow(SpoolError);
  });

  test.runIf(isLinux)("a disk that is full, here a bound on a file's size", async () => {
    const [path, folder] = [await made(tone(30), "wav"), await scratchFolder()];
    // 100 blocks of 512 bytes.
    const command = ["-c", 'ulimit -f 100; exec "$@"', "sh", process.execPath, "--input-type=module"];
    const program = childProgram(path, join(folder, "spool"), "catch (error) { console.log(error.name) }");
    const { stdout } = await promisify(execFile)("/bin/sh", [...command, "-e", program]);
    expect(stdout).toBe("SpoolError\n");
    expect(await readdir(folder)).toEqual([]);
  });
});

test.runIf(isLinux)("FFmpeg does not outlive a server that was killed", async () => {
  const [path, folder] = [join(await scratchFolder(), "blob"), await scratchFolder()];
  await longSilence(path, 36_000);
  const program = childProgram(path, join(folder, "spool"), "finally {}");
  const server = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: "ignore" });
  const spooled = async () => (await stat(join(folder, "spool"))).size;
  await vi.waitFor(async () => expect(await spooled()).toBeGreaterThan(0), { timeout: 60_000 });
  const tools = await childrenOf(server.pid ?? 0);
  expect(tools).toHaveLength(1);
  server.kill("SIGKILL");
  await vi.waitFor(async () => {
    const found = await Promise.all(
      tools.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")),
    );
    expect(found.join("")).toBe("");
  }, 20_000);
});

/** A program that probes and decodes in a process of its own. */
function childProgram(path: string, spoolPath: string, ending: string): string {
  return `
    import { probe } from ${JSON.stringify(new URL("probe.ts", import.meta.url).href)};
    import { decode } from ${JSON.stringify(new URL("decode.ts", import.meta.url).href)};
    const { signal } = new AbortController();
    const path = ${JSON.stringify(path)};
    try {
      const found = await probe(path, { filename: "x", signal });
      const options = { spoolPath: ${JSON.stringify(spoolPath)}, secondsMax: 36000, signal };
      await decode(path, found, found.tracks[0], options);
    } ${ending}`;
}

async function childrenOf(pid: number): Promise<string[]> {
  if (!isLinux) return [];
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, "utf8"));
  return (await Promise.all(lists)).join(" ").split(" ").filter(Boolean);
}

async function descriptors(): Promise<number> {
  return isLinux ? (await readdir("/proc/self/fd")).length : 0;
}

import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { scratchFolder } from "../../test/media-files.ts";
import { checkFfmpeg, FfmpegFailedError, FfmpegMissingError, readTool, runTool } from "./ffmpeg.ts";
import { probe } from "./probe.ts";

const { signal } = new AbortController();
const bounds = { signal, quietMs: 60_000, cpuSeconds: 60 };
const take = () => false;

afterEach(() => void vi.unstubAllEnvs());

test("says which FFmpeg there is", async () => {
  expect(await checkFfmpeg()).toMatch(/^\S*\d+\.\d+\S*$/u);
});

describe.skipIf(process.platform === "win32")("bounds", () => {
  test("without FFmpeg the error says how to get it", async () => {
    const folder = await scratchFolder();
    const path = join(folder, "blob");
    await writeFile(path, "something");
    vi.stubEnv("PATH", folder);
    await expect(checkFfmpeg()).rejects.toThrow(new FfmpegMissingError("ffmpeg"));
    await expect(probe(path, { filename: "x", signal })).rejects.toThrow("apt-get install ffmpeg");
  });

  test("a tool that says nothing is stopped", async () => {
    await standIn("ffmpeg", "exec sleep 1000");
    const run = runTool({ tool: "ffmpeg", args: [], ...bounds, quietMs: 300, take });
    await expect(run).rejects.toThrow("ffmpeg gave nothing for 0.3 s and was stopped.");
  });

  test("a tool that only computes is stopped", async () => {
    await standIn("ffmpeg", "while :; do :; done");
    const run = runTool({ tool: "ffmpeg", args: [], ...bounds, cpuSeconds: 1, take });
    await expect(run).rejects.toThrow(/was ended by SIG(XCPU|KILL)/u);
  });

  test("a tool that talks without end is stopped", async () => {
    await standIn("ffprobe", "while :; do echo 0123456789012345678901234567890123456789; done");
    const run = readTool({ tool: "ffprobe", args: [], ...bounds }, 100_000);
    await expect(run).rejects.toThrow(FfmpegFailedError);
  });

  test("a flood of complaints neither blocks the tool nor fills memory", async () => {
    await standIn(
      "ffmpeg",
      'i=0; while [ $i -lt 20000 ]; do echo "complaint $i" >&2; i=$((i+1)); done; echo done',
    );
    const end = await readTool({ tool: "ffmpeg", args: [], ...bounds }, 100);
    expect(end.output).toBe("done\n");
    expect(end.stderr.length).toBeLessThanOrEqual(4_096);
    expect(end.stderr).toContain("complaint 19999");
  });

  test("the tool does not see the server's secrets", async () => {
    vi.stubEnv("USPEECH_SECRET_KEY", "do-not-tell");
    await standIn("ffmpeg", "env");
    const end = await readTool({ tool: "ffmpeg", args: [], ...bounds }, 100_000);
    expect(end.output).toContain("PATH=");
    expect(end.output).not.toContain("do-not-tell");
  });

  test("memory is bounded", async () => {
    await standIn("ffmpeg", "ulimit -v");
    const end = await readTool({ tool: "ffmpeg", args: [], ...bounds }, 100);
    expect(Number(end.output)).toBe(process.platform === "linux" ? 2 * 1024 ** 2 : Number(end.output));
  });

  test("an abort before the start starts nothing", async () => {
    const gone = AbortSignal.abort(new Error("Gone."));
    await expect(runTool({ tool: "ffmpeg", args: [], ...bounds, signal: gone, take })).rejects.toThrow(
      "Gone.",
    );
  });
});

/** Puts a shell script in FFmpeg's place on the PATH, to do what no file is known to make FFmpeg do. */
async function standIn(tool: string, script: string): Promise<void> {
  const folder = join(await scratchFolder(), "bin");
  await mkdir(folder);
  await writeFile(join(folder, tool), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, tool), 0o755);
  vi.stubEnv("PATH", `${folder}:/usr/bin:/bin`);
}

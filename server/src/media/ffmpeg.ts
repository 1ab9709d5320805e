/**
 * Runs FFmpeg's programs on files that nobody trusts: one local file and nothing else to read, bounds on time, memory,
 * streams and output, and no process left behind.
 */

import { once } from "node:events";
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { LIMITS } from "../config/limits.ts";
import { DEMUXER_LIST, rawFormatArguments } from "./formats.ts";
import type { RawFormat } from "./formats.ts";

/** The file is not what it should be: the caller's fault. The message is the API's sentence. */
export class UndecodableError extends Error {
  override name = "UndecodableError";
}

/** FFmpeg is not there: the operator's to mend. */
export class FfmpegMissingError extends Error {
  override name = "FfmpegMissingError";

  constructor(tool: string) {
    super(
      `The program ${tool} was not found. Install FFmpeg (Debian, Ubuntu: apt-get install ffmpeg; macOS: brew install ` +
        "ffmpeg; Windows: winget install ffmpeg) so that ffmpeg and ffprobe stand on the PATH, then start again.",
    );
  }
}

/** FFmpeg crashed, hung, or met one of its bounds. What had come out until then is not the whole. */
export class FfmpegFailedError extends Error {
  override name = "FfmpegFailedError";
}

export type Tool = "ffmpeg" | "ffprobe";

export interface ToolRun {
  tool: Tool;
  args: string[];
  /** Kills the process at once; the run then rejects with the signal's reason. */
  signal: AbortSignal;
  /** The longest silence on stdout, from the start too. */
  quietMs: number;
  cpuSeconds: number;
  /** Takes stdout in order; the next piece waits for it. True means that it has enough: the process is killed. */
  take(chunk: Buffer): boolean | Promise<boolean>;
}

/** How a run ended. An exit code proves nothing about the output: it was 0 for half of the broken files tried. */
export interface ToolEnd {
  code: number | null;
  /** The last few kilobytes of stderr. */
  stderr: string;
}

/**
 * What FFmpeg may open, the same for probe and decode: this path as a plain file (never a URL, whatever its
 * characters), in a listed format.
 *
 * @param format forced for headerless files; null lets the content decide
 */
export function inputArguments(path: string, format: RawFormat | null): string[] {
  const { streamsMax, probeBytesMax, analyzeMs, allocationBytesMax } = LIMITS.media;
  return [
    ["-hide_banner", "-v", "error", "-max_alloc", String(allocationBytesMax)],
    ["-protocol_whitelist", "file", "-format_whitelist", format?.demuxer ?? DEMUXER_LIST],
    ["-max_streams", String(streamsMax), "-probesize", String(probeBytesMax)],
    ["-analyzeduration", String(analyzeMs * 1000), "-threads", "1"],
    format ? rawFormatArguments(format) : [],
    ["-i", `file:${resolve(path)}`],
  ].flat();
}

/**
 * Runs a tool to its end, or until enough was taken. Whatever happens, the process is gone and its pipes are closed
 * when this settles.
 *
 * @throws the signal's reason; {@link FfmpegMissingError}; {@link FfmpegFailedError} when it was killed by a bound or
 *   a crash; what `take` throws
 */
export async function runTool(run: ToolRun): Promise<ToolEnd> {
  run.signal.throwIfAborted();
  const child = start(run);
  const exit = once(child, "close").catch(() => []);
  if (child.pid === undefined) {
    await exit;
    throw new FfmpegMissingError(run.tool);
  }
  const stderr = tail(child.stderr);
  let quiet = false;
  const timer = setTimeout(() => (quiet = child.kill("SIGKILL")), run.quietMs);
  const abort = () => child.kill("SIGKILL");
  run.signal.addEventListener("abort", abort, { once: true });
  let enough = false;
  try {
    for await (const chunk of child.stdout) {
      enough = await run.take(chunk);
      if (enough) break;
      timer.refresh();
    }
  } finally {
    // Its output is closed, so whatever it may still want to do serves nobody.
    if (enough || !child.stdout.readableEnded) child.kill("SIGKILL");
    await exit;
    clearTimeout(timer);
    run.signal.removeEventListener("abort", abort);
  }
  run.signal.throwIfAborted();
  const end = { code: child.exitCode, stderr: stderr() };
  if (!enough) assertEnded(run, child, end, quiet);
  return end;
}
/**
 * The version of FFmpeg, in its own words.
 *
 * @throws {@link FfmpegMissingError} when ffmpeg or ffprobe cannot be run
 */
export async function checkFfmpeg(): Promise<string> {
  const version = await versionOf("ffmpeg");
  await versionOf("ffprobe");
  return version;
}

async function versionOf(tool: Tool): Promise<string> {
  const { startMs, reportBytesMax } = LIMITS.media;
  const signal = AbortSignal.timeout(startMs);
  const text = await readTool(
    { tool, args: ["-version"], signal, quietMs: startMs, cpuSeconds: 10 },
    reportBytesMax,
  );
  return /version (?<number>\S+)/u.exec(text.output)?.groups?.["number"] ?? "unknown";
}

/** Runs a tool and keeps what it writes, up to a size beyond which it is stopped. */
export async function readTool(
  run: Omit<ToolRun, "take">,
  bytesMax: number,
): Promise<ToolEnd & { output: string }> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const take = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new FfmpegFailedError(`${run.tool} wrote more than ${bytesMax} bytes.`);
    pieces.push(chunk);
    return false;
  };
  const end = await runTool({ ...run, take });
  return { ...end, output: Buffer.concat(pieces).toString("utf8") };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Bounds address space and CPU time where the shell can, keeps cores off the disk, and leaves the environment, secrets
 * included, behind. Each `exec` replaces the process, so the child's id is the tool's.
 */
const CAGE = `
memory=$1 cpu=$2; shift 2
(ulimit -v "$memory") 2>/dev/null && ulimit -v "$memory"
(ulimit -t "$cpu") 2>/dev/null && ulimit -t "$cpu"
ulimit -c 0
exec env -i PATH="$PATH" LC_ALL=C \${LD_LIBRARY_PATH:+LD_LIBRARY_PATH="$LD_LIBRARY_PATH"} "$@"
`;

function start(run: ToolRun): Child {
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  if (process.platform === "win32") return spawn(run.tool, run.args, { stdio, windowsHide: true });
  const bounds = [String(LIMITS.media.memoryBytesMax / 1024), String(run.cpuSeconds)];
  return spawn("/bin/sh", ["-c", CAGE, "sh", ...bounds, run.tool, ...run.args], { stdio });
}

/** Reads a stream to its end, so that its writer never waits, and remembers only its last bytes. */
function tail(stream: Readable): () => string {
  let kept = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-LIMITS.media.stderrBytesMax);
  });
  return () => kept.toString("utf8");
}

/** What `sh` and `env` answer for a program that does not exist. */
const NOT_FOUND = 127;

function assertEnded(run: ToolRun, child: Child, end: ToolEnd, quiet: boolean): void {
  const { tool } = run;
  if (end.code === NOT_FOUND) throw new FfmpegMissingError(tool);
  if (quiet) throw new FfmpegFailedError(`${tool} gave nothing for ${run.quietMs / 1000} s and was stopped.`);
  if (child.signalCode !== null) {
    throw new FfmpegFailedError(
      `${tool} was ended by ${child.signalCode}: it crashed or met its limit of CPU time.`,
    );
  }
  if (end.stderr.includes("Cannot allocate memory")) {
    throw new FfmpegFailedError(`${tool} needed more than ${LIMITS.media.memoryBytesMax} bytes of memory.`);
  }
}

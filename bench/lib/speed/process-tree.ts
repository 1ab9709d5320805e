/** What a process and its children use, read from Linux's /proc. */
import { readdir, readFile } from "node:fs/promises";

/** Clock ticks in a second: 100 on every Linux that Node runs on (`getconf CLK_TCK`). */
const TICKS_PER_SECOND = 100;

/** A process and all that descend from it, itself first; those that end meanwhile are left out. */
export async function processTree(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  const below = await Promise.all(children.map(processTree));
  return [pid, ...below.flat()];
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`)));
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}

/** Resident memory; 0 once the process is gone. Pages that processes share count in each of them. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await read(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/** The command line, with spaces between its words. */
export async function commandOf(pid: number): Promise<string> {
  return (await read(`/proc/${pid}/cmdline`)).replaceAll("\0", " ");
}

/** Processor time of a process, its children, and those of them that have ended. */
export async function cpuSeconds(pid: number): Promise<number> {
  const ticks = await Promise.all((await processTree(pid)).map(ticksOf));
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS_PER_SECOND;
}

/** Fields 14 to 17 of /proc/PID/stat (proc(5)): user and system time of the process and of its reaped children. */
async function ticksOf(pid: number): Promise<number> {
  const stat = await read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
}

/** Empty for what is gone. */
function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

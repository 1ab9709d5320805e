import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Names this process among all that ever ran: host, process id and, where the system tells, the tick at which it started,
 * so that a later process with the same id is not taken for it.
 */
export function thisOwner(): string {
  return `${hostname()} ${process.pid} ${startTick(process.pid) ?? "-"}`;
}

/** True only where the owner certainly ended: it ran on this host, and no such process is there any more. */
export function hasEnded(owner: string): boolean {
  const [host, pid, tick] = owner.split(" ");
  if (host !== hostname() || !pid || !tick) return false;
  if (!isAlive(Number(pid))) return true;
  return tick !== "-" && startTick(Number(pid)) !== tick;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Field 22 of /proc/PID/stat, after the name in parentheses, which may itself hold spaces (proc(5)). */
function startTick(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

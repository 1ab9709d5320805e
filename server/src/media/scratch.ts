import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasEnded, thisOwner } from "../observe/owner.ts";

/**
 * Makes a folder for this process's half-done work (decoded audio), and removes what processes that have ended left there.
 *
 * @param folder shared by all processes of this machine
 * @returns the path of this process's own folder
 */
export async function openScratch(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) {
    if (hasEnded(decodeURIComponent(name))) await rm(join(folder, name), { recursive: true, force: true });
  }
  const own = join(folder, encodeURIComponent(thisOwner()));
  await mkdir(own, { recursive: true, mode: 0o700 });
  return own;
}

import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/database.ts";
import { openDataDir } from "./data-dir.ts";
import { SettingsError } from "./env.ts";

test("a data folder is made with what leads to it, for its owner alone, and once", async () => {
  const dataDir = join(await temporaryFolder(), "state", "uspeech");
  await openDataDir(dataDir);
  await openDataDir(dataDir);
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  expect(await readdir(dataDir)).toEqual(["tmp"]);
});

test("a data folder that cannot be is refused with the setting, its value and what to do", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "");
  const faults = {
    [file]: "which is a file.",
    [join(file, "below", "it")]: `which lies below ${file}, a file.`,
    // Linux makes no folders there, for nobody.
    "/proc/uspeech": "where nothing can be written (ENOENT).",
    "/proc": "where nothing can be written (ENOENT).",
  };
  for (const [dataDir, fault] of Object.entries(faults))
    await expect(openDataDir(dataDir)).rejects.toThrow(
      new SettingsError([
        `USPEECH_DATA_DIR is "${dataDir}", ${fault} Name a folder that this user can write to, or a place where one can be made.`,
      ]),
    );
});

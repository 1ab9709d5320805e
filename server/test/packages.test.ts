import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./sources.ts";

interface LockedPackage {
  resolved?: string;
  link?: boolean;
  hasInstallScript?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const { packages }: { packages: Record<string, LockedPackage> } = JSON.parse(
  readFileSync(join(ROOT, "package-lock.json"), "utf8"),
);
const entries = Object.entries(packages);

/** Where Node finds a package from another: beside it, or beside one of those that it lies in. */
function isFound(name: string, from: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1))) {
    if (join(folder, "node_modules", name) in packages) return true;
    if (folder === "") return false;
  }
}

test("the lockfile holds what its packages need on every system, without which npm ci refuses it", () => {
  const missing = entries.flatMap(([from, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !isFound(name, from))
      .map((name) => `${name} of ${from}`),
  );
  expect(missing).toEqual([]);
});

test("the lockfile names no registry, so that it installs through any", () => {
  const bound = entries.filter(([, { link, resolved }]) => !link && resolved !== undefined);
  expect(bound.map(([name]) => name)).toEqual([]);
});

test("no package needs to run code at install on the systems that are supported", () => {
  const running = entries.filter(([, entry]) => entry.hasInstallScript);
  // For macOS alone, and only to watch files; Vitest goes without it.
  expect(running.map(([name]) => name).filter((name) => name !== "node_modules/fsevents")).toEqual([]);
});

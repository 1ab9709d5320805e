/** Makes `dist`, the package as it is published: JavaScript, declarations, and a manifest of its own. */

import { execFileSync } from "node:child_process";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const ROOT = path.join(import.meta.dirname, "..");
const DIST = path.join(ROOT, "dist");

await rm(DIST, { recursive: true, force: true });
// The package's own TypeScript 5, whose declarations every consumer can read.
const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [compiler, "-p", path.join(ROOT, "tsconfig.build.json")], {
  stdio: "inherit",
});
await copyFile(path.join(ROOT, "src/schema.d.ts"), path.join(DIST, "schema.d.ts"));
await copyFile(path.join(ROOT, "README.md"), path.join(DIST, "README.md"));
await copyFile(path.join(ROOT, "../LICENSE"), path.join(DIST, "LICENSE"));
await writeFile(path.join(DIST, "package.json"), `${JSON.stringify(await manifest(), null, 2)}\n`);

async function manifest(): Promise<object> {
  const { name, version, description, license, engines } = JSON.parse(
    await readFile(path.join(ROOT, "package.json"), "utf8"),
  );
  const entry = { types: "./index.d.ts", default: "./index.js" };
  return {
    name,
    version,
    description,
    license,
    type: "module",
    sideEffects: false,
    engines,
    exports: { ".": entry },
  };
}

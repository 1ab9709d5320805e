// Names the packages of package-lock.json that node_modules does not hold as `npm ci` would put them there; exits with 1
// where there are any. npm writes node_modules/.package-lock.json last: an interrupted installation is not taken for a whole one.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

function packagesOf(lockfile) {
  const path = join(root, lockfile);
  if (!existsSync(path)) return {};
  const { packages } = JSON.parse(readFileSync(path, "utf8"));
  return Object.fromEntries(Object.entries(packages).filter(([where]) => where.includes("node_modules/")));
}

// An optional package is one for this machine where it names this system and processor. Those that also name a C library, or
// are WebAssembly, are npm's to choose. npm goes on without an optional package that it failed to fetch; we do not.
function isForThisMachine({ optional, os, cpu, libc }) {
  return !optional || (names(os, process.platform) && names(cpu, process.arch) && libc === undefined);
}

function names(allowed, mine) {
  return [allowed].flat().includes(mine);
}

const wanted = packagesOf("package-lock.json");
const installed = packagesOf("node_modules/.package-lock.json");
const missing = Object.keys(wanted).filter((where) => !installed[where] && isForThisMachine(wanted[where]));
const different = Object.keys(installed).filter(
  (where) => installed[where].version !== wanted[where]?.version,
);
const named = [...missing, ...different].map((where) => where.replace("node_modules/", ""));

if (named.length > 0) {
  console.log(
    named.length > 5 ? `${named.slice(0, 5).join(", ")} and ${named.length - 5} more` : named.join(", "),
  );
  process.exit(1);
}

import { globSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { isNode, type Node, parseSource, ROOT } from "./sources.ts";

const SOURCE = "server/src/";

/** What the folders of the server's infrastructure and core may import besides themselves; features may import all of these. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  config: [],
  observe: ["config/"],
  http: ["config/", "observe/"],
  database: ["config/", "observe/"],
  blobs: ["config/", "observe/", "database/"],
  queue: ["config/", "observe/", "database/"],
  mail: ["config/", "observe/", "database/", "queue/"],
  // The two meet in the format of samples, and nowhere else.
  media: ["config/", "observe/", "speech/recogniser.ts"],
  speech: ["config/", "observe/", "media/samples.ts", "signal/", "alignment/align.ts"],
  signal: [],
  alignment: ["signal/", "speech/recogniser.ts"],
  speakers: ["config/", "media/samples.ts", "signal/", "speech/recogniser.ts", "speech/models/"],
  pipeline: ["config/limits.ts", "media/", "speakers/diarizer.ts", "speech/recogniser.ts"],
  exports: ["pipeline/transcript.ts"],
};

/** Packages that belong to one part: others know at most their types. */
const PACKAGE_OWNERS: Record<string, readonly string[]> = {
  fastify: ["http/"],
  "@fastify/busboy": ["http/"],
  "better-sqlite3": ["database/", "speech/models/folder-lock.ts"],
  "sherpa-onnx-node": ["speakers/extractor.ts", "speech/"],
  "@node-rs/argon2": ["accounts/"],
  "tar-stream": ["speech/models/"],
  docx: ["exports/"],
  pino: ["observe/"],
  "prom-client": ["observe/"],
  nodemailer: ["mail/"],
  "openid-client": ["single-sign-on/"],
};

interface Import {
  /** Paths from the repository's root; `to` is a package's name where it is one. */
  from: string;
  to: string;
  isTypeOnly: boolean;
}

function* nodesOf(value: unknown): Generator<Node> {
  if (isNode(value)) yield value;
  if (typeof value !== "object" || value === null) return;
  for (const child of Object.values(value)) yield* nodesOf(child);
}

/** The module that a node imports, exports from, or takes a type from; null where it does none of these. */
function importedBy(node: Node): string | null {
  const importing = [
    "ImportDeclaration",
    "ExportNamedDeclaration",
    "ExportAllDeclaration",
    "ImportExpression",
    "TSImportType",
  ];
  if (!importing.includes(node.type) || !isNode(node["source"])) return null;
  const { value } = node["source"];
  return typeof value === "string" ? value : null;
}

/** Tests may reach everywhere. */
const sources = globSync("{server,sdk,cli,bench}/**/*.{ts,js}", { cwd: ROOT })
  .filter((path) => !/node_modules\/|^server\/test\/|\.test\.ts$|\.d\.ts$/u.test(path))
  .map((path) => ({
    path,
    nodes: [...nodesOf(parseSource(path))],
  }));

const imports: Import[] = sources.flatMap(({ path, nodes }) =>
  nodes.flatMap((node) => {
    const module = importedBy(node);
    return module === null ? [] : [{ from: path, to: resolve(path, module), isTypeOnly: isTypeOnly(node) }];
  }),
);

function isTypeOnly(node: Node): boolean {
  return [node["importKind"], node["exportKind"]].includes("type") || node.type === "TSImportType";
}

function resolve(from: string, module: string): string {
  if (module.startsWith(".")) return relative(ROOT, join(ROOT, dirname(from), module));
  return module.startsWith("@uspeech/server/") ? module.replace("@uspeech/server/", SOURCE) : module;
}

const ofServer = imports.filter(({ from }) => from.startsWith(SOURCE) && from.split("/").length > 3);

function folderOf(path: string): string {
  return path.split("/")[2] ?? "";
}

function shown(faults: Import[]): string[] {
  return faults.map(({ from, to }) => `${from} imports ${to}`);
}

describe("the layers", () => {
  test("were found", () => {
    expect(sources.length).toBeGreaterThan(100);
    const folders = new Set(ofServer.map(({ from }) => folderOf(from)));
    expect(Object.keys(MAY_IMPORT).filter((folder) => !folders.has(folder))).toEqual([]);
  });

  test.each(Object.entries(MAY_IMPORT))("%s imports only %j", (folder, allowed) => {
    const faults = ofServer.filter(
      ({ from, to }) =>
        folderOf(from) === folder &&
        to.startsWith(SOURCE) &&
        folderOf(to) !== folder &&
        !allowed.some((path) => to.startsWith(SOURCE + path)),
    );
    expect(shown(faults)).toEqual([]);
  });

  test.each(["pipeline", "media", "alignment"])("%s uses no package", (folder) => {
    const faults = ofServer.filter(
      ({ from, to }) => folderOf(from) === folder && !to.startsWith(SOURCE) && !to.startsWith("node:"),
    );
    expect(shown(faults)).toEqual([]);
  });

  test.each(Object.entries(PACKAGE_OWNERS))("%s is used in %j alone", (name, owners) => {
    const faults = ofServer.filter(
      ({ from, to, isTypeOnly }) =>
        to === name && !isTypeOnly && !owners.some((owner) => from.startsWith(SOURCE + owner)),
    );
    expect(shown(faults)).toEqual([]);
  });
});

describe("the whole is put together in one place:", () => {
  test("only main.ts, tests and the command import app.ts", () => {
    const faults = imports.filter(
      ({ from, to }) =>
        to === `${SOURCE}app.ts` &&
        !["server/src/main.ts", "cli/", "sdk/script/", "bench/"].some((path) => from.startsWith(path)),
    );
    expect(shown(faults)).toEqual([]);
  });

  test("nothing of the server imports main.ts, the client or the command", () => {
    const faults = imports.filter(
      ({ from, to }) =>
        from.startsWith(SOURCE) &&
        (to === `${SOURCE}main.ts` || to === "@uspeech/client" || /^(?:sdk|cli)\//u.test(to)),
    );
    expect(shown(faults)).toEqual([]);
  });

  test("the client knows nothing of the server", () => {
    const faults = imports.filter(({ from, to }) => from.startsWith("sdk/src/") && to.startsWith("server/"));
    expect(shown(faults)).toEqual([]);
  });
});

test("only config/env.ts reads the environment", () => {
  const reads = sources.filter(
    ({ path, nodes }) => path.startsWith(SOURCE) && nodes.some((node) => isProcessEnv(node)),
  );
  expect(reads.map(({ path }) => path)).toEqual(["server/src/config/env.ts"]);
});

/** `process.env`, also as `const { env } = process` and as an import from `node:process`. */
function isProcessEnv(node: Node): boolean {
  const hasEnv = (pattern: unknown) =>
    isNode(pattern) &&
    Array.isArray(pattern["properties"]) &&
    pattern["properties"].some((property: unknown) => isNode(property) && isNamed(property["key"], "env"));
  if (node.type === "MemberExpression")
    return isNamed(node["object"], "process") && isNamed(node["property"], "env");
  if (node.type === "VariableDeclarator") return isNamed(node["init"], "process") && hasEnv(node["id"]);
  return importedBy(node) === "node:process";
}

function isNamed(value: unknown, name: string): boolean {
  return isNode(value) && (value["name"] === name || value["value"] === name);
}

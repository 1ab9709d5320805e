import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAst } from "vitest/node";

export const ROOT = join(import.meta.dirname, "../..");

/** A node of a syntax tree, as ESTree has it. */
export interface Node {
  type: string;
  [key: string]: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The syntax tree of a TypeScript file. @param path from the repository's root */
export function parseSource(path: string): unknown {
  return parseAst(readFileSync(join(ROOT, path), "utf8"), { lang: "ts" });
}

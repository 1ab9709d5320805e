import { globSync } from "node:fs";
import { isNode, type Node, parseSource, ROOT } from "./sources.ts";

/** Where the texts of answers stand, and those that a failed transcription explains itself with. */
const PATHS = [
  "server/src/{accounts,admin,api-keys,downloads,files,http,idempotency,openai-api,projects,sessions,shares,single-sign-on,tasks,teams,transcripts,usage,webhooks}/**/*.ts",
  "server/src/pipeline/verdict.ts",
  "server/src/media/probe.ts",
];

/** The API's own documentation, and what the operator's terminal shows. */
const NOT_ANSWERS = /\.test\.ts$|openapi\.ts$|welcome\.ts$/u;

/** Errors whose messages go into a log, to the operator, or into another message. */
const UNSEEN = new Set([
  "Error",
  "ApiKeyError",
  "AccountError",
  "NoLongerOursError",
  "JsonError",
  "ClientGone",
]);

export interface SentText {
  path: string;
  /** With `…` for what is put in. */
  text: string;
}

/** Every sentence in the sources that an answer of the API can hold. */
export function sentTexts(): SentText[] {
  return PATHS.flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .filter((path) => !NOT_ANSWERS.test(path))
    .flatMap((path) => [...sentences(parseSource(path))].map((text) => ({ path, text })));
}

function* sentences(value: unknown): Generator<string> {
  if (typeof value !== "object" || value === null) return;
  if (isNode(value)) {
    if (isUnseen(value) || isProse(value)) return;
    const text = textOf(value);
    if (text !== null) {
      if (isSentence(text)) yield text;
      return;
    }
  }
  for (const child of Object.values(value)) yield* sentences(child);
}

function isSentence(text: string): boolean {
  return /^["A-Z…].* .*\.$/su.test(text) && !text.includes("\n");
}

/** A text, or texts joined by `+`; null for everything else. */
function textOf(node: Node): string | null {
  if (node.type === "Literal") return typeof node["value"] === "string" ? node["value"] : null;
  if (node.type === "TemplateLiteral" && Array.isArray(node["quasis"]))
    return node["quasis"].map((part: { value: { cooked: string } }) => part.value.cooked).join("…");
  const { left, right } = node;
  if (node.type !== "BinaryExpression" || node["operator"] !== "+" || !isNode(left) || !isNode(right))
    return null;
  const [before, after] = [textOf(left), textOf(right)];
  return before === null || after === null ? null : before + after;
}

function isUnseen(node: Node): boolean {
  if (node.type === "NewExpression") return UNSEEN.has(nameOf(node["callee"]));
  return node.type === "ClassDeclaration" && UNSEEN.has(nameOf(node["id"]));
}

/** What documents a field, a filter or a route. */
function isProse(node: Node): boolean {
  if (node.type === "CallExpression") return nameOf(node["callee"]).endsWith("Filter");
  const name =
    node.type === "Property"
      ? nameOf(node["key"])
      : node.type === "VariableDeclarator"
        ? nameOf(node["id"])
        : "";
  return ["help", "summary", "description"].includes(name);
}

function nameOf(node: unknown): string {
  return isNode(node) && typeof node["name"] === "string" ? node["name"] : "";
}

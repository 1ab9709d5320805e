import { readFile } from "node:fs/promises";
import { beforeAll, expect, test } from "vitest";
import { testModels } from "../../../test/models.ts";
import { findModel } from "./catalogue.ts";
import { modelFile } from "./installed.ts";
import { moonshineTokens } from "./tokens.ts";

let tokens: Buffer[];
let ids: number[];

beforeAll(async () => {
  const file = modelFile(await testModels(), findModel("moonshine-base"), "tokens");
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  const columns = lines.map((line) => line.split(" "));
  tokens = columns.map(([encoded]) => Buffer.from(encoded ?? "", "base64"));
  ids = columns.map(([, id]) => Number(id));
});

test("there is a line for each row of the model's output, in order", () => {
  expect(tokens).toHaveLength(32_768);
  expect(ids.every((id, line) => id === line)).toBe(true);
  expect(tokens.every((token) => token.length > 0)).toBe(true);
});

test("byte tokens are bytes", () => {
  for (let byte = 0; byte < 256; byte++) expect(tokens[3 + byte]).toEqual(Buffer.from([byte]));
});

test("the sign for a space is a space", () => {
  expect(tokens[260]?.toString()).toBe(" t");
  expect(tokens.some((token) => token.includes("\u2581"))).toBe(false);
});

test("controls and specials stand where the model has them", () => {
  expect(tokens.slice(0, 3).map(String)).toEqual(["<unk>", "<s>", "</s>"]);
  expect(tokens[31_999]?.toString()).toBe("给");
  expect(tokens[32_000]?.toString()).toBe("<<ST_0>>");
  expect(tokens[32_767]?.toString()).toBe("<<ST_767>>");
});

test("a text without the vocabulary is refused", () => {
  expect(() => moonshineTokens("export default {}")).toThrow(/vocabulary/);
  expect(() => moonshineTokens('const llama_vocab_base64 = "YQo="')).toThrow(/2 pieces/);
});

test("the text is read and not run", () => {
  const vocabulary = Buffer.from(Array.from({ length: 32_000 }, (_, id) => `p${id}`).join("\n"));
  const source = `throw new Error("run"); llama_vocab_base64 = "${vocabulary.toString("base64")}"`;
  expect(moonshineTokens(source)).toMatch(/^cDA= 0\n/);
});

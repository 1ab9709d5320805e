/** Files of models that are made on this machine. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ModelFamily } from "./entry.ts";
import { prepareMoonshineDecoder } from "./moonshine-decoder.ts";

const RECIPES: Partial<Record<ModelFamily, (source: Uint8Array) => Uint8Array>> = {
  moonshine: prepareMoonshineDecoder,
};

/**
 * Makes a file of another one in the same folder, by the recipe of the model's family.
 *
 * @throws Error where the family has none: a mistake in the catalogue
 */
export async function makeFile(
  family: ModelFamily,
  source: string,
  target: string,
  folder: string,
): Promise<void> {
  const recipe = RECIPES[family];
  if (recipe === undefined) throw new Error(`Nothing says how ${target} is made for a ${family} model.`);
  await writeFile(path.join(folder, target), recipe(await readFile(path.join(folder, source))));
}

import { mkdtemp, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ModelPaths } from "../../src/speech/sherpa-families.ts";

/** Writes a model's files, by their role, into a folder of their own. @returns their paths */
export async function writeFiles(
  folder: string,
  files: Partial<Record<keyof ModelPaths, Uint8Array | string>>,
): Promise<ModelPaths> {
  const own = await mkdtemp(path.join(folder, "model-"));
  const written = Object.entries(files).map(async ([role, content]) => {
    const file = path.join(own, typeof content === "string" ? `${role}.txt` : `${role}.onnx`);
    await writeFile(file, content);
    return [role, file];
  });
  return Object.fromEntries(await Promise.all(written));
}

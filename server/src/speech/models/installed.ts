import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { CATALOGUE } from "./catalogue.ts";
import type { FileRole, ModelEntry, ModelFile } from "./entry.ts";
import { isRecord } from "./network.ts";
import { hashFile } from "./unpack.ts";

/** Stands in every model's folder and says what was installed, whence and when. Written last. */
export const RECORD_NAME = "model.json";

/** The content of `model.json`. */
export interface ModelRecord {
  name: string;
  /** Addresses or folder that the files came from. */
  source: string[];
  /** ISO 8601. */
  installedAt: string;
  files: { name: string; sizeBytes: number; sha256: string }[];
}

export interface FileProblem {
  file: string;
  problem: "missing" | "altered";
}

/** Folder of a model, whether it is there or not. */
export function modelFolder(modelsDir: string, name: string): string {
  return path.join(modelsDir, name);
}

/** Path of the file with this role. Throws where the model's family has no such file: a mistake of the program. */
export function modelFile(modelsDir: string, entry: ModelEntry, role: FileRole): string {
  const file = entry.files.find((file) => file.role === role);
  if (file === undefined) throw new Error(`${entry.name} has no file for ${role}`);
  return path.join(modelFolder(modelsDir, entry.name), file.name);
}

/** Whether the version that the catalogue describes is there in full. Does not read the files: see {@link verifyModel}. */
export async function isInstalled(modelsDir: string, entry: ModelEntry): Promise<boolean> {
  const folder = modelFolder(modelsDir, entry.name);
  const record = await readRecord(folder);
  if (record === null) return false;
  const there = await Promise.all(entry.files.map((file) => isThere(folder, file, record)));
  return there.every(Boolean);
}

async function isThere(folder: string, file: ModelFile, record: ModelRecord): Promise<boolean> {
  const recorded = record.files.some(({ name, sha256 }) => name === file.name && sha256 === file.sha256);
  const stats = await stat(path.join(folder, file.name)).catch(() => null);
  return recorded && stats?.size === file.sizeBytes;
}

/** Models of the catalogue that are installed in full, in the catalogue's order. */
export async function installedModels(modelsDir: string): Promise<ModelEntry[]> {
  const names = new Set(await readdir(modelsDir).catch(() => []));
  const candidates = CATALOGUE.filter((entry) => names.has(entry.name));
  const installed = await Promise.all(candidates.map((entry) => isInstalled(modelsDir, entry)));
  return candidates.filter((_, index) => installed[index]);
}

/**
 * Reads every file of a model again and compares it with the catalogue.
 * @returns what is wrong; empty where the model is whole
 */
export async function verifyModel(
  modelsDir: string,
  entry: ModelEntry,
  signal: AbortSignal,
): Promise<FileProblem[]> {
  const problems: FileProblem[] = [];
  for (const file of entry.files) {
    const there = path.join(modelFolder(modelsDir, entry.name), file.name);
    if ((await stat(there).catch(() => null)) === null)
      problems.push({ file: file.name, problem: "missing" });
    else if ((await hashFile(there, "sha256", signal)) !== file.sha256) {
      problems.push({ file: file.name, problem: "altered" });
    }
  }
  return problems;
}

/** What is recorded of the model in a folder; null where nothing legible is. */
export async function readRecord(folder: string): Promise<ModelRecord | null> {
  try {
    const record: unknown = JSON.parse(await readFile(path.join(folder, RECORD_NAME), "utf8"));
    return isModelRecord(record) ? record : null;
  } catch {
    return null;
  }
}

function isModelRecord(value: unknown): value is ModelRecord {
  return (
    isRecord(value) &&
    typeof value["name"] === "string" &&
    typeof value["installedAt"] === "string" &&
    Array.isArray(value["source"]) &&
    Array.isArray(value["files"]) &&
    value["files"].every(
      (file) => isRecord(file) && typeof file["name"] === "string" && typeof file["sha256"] === "string",
    )
  );
}

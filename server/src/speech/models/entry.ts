/** What the catalogue says of a model. */

export type ModelPurpose = "recogniser" | "vad" | "speakers";

/** How the files are wired together by the engine. */
export type ModelFamily =
  | "moonshine"
  | "whisper"
  | "nemo-transducer"
  | "zipformer-transducer"
  | "sense-voice"
  | "silero"
  | "voice-embedding";

/** What a file is for within its family. */
export type FileRole =
  | "encoder"
  | "decoder"
  | "merged-decoder"
  | "published-decoder"
  | "joiner"
  | "model"
  | "tokens";

export interface ModelFile {
  role: FileRole;
  name: string;
  sizeBytes: number;
  /** Lower-case hex. */
  sha256: string;
  /** Where it is not published but made here: the name of the file that it is made of, which stands before it. */
  madeOf?: string;
}

/** One member of a package's tarball that becomes a file of the model. */
export interface PackageMember {
  /** Path inside the tarball. */
  path: string;
  /** Name of the {@link ModelFile} that it becomes. */
  file: string;
  /** How the file is made from the member; `copy` is byte for byte. */
  make: "copy" | "moonshine-tokens";
}

/** A published version of a package, taken as a tarball and never installed or run. */
export interface Package {
  name: string;
  version: string;
  /** Subresource integrity of the tarball, as registries state it. */
  integrity: string;
  /** Size of the tarball. */
  sizeBytes: number;
  members: readonly PackageMember[];
}

/** Where the files of a model are published: package tarballs, or plain files below an address. */
export type ModelSource = { kind: "npm"; packages: readonly Package[] } | { kind: "address"; base: string };

export interface ModelEntry {
  name: string;
  purpose: ModelPurpose;
  family: ModelFamily;
  files: readonly ModelFile[];
  /** ISO 639-1 codes, or the model's own where that standard has none (`yue`, `haw`, `jw`); empty where it hears no words. */
  languages: readonly string[];
  licence: string;
  /** Homepage of those who made the model. */
  upstream: string;
  source: ModelSource;
  /** Names of models that this one cannot work without. */
  requires: readonly string[];
}

/** A model that writes what is said. */
export type RecogniserEntry = ModelEntry & { family: Exclude<ModelFamily, "silero" | "voice-embedding"> };

/** The files that are published somewhere; the others are made of them. */
export function publishedFiles({ files }: ModelEntry): ModelFile[] {
  return files.filter(({ madeOf }) => madeOf === undefined);
}

/** Bytes on disk of an installed model. */
export function sizeBytes({ files }: Pick<ModelEntry, "files">): number {
  return files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

/** Bytes of the files that are published. */
export function publishedBytes(entry: ModelEntry): number {
  return sizeBytes({ files: publishedFiles(entry) });
}

/** Bytes to download for a model, without what it requires. */
export function downloadBytes(entry: ModelEntry): number {
  if (entry.source.kind === "address") return publishedBytes(entry);
  return entry.source.packages.reduce((sum, tarball) => sum + tarball.sizeBytes, 0);
}

import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  integrityOf,
  makeTarball,
  sha256Of,
  startPackageServer,
  type PackageServer,
} from "../../../test/package-server.ts";
import { testModels } from "../../../test/models.ts";
import type { ModelEntry } from "./entry.ts";
import { findModel } from "./catalogue.ts";
import { isInstalled, modelFolder, readRecord, verifyModel } from "./installed.ts";
import type { NetworkSettings } from "./network.ts";
import { pullModel, type PullOptions, type PullProgress } from "./pull.ts";

// Large enough that half of it does not fit into the buffers on the way.
const WEIGHTS = randomBytes(3_000_000);
const TOKENS = Buffer.from("YQ== 0\n");
const TARBALL = await makeTarball({
  "../../../escaped.txt": Buffer.from("out"),
  "package/dist/weights.onnx": WEIGHTS,
  "package/dist/tokens.txt": TOKENS,
  "package/index.js": Buffer.from("throw new Error('never run')"),
});

let server: PackageServer;
let root: string;
let modelsDir: string;

beforeEach(async () => {
  server = await startPackageServer();
  root = await mkdtemp(path.join(tmpdir(), "uspeech-models-"));
  modelsDir = path.join(root, "models");
  publish(TARBALL, integrityOf(TARBALL));
  server.files.set("/plain/weights.onnx", WEIGHTS);
  server.files.set("/plain/tokens.txt", TOKENS);
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

const TARBALL_PATH = "/@scope/weights/-/weights-1.2.3.tgz";

function publish(tarball: Buffer, integrity: string): void {
  const dist = { tarball: `${server.address.slice(0, -1)}${TARBALL_PATH}`, integrity };
  const metadata = { name: "@scope/weights", versions: { "1.2.3": { dist } } };
  server.files.set("/@scope%2fweights", Buffer.from(JSON.stringify(metadata)));
  server.files.set(TARBALL_PATH, tarball);
}

const FILES: ModelEntry["files"] = [
  { role: "model", name: "weights.onnx", sizeBytes: WEIGHTS.length, sha256: sha256Of(WEIGHTS) },
  { role: "tokens", name: "tokens.txt", sizeBytes: TOKENS.length, sha256: sha256Of(TOKENS) },
];

const COMMON = {
  purpose: "recogniser",
  family: "sense-voice",
  files: FILES,
  languages: ["en"],
  licence: "MIT",
  upstream: "https://example.com",
  requires: [],
} satisfies Partial<ModelEntry>;

function packaged(): ModelEntry {
  const members = FILES.map(({ name }) => ({
    path: `package/dist/${name}`,
    file: name,
    make: "copy" as const,
  }));
  const tarball = {
    name: "@scope/weights",
    version: "1.2.3",
    integrity: integrityOf(TARBALL),
    sizeBytes: TARBALL.length,
    members,
  };
  return { ...COMMON, name: "packaged", source: { kind: "npm", packages: [tarball] } };
}

function plain(): ModelEntry {
  return { ...COMMON, name: "plain", source: { kind: "address", base: `${server.address}plain/` } };
}

const DIRECT: Omit<NetworkSettings, "registry"> = {
  scopes: {},
  caFile: null,
  httpProxy: null,
  httpsProxy: null,
  noProxy: null,
};

function options(more: Partial<PullOptions> = {}): PullOptions {
  return {
    modelsDir,
    network: { ...DIRECT, registry: server.address },
    signal: AbortSignal.timeout(60_000),
    retryPausesMs: [0, 0],
    ...more,
  };
}

async function expectWhole(entry: ModelEntry): Promise<void> {
  expect(await isInstalled(modelsDir, entry)).toBe(true);
  const folder = modelFolder(modelsDir, entry.name);
  expect((await readdir(folder)).sort()).toEqual(["model.json", "tokens.txt", "weights.onnx"]);
  expect((await readFile(path.join(folder, "weights.onnx"))).equals(WEIGHTS)).toBe(true);
  expect(await readdir(path.join(modelsDir, ".pulling"))).toEqual([`${entry.name}.lock`]);
}

async function expectNothing(entry: ModelEntry): Promise<void> {
  expect(await isInstalled(modelsDir, entry)).toBe(false);
  expect(await readdir(modelsDir).catch(() => [])).not.toContain(entry.name);
}

function rangesOf(file: string): (string | null)[] {
  return server.requests.filter((request) => request.path === file).map((request) => request.range);
}

describe("a package", () => {
  test("becomes a folder with the named members and a record, and nothing else", async () => {
    const progress: PullProgress[] = [];
    expect(await pullModel(packaged(), options({ onProgress: (now) => progress.push(now) }))).toEqual([
      "packaged",
    ]);
    await expectWhole(packaged());
    expect((await readdir(root, { recursive: true })).filter((name) => name.includes("escaped"))).toEqual([]);
    expect(progress.at(-1)).toEqual({
      name: "packaged",
      receivedBytes: TARBALL.length,
      totalBytes: TARBALL.length,
    });
    const record = await readRecord(modelFolder(modelsDir, "packaged"));
    expect(record?.source).toEqual([`${server.address.slice(0, -1)}${TARBALL_PATH}`]);
    expect(record?.files.map((file) => file.sha256)).toEqual(FILES.map((file) => file.sha256));
  });

  test("is the first in a data folder that it makes, for the owner's eyes alone", async () => {
    const dataDir = path.join(root, "data");
    await pullModel(packaged(), options({ modelsDir: path.join(dataDir, "models") }));
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  });

  test("that is installed is not asked for again", async () => {
    await pullModel(packaged(), options());
    const before = server.requests.length;
    expect(await pullModel(packaged(), options())).toEqual([]);
    expect(server.requests.length).toBe(before);
  });

  test("of a scope comes from the registry of that scope", async () => {
    const network = { ...DIRECT, registry: "http://127.0.0.1:1/", scopes: { "@scope": server.address } };
    expect(await pullModel(packaged(), options({ network }))).toEqual(["packaged"]);
    await expectWhole(packaged());
  });

  test("that the registry states another integrity for is refused before it is downloaded", async () => {
    publish(TARBALL, integrityOf(Buffer.from("another")));
    await expect(pullModel(packaged(), options())).rejects.toMatchObject({ code: "model_altered" });
    expect(rangesOf(TARBALL_PATH)).toEqual([]);
    await expectNothing(packaged());
  });

  test("whose bytes are not the pinned ones is refused, whatever the registry states", async () => {
    const forged = Buffer.from(TARBALL);
    forged[1000] = (forged[1000] ?? 0) ^ 1;
    publish(forged, integrityOf(TARBALL));
    await expect(pullModel(packaged(), options())).rejects.toMatchObject({ code: "model_altered" });
    await expectNothing(packaged());
  });

  test("that the registry does not have is named, with what to do", async () => {
    server.files.set("/@scope%2fweights", Buffer.from(JSON.stringify({ versions: {} })));
    await expect(pullModel(packaged(), options())).rejects.toThrow(/no @scope\/weights@1\.2\.3.*--from DIR/);
  });

  test("without a registry, or with one that cannot be reached, says to bring the files", async () => {
    const unknown = options({ network: { ...DIRECT, registry: null } });
    await expect(pullModel(packaged(), unknown)).rejects.toThrow(/No package registry.*--from DIR/);
    const down = options({ network: { ...DIRECT, registry: "http://127.0.0.1:1/" } });
    await expect(pullModel(packaged(), down)).rejects.toMatchObject({
      code: "model_unreachable",
      message: expect.stringMatching(/ECONNREFUSED.*--from DIR/),
    });
  });

  test("comes through the proxy where one is set", async () => {
    await using proxy = await startPackageServer();
    for (const [name, content] of server.files) proxy.files.set(name, content);
    const network = { ...DIRECT, registry: server.address, httpProxy: proxy.address };
    await pullModel(packaged(), options({ network }));
    expect(proxy.requests.map((request) => request.host)).toEqual([
      new URL(server.address).host,
      new URL(server.address).host,
    ]);
    expect(server.requests).toEqual([]);
  });
});

describe("a download", () => {
  test("that broke off goes on from there", async () => {
    server.faults.push({ kind: "cut", bytes: 1_000_000 });
    await pullModel(plain(), options());
    const ranges = rangesOf("/plain/weights.onnx");
    expect(ranges).toHaveLength(2);
    expect(ranges[0]).toBeNull();
    expect(ranges[1]).toMatch(/^bytes=[1-9]\d*-$/);
    await expectWhole(plain());
  });

  test("that was given up goes on from there at the next call", async () => {
    server.faults.push({ kind: "cut", bytes: 1_000_000 });
    await expect(pullModel(plain(), options({ retryPausesMs: [] }))).rejects.toMatchObject({
      code: "model_unreachable",
      message: expect.stringMatching(/Run the same command again/),
    });
    await expectNothing(plain());
    await pullModel(plain(), options());
    expect(rangesOf("/plain/weights.onnx")[1]).toMatch(/^bytes=[1-9]\d*-$/);
    await expectWhole(plain());
  });

  test("starts again where the server cannot go on", async () => {
    server.manners.ranges = false;
    server.faults.push({ kind: "cut", bytes: 1_000_000 });
    await pullModel(plain(), options());
    expect(rangesOf("/plain/weights.onnx")).toEqual([null, expect.stringMatching(/^bytes=/)]);
    await expectWhole(plain());
  });

  test("starts again where what is left over is of another file", async () => {
    const downloads = path.join(modelsDir, ".pulling/plain/downloads");
    await mkdir(downloads, { recursive: true });
    await writeFile(path.join(downloads, "weights.onnx"), randomBytes(1_000_000));
    await pullModel(plain(), options());
    expect(rangesOf("/plain/weights.onnx")).toEqual(["bytes=1000000-", null]);
    await expectWhole(plain());
  });

  test("is tried again while the server is busy, and not when it says no", async () => {
    server.faults.push({ kind: "status", status: 503 }, { kind: "status", status: 429 });
    await pullModel(plain(), options());
    await expectWhole(plain());
    server.files.delete("/plain/tokens.txt");
    const entry = { ...plain(), name: "other" };
    await expect(pullModel(entry, options())).rejects.toMatchObject({ code: "model_refused" });
    expect(rangesOf("/plain/tokens.txt")).toHaveLength(2);
  });

  test("of more than the pinned size is stopped", async () => {
    server.files.set("/plain/weights.onnx", Buffer.concat([WEIGHTS, WEIGHTS]));
    await expect(pullModel(plain(), options())).rejects.toThrow(/more than the 3000000 bytes/);
    await expectNothing(plain());
    const left = await stat(path.join(modelsDir, ".pulling/plain/downloads/weights.onnx"));
    expect(left.size).toBeLessThanOrEqual(WEIGHTS.length);
  });

  test("of less than the pinned size is not installed", async () => {
    server.files.set("/plain/weights.onnx", WEIGHTS.subarray(0, 1000));
    await expect(pullModel(plain(), options())).rejects.toMatchObject({ code: "model_unreachable" });
    await expectNothing(plain());
  });

  test("follows redirects, but not for ever and not to other protocols", async () => {
    server.files.set("/elsewhere", WEIGHTS);
    server.faults.push({ kind: "redirect", to: "/elsewhere" });
    await pullModel(plain(), options());
    await expectWhole(plain());
    const entry = { ...plain(), name: "other" };
    server.faults.push(...Array.from({ length: 6 }, () => ({ kind: "redirect", to: "/elsewhere" }) as const));
    await expect(pullModel(entry, options())).rejects.toThrow(/redirects more than 5 times/);
    server.faults.length = 0;
    server.faults.push({ kind: "redirect", to: "file:///etc/passwd" });
    await expect(pullModel(entry, options())).rejects.toThrow(/not secure/);
  });

  test("ends when it is aborted, and leaves no model", async () => {
    server.faults.push({ kind: "stall", bytes: 1_000_000 });
    const stop = new AbortController();
    const onProgress = (now: PullProgress) => {
      if (now.receivedBytes > 0) stop.abort(new Error("enough"));
    };
    await expect(pullModel(plain(), options({ signal: stop.signal, onProgress }))).rejects.toThrow("enough");
    await expectNothing(plain());
  });

  test("on a full disk says so, and leaves no model", async () => {
    const downloads = path.join(modelsDir, ".pulling/plain/downloads");
    await mkdir(downloads, { recursive: true });
    await symlink("/dev/full", path.join(downloads, "weights.onnx"));
    await expect(pullModel(plain(), options())).rejects.toMatchObject({ code: "disk_full" });
    await expectNothing(plain());
  });
});

describe("a folder", () => {
  test("with the files, or with a folder named for the model, is enough without a network", async () => {
    const offline = { from: root, network: { ...DIRECT, registry: null } };
    await writeFile(path.join(root, "tokens.txt"), TOKENS);
    await mkdir(path.join(root, "packaged"));
    await writeFile(path.join(root, "packaged/weights.onnx"), WEIGHTS);
    await pullModel(packaged(), options(offline));
    await expectWhole(packaged());
    expect(server.requests).toEqual([]);
  });

  test("with the tarball of npm pack is enough", async () => {
    await writeFile(path.join(root, "scope-weights-1.2.3.tgz"), TARBALL);
    expect(await pullModel(packaged(), options({ from: root }))).toEqual(["packaged"]);
    await expectWhole(packaged());
  });

  test("without some file names it, and the tarball that would do", async () => {
    await writeFile(path.join(root, "tokens.txt"), TOKENS);
    await expect(pullModel(packaged(), options({ from: root }))).rejects.toMatchObject({
      code: "model_not_in_folder",
      message: expect.stringMatching(/Missing: weights\.onnx\..*scope-weights-1\.2\.3\.tgz/),
    });
    await expectNothing(packaged());
  });

  test("with what is published is enough for what is made of it", async () => {
    const published = await testModels();
    for (const name of [
      "silero_vad_v6.onnx",
      "encoder_model.onnx",
      "decoder_model_merged.onnx",
      "tokens.txt",
    ])
      await copyFile(
        path.join(published, name.startsWith("silero") ? "silero-vad-v6" : "moonshine-tiny", name),
        path.join(root, name),
      );
    const entry = findModel("moonshine-tiny");
    await pullModel(entry, options({ from: root }));
    expect(await isInstalled(modelsDir, entry)).toBe(true);
    expect(await verifyModel(modelsDir, entry, AbortSignal.timeout(60_000))).toEqual([]);
    expect(server.requests).toEqual([]);
  });

  test("with a file of another content is refused", async () => {
    await writeFile(path.join(root, "tokens.txt"), TOKENS);
    await writeFile(path.join(root, "weights.onnx"), randomBytes(WEIGHTS.length));
    await expect(pullModel(packaged(), options({ from: root }))).rejects.toMatchObject({
      code: "model_altered",
    });
    await expectNothing(packaged());
  });
});

describe("a model's folder", () => {
  test("is made once when many pull at once", async () => {
    const results = await Promise.all(Array.from({ length: 5 }, () => pullModel(packaged(), options())));
    expect(results.flat()).toEqual(["packaged"]);
    expect(rangesOf(TARBALL_PATH)).toEqual([null]);
    await expectWhole(packaged());
  });

  test("of another version is replaced", async () => {
    await pullModel(plain(), options());
    const newer = randomBytes(500);
    server.files.set("/plain/weights.onnx", newer);
    const [model, tokens] = FILES;
    if (model === undefined || tokens === undefined) throw new Error("two files are expected");
    const files = [{ ...model, sizeBytes: newer.length, sha256: sha256Of(newer) }, tokens];
    expect(await pullModel({ ...plain(), files }, options())).toEqual(["plain"]);
    const weights = await readFile(path.join(modelFolder(modelsDir, "plain"), "weights.onnx"));
    expect(weights.equals(newer)).toBe(true);
  });

  test("does not appear when the pulling process is killed, and the next pull goes on", async () => {
    server.faults.push({ kind: "stall", bytes: 1_000_000 });
    const child = await pullElsewhere(plain());
    child.kill("SIGKILL");
    await once(child, "exit");
    await expectNothing(plain());
    await pullModel(plain(), options());
    expect(rangesOf("/plain/weights.onnx")).toEqual([null, "bytes=1000000-"]);
    await expectWhole(plain());
  });

  test("that another process makes is waited for and used", async () => {
    server.faults.push({ kind: "stall", bytes: 1_000_000 });
    const child = await pullElsewhere(plain());
    const waiting = pullModel(plain(), options());
    for (const finish of server.stalled) finish();
    expect(await waiting).toEqual([]);
    expect(rangesOf("/plain/weights.onnx")).toEqual([null]);
    await expectWhole(plain());
    if (child.exitCode === null) await once(child, "exit");
  });
});

/** A process that has come as far as the first stall. */
async function pullElsewhere(entry: ModelEntry): Promise<ChildProcess> {
  const script = pullingScript(entry);
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "inherit" });
  const partial = path.join(modelsDir, ".pulling", entry.name, "downloads/weights.onnx");
  await vi.waitFor(async () => expect((await stat(partial)).size).toBe(1_000_000), { timeout: 30_000 });
  return child;
}

function pullingScript(entry: ModelEntry): string {
  const pull = JSON.stringify(new URL("pull.ts", import.meta.url).href);
  const { signal: _, ...rest } = options();
  return `import { pullModel } from ${pull};
    await pullModel(${JSON.stringify(entry)}, { ...${JSON.stringify(rest)}, signal: AbortSignal.timeout(60_000) });`;
}

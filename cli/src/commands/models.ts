import { stat } from "node:fs/promises";
import { openDataDir } from "@uspeech/server/config/data-dir.ts";
import { CATALOGUE, findModel } from "@uspeech/server/speech/models/catalogue.ts";
import { downloadBytes, type ModelEntry, sizeBytes } from "@uspeech/server/speech/models/entry.ts";
import {
  installedModels,
  isInstalled,
  modelFolder,
  verifyModel,
} from "@uspeech/server/speech/models/installed.ts";
import type { PullProgress } from "@uspeech/server/speech/models/pull.ts";
import { type Command, defineCommand, failWith } from "../command.ts";
import { readSettings } from "../data-folder.ts";
import { CliError } from "../errors.ts";
import { interruptible } from "../interrupts.ts";
import { megabytes, Pace, ProgressBar, transferNote } from "../progress.ts";
import type { Terminal } from "../terminal.ts";

const list = defineCommand({
  name: "models list",
  operands: [],
  summary: "List the speech models that there are, and which are installed.",
  flags: {},
  async run({ terminal }) {
    const { folders } = readSettings(terminal.env);
    const installed = new Set((await installedModels(folders.models)).map((entry) => entry.name));
    const models = CATALOGUE.map((entry) => shown(entry, installed.has(entry.name)));
    terminal.printTable(models, {
      NAME: (model) => model.name,
      INSTALLED: (model) => (model.installed ? "yes" : "no"),
      "MB ON DISK": (model) => megabytes(model.size_bytes),
      LANGUAGES: (model) => languages(model.languages),
      LICENCE: (model) => model.licence,
    });
  },
});

const pull = defineCommand({
  name: "models pull",
  operands: ["NAME"],
  summary: "Install a speech model and what it needs.",
  details: `An interrupted pull goes on from where it stopped. Every file is checked against a checksum that comes with this
program, wherever it came from. The network is reached as npm reaches it: registry, proxy and certificates.`,
  flags: { from: { value: "DIR", help: "Take the files from this folder instead of the network." } },
  async run({ operands: [name = ""], flags, terminal }) {
    const { folders, config } = readSettings(terminal.env);
    const entry = findModel(name);
    await openDataDir(config.dataDir);
    const pulled = await interruptible((signal) =>
      pullWithBar(entry, { modelsDir: folders.models, from: flags.from, terminal, signal }),
    );
    const sentence =
      pulled.length > 0 ? `Installed ${pulled.join(" and ")}.` : `${name} is installed already.`;
    terminal.report(sentence, { name, installed_now: pulled });
  },
});

const remove = defineCommand({
  name: "models remove",
  operands: ["NAME"],
  summary: "Take a speech model off the disk.",
  flags: {},
  async run({ operands: [name = ""], terminal }) {
    const { folders } = readSettings(terminal.env);
    const entry = findModel(name);
    if (!(await isThere(folders.models, entry))) throw new CliError(`${name} is not installed.`);
    const { removeModel } = await import("@uspeech/server/speech/models/pull.ts");
    await interruptible((signal) => removeModel(folders.models, entry, signal));
    terminal.report(`Removed ${name}.`, { name, removed: true });
  },
});

const verify = defineCommand({
  name: "models verify",
  operands: ["[NAME]"],
  summary: "Read a model's files again, or those of all installed models, and compare their checksums.",
  flags: {},
  async run({ operands: [name], terminal }) {
    const { folders } = readSettings(terminal.env);
    const entries = name === undefined ? CATALOGUE : [findModel(name)];
    const there: ModelEntry[] = [];
    for (const entry of entries) if (await isThere(folders.models, entry)) there.push(entry);
    if (there.length === 0)
      throw new CliError(`${name ?? "No model"} is ${name ? "not " : ""}installed in ${folders.models}.`);
    const checked = await interruptible(async (signal) => {
      const results = [];
      for (const entry of there)
        results.push({ name: entry.name, problems: await verifyModel(folders.models, entry, signal) });
      return results;
    });
    const sound = checked.filter(({ problems }) => problems.length === 0);
    terminal.print(checked, sound.map(({ name }) => `${name} is whole.\n`).join(""));
    failWith(
      checked
        .filter(({ problems }) => problems.length > 0)
        .map(({ name, problems }) => {
          const files = problems.map(({ file, problem }) => `${file} is ${problem}`).join(", ");
          return `${name}: ${files}. Install it again with "uspeech models remove ${name}" and "uspeech models pull ${name}".`;
        }),
    );
  },
});

export const modelsCommands: readonly Command[] = [list, pull, remove, verify];

/** Whether anything is there of a model, be it whole or broken. */
async function isThere(modelsDir: string, entry: ModelEntry): Promise<boolean> {
  return (await stat(modelFolder(modelsDir, entry.name)).catch(() => null)) !== null;
}

interface BarOptions {
  modelsDir: string;
  from?: string | undefined;
  terminal: Terminal;
  signal: AbortSignal;
}

/** Installs a model while standard error shows how far it is. @returns names of what was installed */
export async function pullWithBar(entry: ModelEntry, options: BarOptions): Promise<string[]> {
  const needed = [entry, ...entry.requires.map(findModel)];
  const there = await Promise.all(needed.map((one) => isInstalled(options.modelsDir, one)));
  // Asking npm how it reaches the network takes longer than all else.
  if (there.every(Boolean)) return [];
  const { readNetworkSettings } = await import("@uspeech/server/speech/models/network.ts");
  const { pullModel } = await import("@uspeech/server/speech/models/pull.ts");
  const { terminal, ...where } = options;
  const bar = new ProgressBar(terminal);
  const paces = new Map<string, Pace>();
  const onProgress = ({ name, receivedBytes, totalBytes }: PullProgress) => {
    const pace = paces.get(name) ?? new Pace();
    paces.set(name, pace);
    const note = transferNote(pace, receivedBytes, totalBytes);
    bar.show({ label: name, fraction: receivedBytes / totalBytes, note });
  };
  try {
    return await pullModel(entry, {
      ...where,
      network: await readNetworkSettings(terminal.env),
      onProgress,
    });
  } finally {
    bar.clear();
  }
}

function shown(entry: ModelEntry, installed: boolean) {
  return {
    name: entry.name,
    purpose: entry.purpose,
    installed,
    size_bytes: sizeBytes(entry),
    download_bytes: downloadBytes(entry),
    languages: entry.languages,
    licence: entry.licence,
    upstream: entry.upstream,
    requires: entry.requires,
  };
}

function languages(codes: readonly string[]): string {
  if (codes.length === 0) return "-";
  return codes.length <= 6 ? codes.join(" ") : `${codes.slice(0, 5).join(" ")} and ${codes.length - 5} more`;
}

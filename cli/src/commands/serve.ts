import type { Role } from "@uspeech/server/app.ts";
import { openDataDir } from "@uspeech/server/config/data-dir.ts";
import { neededModel } from "@uspeech/server/speech/needed-model.ts";
import { defineCommand } from "../command.ts";
import { readSettings } from "../data-folder.ts";
import { interruptible } from "../interrupts.ts";
import type { Terminal } from "../terminal.ts";
import { pullWithBar } from "./models.ts";

const SETTINGS_AND_LOG =
  "Settings come from the environment: docs/settings.md lists them. The log is JSON lines, with or without --json.";

export const serveCommand = defineCommand({
  name: "serve",
  operands: [],
  summary: "Serve the API and transcribe what is uploaded, until stopped.",
  details: `${SETTINGS_AND_LOG}
The first start installs the speech model and prints the address, the first account, its API key and its project.`,
  flags: {},
  run: ({ terminal }) => serveAs(["api", "work"], terminal),
});

export const workCommand = defineCommand({
  name: "work",
  operands: [],
  summary: "Transcribe what is uploaded to a server on the same data folder, until stopped.",
  details: SETTINGS_AND_LOG,
  flags: {},
  run: ({ terminal }) => serveAs(["work"], terminal),
});

async function serveAs(roles: Role[], terminal: Terminal): Promise<void> {
  const { config, folders } = readSettings(terminal.env);
  const model = neededModel(config);
  await openDataDir(config.dataDir);
  await interruptible((signal) => pullWithBar(model, { modelsDir: folders.models, terminal, signal }));
  const { serve } = await import("@uspeech/server/main.ts");
  await serve({ roles });
}

import { defineCommand } from "../command.ts";

export const serveCommand = defineCommand({
  name: "serve",
  operands: [],
  summary: "Serve the API and transcribe what is uploaded, until stopped.",
  details: `Settings come from the environment: docs/settings.md lists them. The log is JSON lines, with or without --json.
The first start prints the address, the first account, its API key and its project.`,
  flags: {},
  run: async () => {
    const { serve } = await import("@uspeech/server/main.ts");
    await serve({ roles: ["api", "work"] });
  },
});

export const workCommand = defineCommand({
  name: "work",
  operands: [],
  summary: "Transcribe what is uploaded to a server on the same data folder, until stopped.",
  details:
    "Settings come from the environment: docs/settings.md lists them. The log is JSON lines, with or without --json.",
  flags: {},
  run: async () => {
    const { serve } = await import("@uspeech/server/main.ts");
    await serve({ roles: ["work"] });
  },
});

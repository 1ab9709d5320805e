import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Download } from "@uspeech/client";
import { apiClient } from "../api.ts";
import { defineCommand, idOf, oneOf } from "../command.ts";
import { CliError, UsageError } from "../errors.ts";
import { interruptible } from "../interrupts.ts";

const TYPES = ["srt", "vtt", "txt", "json", "docx"] as const;

export const downloadCommand = defineCommand({
  name: "download",
  operands: ["ID"],
  summary: "Download a transcript as a document, to standard output or a file.",
  details: "ID is a transcript's, as `uspeech transcripts` lists them. With --json, --output is needed.",
  flags: {
    type: { value: "T", required: true, help: `The format: ${TYPES.join(", ")}.` },
    output: { value: "FILE", help: "Write to this file; what stands there is replaced once all has come." },
  },
  async run({ operands: [text = ""], flags, terminal }) {
    const id = idOf("ID", text);
    const type = oneOf("--type", flags.type, TYPES);
    const { output } = flags;
    if (output === undefined && terminal.json) throw new UsageError("--json needs --output FILE.");
    if (output === undefined && type === "docx" && terminal.stdout.isTTY)
      throw new UsageError("A document is nothing to look at here. Name a file with --output FILE.");
    const client = apiClient(terminal);
    await interruptible(async (signal) => {
      const download = await client.transcripts.download(id, { type, signal });
      const written =
        output === undefined
          ? pipeline(bytes(download), terminal.stdout, { signal, end: false })
          : save(download, output, signal);
      await written.catch((error: unknown) => {
        throw explained(error, output ?? "Standard output");
      });
    });
    if (output !== undefined) terminal.report(`Wrote ${output}.`, { transcript: id, type, output });
  },
});

/** An error of the disk or of the connection as a sentence. */
function explained(error: unknown, output: string): unknown {
  if (error instanceof Error && "syscall" in error && "code" in error)
    return new CliError(`${output} cannot be written (${String(error.code)}).`, { cause: error });
  if (error instanceof TypeError)
    return new CliError("The connection broke before all of the document came. Try again.", { cause: error });
  return error;
}

function bytes(download: Download): Readable {
  return Readable.fromWeb(download.stream);
}

/** Whole or not at all. */
async function save(download: Download, path: string, signal: AbortSignal): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  try {
    await pipeline(bytes(download), createWriteStream(draft), { signal });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

import { apiClient } from "../api.ts";
import { defineCommand, idOf, oneOf } from "../command.ts";
import { interruptible } from "../interrupts.ts";
import { duration } from "../progress.ts";

const STATUSES = ["uploaded", "transcribing", "transcribed", "failed"] as const;

export const filesCommand = defineCommand({
  name: "files",
  operands: [],
  summary: "List the files that you can see.",
  flags: {
    project: { value: "ID", help: "Only files of this project." },
    status: { value: "S", help: `Only files with this status: ${STATUSES.join(", ")}.` },
    search: { value: "TEXT", help: "Only files with this in their name." },
  },
  async run({ flags, terminal }) {
    const filters = {
      project: flags.project === undefined ? undefined : idOf("--project", flags.project),
      status: flags.status === undefined ? undefined : oneOf("--status", flags.status, STATUSES),
      search: flags.search,
      page_size: 100,
    };
    const client = apiClient(terminal);
    const files = await interruptible((signal) => client.files.list(filters, { signal }).all());
    terminal.printTable(files, {
      ID: (file) => file.id,
      PROJECT: (file) => file.project,
      STATUS: (file) => file.status,
      TRANSCRIPT: (file) => file.transcript,
      LENGTH: (file) => file.duration_seconds && duration(file.duration_seconds),
      UPLOADED: (file) => file.uploaded_at,
      NAME: (file) => file.original_filename,
    });
  },
});

import { apiClient } from "../api.ts";
import { defineCommand, idOf } from "../command.ts";
import { interruptible } from "../interrupts.ts";
import { duration } from "../progress.ts";

export const transcriptsCommand = defineCommand({
  name: "transcripts",
  operands: [],
  summary: "List the transcripts that you can see.",
  flags: {
    project: { value: "ID", help: "Only transcripts of this project." },
    search: { value: "TEXT", help: "Only transcripts of files with this in their name." },
  },
  async run({ flags, terminal }) {
    const filters = {
      project: flags.project === undefined ? undefined : idOf("--project", flags.project),
      search: flags.search,
      page_size: 100,
    };
    const client = apiClient(terminal);
    const transcripts = await interruptible((signal) => client.transcripts.list(filters, { signal }).all());
    terminal.printTable(transcripts, {
      ID: (transcript) => transcript.id,
      STATUS: (transcript) => transcript.error_reason ?? transcript.status,
      LANGUAGE: (transcript) => transcript.language,
      WORDS: (transcript) => transcript.word_count,
      LENGTH: (transcript) => transcript.duration_seconds && duration(transcript.duration_seconds),
      NAME: (transcript) => transcript.original_filename,
    });
  },
});

import { apiClient } from "../api.ts";
import { defineCommand } from "../command.ts";
import { interruptible } from "../interrupts.ts";

export const projectsCommand = defineCommand({
  name: "projects",
  operands: [],
  summary: "List the projects that you can see.",
  flags: {},
  async run({ terminal }) {
    const client = apiClient(terminal);
    const projects = await interruptible((signal) =>
      client.projects.list({ page_size: 100 }, { signal }).all(),
    );
    terminal.printTable(projects, {
      ID: (project) => project.id,
      FILES: (project) => project.file_count,
      LANGUAGE: (project) => project.language,
      TITLE: (project) => project.title,
    });
  },
});

import type { Command } from "./command.ts";
import { downloadCommand } from "./commands/download.ts";
import { filesCommand } from "./commands/files.ts";
import { keysCommands } from "./commands/keys.ts";
import { modelsCommands } from "./commands/models.ts";
import { projectsCommand } from "./commands/projects.ts";
import { serveCommand, workCommand } from "./commands/serve.ts";
import { transcribeCommand } from "./commands/transcribe.ts";
import { transcriptsCommand } from "./commands/transcripts.ts";
import { uploadCommand } from "./commands/upload.ts";
import { userPlanCommands } from "./commands/user-plans.ts";
import { usersCommands } from "./commands/users.ts";
import { workCommands } from "./commands/work.ts";

/** Every command, under the headings of the overview. */
export const GROUPS: Readonly<Record<string, readonly Command[]>> = {
  "Run the service:": [serveCommand, workCommand],
  "Transcribe here, without a server and without an account:": [transcribeCommand],
  "On the data folder (USPEECH_DATA_DIR), also while the server runs:": [
    ...modelsCommands,
    ...usersCommands,
    ...userPlanCommands,
    ...keysCommands,
    ...workCommands,
  ],
  "Through the API, with USPEECH_URL and USPEECH_API_KEY:": [
    uploadCommand,
    projectsCommand,
    filesCommand,
    transcriptsCommand,
    downloadCommand,
  ],
};

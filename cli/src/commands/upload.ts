import path from "node:path";
import type { FileType, TranscriptionFile, UspeechClient } from "@uspeech/client";
import {
  AuthenticationError,
  ConnectionError,
  PermissionError,
  TranscriptionFailedError,
  UspeechError,
} from "@uspeech/client";
import { apiClient } from "../api.ts";
import { defineCommand, failWith, idOf } from "../command.ts";
import { interruptible } from "../interrupts.ts";
import { Pace, ProgressBar, transferNote } from "../progress.ts";
import { plain, type Terminal } from "../terminal.ts";

export const uploadCommand = defineCommand({
  name: "upload",
  operands: ["FILE…"],
  summary: "Upload recordings to a project, where they are transcribed.",
  details:
    "Standard output has a line for each file: its id, its status and its name. Names that end in .srt, .vtt, .csv and .xlsx\nare uploaded as what they are.",
  flags: {
    project: {
      value: "ID",
      required: true,
      help: "The project; `uspeech projects` lists those that there are.",
    },
    wait: { help: "Wait until the files are transcribed, and fail where one is not." },
  },
  async run({ operands: paths, flags, terminal }) {
    const project = idOf("--project", flags.project);
    const client = apiClient(terminal);
    const failures: string[] = [];
    const files: TranscriptionFile[] = [];
    try {
      await interruptible(async (signal) => {
        await eachOf(paths, String, failures, async (file) => {
          files.push(await uploadOne(client, file, { project, terminal, signal }));
        });
        if (!flags.wait) return;
        await eachOf([...files], nameOf, failures, async (file, index) => {
          files[index] = await watch(client, file, terminal, signal);
        });
      });
    } finally {
      // What was uploaded is there, whatever happened afterwards.
      terminal.print(
        files,
        files.map((file) => `${file.id}\t${file.status}\t${plain(file.original_filename)}\n`).join(""),
      );
    }
    failWith([...failures, ...(flags.wait ? files.flatMap(faultsOf) : [])]);
  },
});

function nameOf(file: TranscriptionFile): string {
  return file.original_filename;
}

/** Does something for each file, and notes what went wrong with one, so that the others are done too. */
async function eachOf<File>(
  files: readonly File[],
  nameOf: (file: File) => string,
  failures: string[],
  work: (file: File, index: number) => Promise<void>,
): Promise<void> {
  for (const [index, file] of files.entries()) {
    try {
      await work(file, index);
    } catch (error) {
      if (!isAboutFile(error)) throw error;
      failures.push(`${nameOf(file)}: ${error.message}`);
      if (concernsAll(error)) return;
    }
  }
}

/** Why there is no transcript of a file that was waited for; nothing where there is one, or none was asked for. */
function faultsOf(file: TranscriptionFile): string[] {
  if (file.status === "failed") return [new TranscriptionFailedError(file).message];
  return file.notice ? [`${nameOf(file)}: ${file.notice.detail}`] : [];
}

/** What went wrong with one file, so that the others can go on: the server's word on it, or the disk's. */
function isAboutFile(error: unknown): error is Error {
  return error instanceof UspeechError || (error instanceof Error && "syscall" in error);
}

/** The next file would fare no better: there is no server, or it does not let this key in. */
function concernsAll(error: Error): boolean {
  return [ConnectionError, AuthenticationError, PermissionError].some((kind) => error instanceof kind);
}

const TYPES: Readonly<Record<string, FileType>> = {
  ".srt": "srt",
  ".vtt": "vtt",
  ".csv": "csv",
  ".xlsx": "xlsx",
};

async function uploadOne(
  client: UspeechClient,
  file: string,
  { project, terminal, signal }: { project: number; terminal: Terminal; signal: AbortSignal },
): Promise<TranscriptionFile> {
  const bar = new ProgressBar(terminal);
  const pace = new Pace();
  const fileType = TYPES[path.extname(file).toLowerCase()] ?? "audio";
  try {
    const uploaded = await client.files.upload(file, {
      project,
      fileType,
      signal,
      onSent: (sentBytes, sizeBytes) => {
        if (!sizeBytes) return;
        const note = transferNote(pace, sentBytes, sizeBytes);
        bar.show({ label: `Uploading ${path.basename(file)}`, fraction: sentBytes / sizeBytes, note });
      },
    });
    bar.clear();
    if (uploaded.notice) terminal.say(`${file}: ${uploaded.notice.detail}`);
    return uploaded;
  } finally {
    bar.clear();
  }
}

async function watch(
  client: UspeechClient,
  file: TranscriptionFile,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TranscriptionFile> {
  const bar = new ProgressBar(terminal);
  const pace = new Pace();
  const onChange = ({ original_filename, progress }: TranscriptionFile) => {
    // Before that it may have waited for its turn.
    const note = progress > 0 ? pace.left(progress, 1) : "";
    bar.show({ label: `Transcribing ${original_filename}`, fraction: progress, note });
  };
  try {
    return await client.files.wait(file.id, { onChange, signal });
  } finally {
    bar.clear();
  }
}

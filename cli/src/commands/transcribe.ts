import type { ExportType } from "@uspeech/server/exports/export.ts";
import { ISO_639_1 } from "@uspeech/server/projects/languages.ts";
import { spokenBy, unspoken } from "@uspeech/server/speech/needed-model.ts";
import { defineCommand, failWith, oneOf, wholeNumber } from "../command.ts";
import { readSettings } from "../data-folder.ts";
import { CliError, UsageError } from "../errors.ts";
import { interruptible } from "../interrupts.ts";

const FORMATS = ["txt", "srt", "vtt", "json", "docx"] as const satisfies ExportType[];

/** As many processes as USPEECH_WORKERS allows. */
const WORKERS_MAX = 256;

export const transcribeCommand = defineCommand({
  name: "transcribe",
  operands: ["FILE…"],
  summary: "Transcribe recordings on this machine.",
  details: `One recording's transcript goes to standard output; those of several go into files beside the recordings. The model is
installed on first use. A recording that fails is named on standard error and the others are still done; the exit code is
then 1. With --json the transcripts are printed as JSON, or the names of the files where --output is given.`,
  flags: {
    format: { value: "F", help: `${FORMATS.join(", ")}; txt where not given.` },
    output: { value: "DIR", help: "Write the transcripts into this folder." },
    overwrite: { help: "Replace files that are there already." },
    model: { value: "NAME", help: "The speech model; USPEECH_MODEL or the default where not given." },
    language: {
      value: "L",
      help: "What is spoken, as an ISO 639-1 code; left to the model where not given.",
    },
    workers: { value: "N", help: "How many processes recognise at once; as many as cores where not given." },
  },
  async run({ operands, flags, terminal }) {
    const format = flags.format === undefined ? "txt" : oneOf("--format", flags.format, FORMATS);
    if (terminal.json && flags.format !== undefined && flags.output === undefined)
      throw new UsageError(
        "--json prints transcripts as JSON. Give --output DIR to have them in another format too.",
      );
    const { failuresOf, planOutputs, shownResult, transcribeAll } = await import("../transcribe/run.ts");
    const jobs = planOutputs(operands, {
      format,
      folder: flags.output,
      print: operands.length === 1 || terminal.json,
      isTerminal: terminal.stdout.isTTY,
    });
    const settings = readSettings(terminal.env);
    const model = flags.model ?? settings.config.model;
    const openai = model === settings.config.model ? settings.config.openai : null;
    const language = languageFor(flags.language ?? "auto", model, spokenBy({ model, openai }));
    const workers =
      flags.workers === undefined
        ? settings.config.workers
        : wholeNumber("--workers", flags.workers, 1, WORKERS_MAX);
    const overwrite = flags.overwrite ?? false;
    const results = await interruptible((signal) =>
      transcribeAll(jobs, {
        settings,
        model,
        openai,
        language,
        workers,
        format,
        overwrite,
        terminal,
        signal,
      }),
    );
    if (terminal.json) terminal.print({ results: results.map(shownResult) }, "");
    failWith(failuresOf(results));
  },
});

/** @throws {UsageError} for what is no language; {CliError} for one that the model does not speak */
function languageFor(code: string, model: string, spoken: readonly string[]): string {
  const fault = unspoken(code, spoken);
  if (fault === null) return code;
  if (!ISO_639_1.includes(code))
    throw new UsageError(
      `--language is ${JSON.stringify(code)}, which is no ISO 639-1 code such as en or de.`,
    );
  const { language, others } = fault;
  const remedy =
    others.length > 0 ? `Choose one that does with --model: ${others.join(", ")}.` : "No model does.";
  throw new CliError(`${model} does not speak ${language}. ${remedy}`);
}

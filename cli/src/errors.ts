/** What was asked for failed: a sentence for the person, and exit code 1. */
export class CliError extends Error {
  override name = "CliError";
}

/** The command was used wrongly: the sentence is followed by its usage, and the exit code is 2. */
export class UsageError extends Error {
  override name = "UsageError";
}

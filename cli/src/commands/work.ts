import { userByEmail } from "@uspeech/server/accounts/users.ts";
import type { FailureFilter } from "@uspeech/server/admin/failure-routes.ts";
import { type Command, defineCommand, oneOf, wholeNumber } from "../command.ts";
import { readSettings, withDatabase } from "../data-folder.ts";
import { duration } from "../progress.ts";

/** How many failures are shown unless somebody asks for more. */
const FAILURES_SHOWN = 20;
const FAILURES_MAX = 1000;

const queue = defineCommand({
  name: "queue",
  operands: [],
  summary: "Show what is being transcribed and what waits, whose it is, and how far it is.",
  flags: {},
  async run({ terminal }) {
    const settings = readSettings(terminal.env);
    const { queueState } = await import("@uspeech/server/admin/queue-routes.ts");
    const state = await withDatabase(settings, { create: false }, (db) => queueState(db, new Date()));
    const { depth, running, oldest_queued_seconds: waited } = state;
    const oldest = waited === null ? "" : `; the oldest has waited for ${duration(waited)}`;
    terminal.say(`${running} running, ${depth} waiting${oldest}.`);
    if (terminal.json) return terminal.print(state, "");
    terminal.printTable(state.tasks, {
      TASK: (task) => task.id,
      STATUS: (task) => task.status,
      USER: (task) => task.user_email,
      FILE: (task) => task.file,
      LENGTH: (task) => task.duration_seconds && duration(task.duration_seconds),
      DONE: (task) => `${Math.floor(100 * task.progress)} %`,
      TRY: (task) => task.attempt,
      QUEUED: (task) => task.created_at,
    });
  },
});

const failures = defineCommand({
  name: "failures",
  operands: [],
  summary: "List the transcriptions that failed, the latest first, with why.",
  details: `R is audio_too_short or hallucinated_transcript, or upstream where the recording is not the cause. With --json the
evidence is shown too, which may quote the text that was doubted.`,
  flags: {
    reason: { value: "R", help: "Only those with this reason." },
    user: { value: "EMAIL", help: "Only those of this user." },
    limit: { value: "N", help: `How many at most; ${FAILURES_SHOWN} unless given.` },
  },
  async run({ flags, terminal }) {
    const settings = readSettings(terminal.env);
    const { latestFailures, REASONS } = await import("@uspeech/server/admin/failure-routes.ts");
    const error_reason = flags.reason === undefined ? undefined : oneOf("--reason", flags.reason, REASONS);
    const limit =
      flags.limit === undefined ? FAILURES_SHOWN : wholeNumber("--limit", flags.limit, 1, FAILURES_MAX);
    const found = await withDatabase(settings, { create: false }, async (db) => {
      const user = flags.user === undefined ? undefined : (await userByEmail(db, flags.user)).id;
      const wanted: FailureFilter = { error_reason, user };
      return latestFailures(db, wanted, limit);
    });
    terminal.printTable(found, {
      TASK: (failure) => failure.task,
      FILE: (failure) => failure.file,
      USER: (failure) => failure.user_email,
      REASON: (failure) => failure.error_reason ?? "upstream",
      FINISHED: (failure) => failure.finished_at,
      ERROR: (failure) => failure.error,
    });
  },
});

export const workCommands: readonly Command[] = [queue, failures];

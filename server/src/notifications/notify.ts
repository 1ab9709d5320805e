import { LIMITS } from "../config/limits.ts";
import type { Tx } from "../database/open.ts";
import { mailLater } from "../mail/outbox.ts";
import { rolesIn } from "../projects/access.ts";
import type { Queue } from "../queue/queue.ts";

/**
 * Has whoever asked for a transcription told by mail that it ended, if they want to know and their address is confirmed, in the
 * transaction in which it ends. A mail holds no spoken word.
 *
 * @param siteUrl where people reach the server
 */
export async function notifyEnd(
  tx: Tx,
  services: { queue: Queue; siteUrl: () => string },
  taskId: number,
  now: Date,
): Promise<void> {
  const ended = await wantedEnd(tx, taskId);
  if (!ended) return;
  // Whoever lost sight of a project hears nothing of it any more.
  if ((await rolesIn(tx, { userId: ended.user_id }, [ended.project_id])).size === 0) return;
  await mailLater(tx, services.queue, ended.user_id, endMail(ended, services.siteUrl()), now);
}

type Ended = NonNullable<Awaited<ReturnType<typeof wantedEnd>>>;

function wantedEnd(tx: Tx, taskId: number) {
  return tx
    .selectFrom("tasks")
    .innerJoin("users", "users.id", "tasks.user_id")
    .innerJoin("files", "files.id", "tasks.file_id")
    .innerJoin("transcripts", "transcripts.id", "tasks.transcript_id")
    .select(["tasks.user_id", "tasks.error", "files.project_id", "files.original_filename"])
    .select(["transcripts.id as transcript_id", "transcripts.status"])
    .where("tasks.id", "=", taskId)
    .where("users.notify_by_mail", "=", 1)
    .where("users.is_active", "=", 1)
    .where("users.email_confirmed_at", "is not", null)
    .executeTakeFirst();
}

function endMail(ended: Ended, siteUrl: string): { subject: string; text: string } {
  const name = shown(ended.original_filename);
  const isReady = ended.status === "transcribed";
  const what = isReady
    ? `The transcript of ${name} is ready.`
    : `${name} could not be transcribed.\n\n${ended.error ?? ""}`;
  return {
    subject: `${isReady ? "Transcript ready" : "Transcription failed"}: ${name}`,
    text: `${what}

${siteUrl}/api/transcripts/${ended.transcript_id}/

You asked to be told. To be told no more, log in and say so:
${siteUrl}/
`,
  };
}

/** A name on one line of a mail: names may hold anything. */
function shown(filename: string): string {
  const line = filename.replaceAll(/[\p{C}\p{Z}]+/gu, " ").trim();
  const characters = Array.from(line);
  const { filenameCharactersMax: max } = LIMITS.mail;
  return characters.length <= max ? line : `${characters.slice(0, max).join("")}…`;
}

import type { Selectable } from "kysely";
import type { Actor } from "../accounts/users.ts";
import { compiledOnce } from "../database/compiled.ts";
import type { Executor, Tx } from "../database/open.ts";
import type { Tables } from "../database/tables.ts";
import type { Coverage, Evidence, Transcript, Turn, TurnFlag, Word } from "../pipeline/transcript.ts";
import { inVisibleProject, type Search, type Viewer } from "../projects/access.ts";

export type TranscriptRow = Selectable<Tables["transcripts"]> & {
  project_id: number;
  original_filename: string;
  duration_seconds: number | null;
  return_timestamps: number;
};
export type StoredTurn = Turn & { id: number };
export type TurnText = Omit<StoredTurn, "words">;

function rowsWithFile(executor: Executor) {
  return executor
    .selectFrom("transcripts")
    .innerJoin("files", "files.id", "transcripts.file_id")
    .innerJoin("projects", "projects.id", "files.project_id")
    .selectAll("transcripts")
    .select([
      "files.project_id",
      "files.original_filename",
      "files.duration_seconds",
      "projects.return_timestamps",
    ]);
}

/** Transcripts of files that the actor sees, with what their lists show of the file. */
export function transcriptRows(executor: Executor, actor: Viewer, search?: Search) {
  return rowsWithFile(executor).where(inVisibleProject(executor, actor, search));
}

export async function findTranscript(
  executor: Executor,
  actor: Actor,
  id: number,
): Promise<TranscriptRow | undefined> {
  const [transcript] = await visibleTranscripts(executor, actor.userId, id);
  return transcript;
}

const visibleTranscripts = compiledOnce((executor, userId: number, id: number) =>
  transcriptRows(executor, { userId }).where("transcripts.id", "=", id),
);

/** A finished transcript for whoever holds a link that was given to somebody who may see it. */
export function linkedTranscript(executor: Executor, id: number): Promise<TranscriptRow | undefined> {
  return rowsWithFile(executor)
    .where("transcripts.id", "=", id)
    .where("transcripts.status", "=", "transcribed")
    .executeTakeFirst();
}

/** In the order in which they were spoken. */
export async function turnsOf(executor: Executor, transcriptId: number): Promise<StoredTurn[]> {
  const rows = await turnRows(executor, transcriptId);
  return rows.map((row) => Object.assign(turnText(row), { words: JSON.parse(row.words_json) as Word[] }));
}

/** {@link turnsOf} without the words, which are nine tenths of what is stored. */
export async function textsOf(executor: Executor, transcriptId: number): Promise<TurnText[]> {
  return (await textRows(executor, transcriptId)).map(turnText);
}

function textsIn(executor: Executor, transcriptId: number) {
  return executor
    .selectFrom("turns")
    .select(["id", "start_seconds", "end_seconds", "speaker", "text", "flags_json"])
    .where("transcript_id", "=", transcriptId)
    .orderBy("position");
}

const textRows = compiledOnce(textsIn);

const turnRows = compiledOnce((executor, transcriptId: number) =>
  textsIn(executor, transcriptId).select("words_json"),
);

function turnText(
  row: Omit<Selectable<Tables["turns"]>, "words_json" | "transcript_id" | "position">,
): TurnText {
  return {
    id: row.id,
    start: row.start_seconds,
    end: row.end_seconds,
    speaker: row.speaker,
    text: row.text,
    flags: JSON.parse(row.flags_json) as TurnFlag[],
  };
}

/** The stored transcript in the pipeline's own form, as exports take it. */
export function asTranscript(row: TranscriptRow, turns: Turn[]): Transcript {
  return {
    model: row.model ?? "",
    language: row.language ?? "",
    languageConfidence: row.language_confidence,
    durationSeconds: row.duration_seconds ?? 0,
    speechSeconds: row.speech_seconds ?? 0,
    speakers: JSON.parse(row.speakers_json) as string[],
    speakersConfidence: row.speakers_confidence,
    turns,
    coverage: coverageOf(row),
    missing: JSON.parse(row.missing_json) as string[],
  };
}

export function coverageOf(row: Pick<TranscriptRow, "coverage_json">): Coverage {
  if (row.coverage_json === null) return { ratio: 1, uncovered: [], withheld: [] };
  return JSON.parse(row.coverage_json) as Coverage;
}

/** Stores a finished transcript in place of whatever stood there. */
export async function saveTranscript(
  tx: Tx,
  id: number,
  transcript: Transcript,
  evidence: Evidence[],
  now: Date,
): Promise<void> {
  await tx
    .updateTable("transcripts")
    .set((eb) => ({
      status: "transcribed" as const,
      error_reason: null,
      error_detail_json: null,
      language: transcript.language || null,
      language_confidence: transcript.languageConfidence,
      speech_seconds: transcript.speechSeconds,
      word_count: transcript.turns.reduce((count, turn) => count + turn.words.length, 0),
      speakers_json: JSON.stringify(transcript.speakers),
      speakers_confidence: transcript.speakersConfidence,
      coverage_json: JSON.stringify(transcript.coverage),
      missing_json: JSON.stringify(transcript.missing),
      evidence_json: JSON.stringify(evidence),
      model: transcript.model || null,
      version: eb("version", "+", 1),
      updated_at: now.toISOString(),
    }))
    .where("id", "=", id)
    .execute();
  await tx.deleteFrom("turns").where("transcript_id", "=", id).execute();
  await insertTurns(tx, id, transcript.turns);
}

/** Rows in one statement: SQLite takes 32,766 values at once, and a turn has eight. */
const TURNS_AT_ONCE = 1_000;

async function insertTurns(tx: Tx, transcriptId: number, turns: Turn[]): Promise<void> {
  for (let first = 0; first < turns.length; first += TURNS_AT_ONCE) {
    const rows = turns.slice(first, first + TURNS_AT_ONCE).map((turn, index) => ({
      transcript_id: transcriptId,
      position: first + index,
      start_seconds: turn.start,
      end_seconds: turn.end,
      speaker: turn.speaker,
      text: turn.text,
      flags_json: JSON.stringify(turn.flags),
      words_json: JSON.stringify(turn.words),
    }));
    await tx.insertInto("turns").values(rows).execute();
  }
}

/** A transcript that came with its text, as subtitles do: there is nothing to queue. @returns its id */
export async function createTranscribed(
  tx: Tx,
  fileId: number,
  transcript: Transcript,
  now: Date,
): Promise<number> {
  const { id } = await tx
    .insertInto("transcripts")
    .values({
      file_id: fileId,
      status: "transcribed",
      speakers_json: "[]",
      missing_json: "[]",
      evidence_json: "[]",
      created_at: now.toISOString(),
      updated_at: now.toISOString(),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await saveTranscript(tx, id, transcript, [], now);
  return id;
}

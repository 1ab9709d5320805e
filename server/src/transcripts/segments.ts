import type { Database, Executor } from "../database/open.ts";
import { type Checkpoint, clipKey, type StoredSegment } from "../pipeline/checkpoint.ts";
import { SAMPLE_RATE_HZ } from "../speech/recogniser.ts";
import type { Task } from "../tasks/tasks.ts";

/** The pipeline's checkpoint as rows of a task: each recognised segment is durable before the next report of progress. */
export function storedSegments(db: Database, task: Task, onSaved: () => void): Checkpoint {
  return {
    async load() {
      const rows = await db
        .selectFrom("segments")
        .select("segment_json")
        .where("task_id", "=", task.id)
        .execute();
      return rows.map((row) => JSON.parse(row.segment_json) as StoredSegment);
    },
    async save(segment) {
      await saveSegment(db, task.id, segment);
      onSaved();
    },
  };
}

/** A run whose lease was lost may save what its successor saved too: it is the same, and kept once. */
async function saveSegment(db: Database, taskId: number, segment: StoredSegment): Promise<void> {
  const { startSample, endSample } = segment.shown ?? segment;
  await db
    .insertInto("segments")
    .values({
      task_id: taskId,
      start_seconds: startSample / SAMPLE_RATE_HZ,
      end_seconds: endSample / SAMPLE_RATE_HZ,
      segment_key: clipKey(segment),
      segment_json: JSON.stringify(segment),
    })
    .onConflict((conflict) => conflict.columns(["task_id", "segment_key"]).doNothing())
    .execute();
}

/** Text of a transcript that is still being made. */
export interface RecognisedText {
  id: number;
  start: number;
  end: number;
  text: string;
}

/** What was recognised of a file in its running task, in the order in which it was stored; what is not to be shown yet is left out. */
export async function recognisedSince(
  executor: Executor,
  fileId: number,
  afterId: number,
): Promise<RecognisedText[]> {
  const rows = await executor
    .selectFrom("segments")
    .innerJoin("tasks", "tasks.id", "segments.task_id")
    .select(["segments.id", "segments.start_seconds", "segments.end_seconds", "segments.segment_json"])
    .where("tasks.file_id", "=", fileId)
    .where("segments.id", ">", afterId)
    .orderBy("segments.id")
    .execute();
  return rows.flatMap((row) => {
    const { shown } = JSON.parse(row.segment_json) as StoredSegment;
    if (!shown?.text) return [];
    return [{ id: row.id, start: row.start_seconds, end: row.end_seconds, text: shown.text }];
  });
}

/**
 * Forgets the segments of tasks that ended before the given time. Until then they serve those who follow the events of a
 * transcription that has just ended.
 */
export async function forgetOldSegments(db: Database, before: Date): Promise<void> {
  await db
    .deleteFrom("segments")
    .where("task_id", "in", (eb) =>
      eb.selectFrom("tasks").select("id").where("finished_at", "<", before.toISOString()),
    )
    .execute();
}

/** The clips that the program recognised, to give them to somebody else. */
import path from "node:path";
import { openDatabase } from "../../../server/src/database/open.ts";
import { decode } from "../../../server/src/media/decode.ts";
import { listenTo } from "../../../server/src/media/levels.ts";
import { probe } from "../../../server/src/media/probe.ts";
import type { StoredSegment } from "../../../server/src/pipeline/checkpoint.ts";
import { textOf } from "../../../server/src/pipeline/heard.ts";
import type { Clip } from "../../../server/src/speech/recogniser.ts";
import type { Program } from "./program.ts";

/** A clip, and what the program heard in it. */
export interface HeardClip {
  clip: Clip;
  text: string;
}

/** Longer than a recording of any benchmark. */
const SECONDS_MAX = 1_000_000;

/** Decodes a recording as the program does, and gives the whole of it as the program listens to it. */
export async function decodeRecording(file: string): Promise<Clip> {
  const signal = AbortSignal.timeout(3_600_000);
  const found = await probe(file, { filename: path.basename(file), signal });
  const [track] = found.tracks;
  if (track === undefined) throw new Error(`${file} has no audio track.`);
  const spoolPath = `${file}.s16le`;
  const { spool, levels } = await decode(file, found, track, { spoolPath, secondsMax: SECONDS_MAX, signal });
  return { spool, startSample: 0, endSample: spool.samples, ...listenTo(levels) };
}

/**
 * What the program stored of a file, second looks included, in the order in which it was done.
 *
 * @param whole the same file, by {@link decodeRecording}
 */
export async function heardClips(program: Program, fileId: number, whole: Clip): Promise<HeardClip[]> {
  const db = await openDatabase(program.database);
  try {
    const rows = await db
      .selectFrom("segments")
      .innerJoin("tasks", "tasks.id", "segments.task_id")
      .select("segments.segment_json")
      .where("tasks.file_id", "=", fileId)
      .orderBy("segments.id")
      .execute();
    return rows.map(({ segment_json }) => {
      const { startSample, endSample, heard }: StoredSegment = JSON.parse(segment_json);
      return { clip: { ...whole, startSample, endSample }, text: textOf(heard.words) };
    });
  } finally {
    await db.destroy();
  }
}

import { Readable } from "node:stream";
import type { Actor } from "../accounts/users.ts";
import { LIMITS } from "../config/limits.ts";
import type { Database } from "../database/open.ts";
import type { Answer } from "../http/view.ts";
import type { Changes } from "../observe/changes.ts";
import { recognisedSince, type RecognisedText } from "../transcripts/segments.ts";
import { type FileRow, findFile } from "./files.ts";
import { presentFile } from "./present.ts";

interface EventServices {
  db: Database;
  changes: Changes;
  now: () => Date;
}

/**
 * Server-sent events (HTML standard, section 9.2) until the file's status is final: `status` with the file whenever its
 * status changes, `progress` from 0 to 1, and `turn` with each stretch of text as it is recognised, before speakers and word
 * times are known. A client that reconnects with `Last-Event-ID` gets the turns that it has not seen.
 */
export function fileEvents(
  services: EventServices,
  actor: Actor,
  file: FileRow,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Answer {
  const seen = /^\d{1,15}$/.test(lastEventId ?? "") ? Number(lastEventId) : 0;
  return {
    status: 200,
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "x-accel-buffering": "no",
      // It lasts as long as what it tells of: a server that ends need not wait for another request on it.
      connection: "close",
    },
    stream: Readable.from(follow(services, actor, file, seen, signal)),
  };
}

async function* follow(
  services: EventServices,
  actor: Actor,
  first: FileRow,
  lastSeen: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const deadline = services.now().getTime() + LIMITS.files.eventsSecondsMax * 1000;
  const end = AbortSignal.any([signal, services.changes.closing]);
  let file: FileRow | undefined = first;
  let shown: { status?: string; progress?: number } = {};
  let seen = lastSeen;
  while (file) {
    const { status, progress } = presentFile(file);
    for (const turn of await recognisedSince(services.db, file.id, seen)) {
      seen = turn.id;
      yield event("turn", presentTurn(turn), seen);
    }
    if (progress !== shown.progress) yield event("progress", { progress });
    if (status !== shown.status) yield event("status", presentFile(file));
    shown = { status, progress };
    if (status !== "transcribing" || end.aborted || services.now().getTime() >= deadline) return;
    await services.changes.next(file.id, LIMITS.files.watchEveryMs, end);
    // A comment now and then keeps proxies from closing a silent connection, and finds out that the client left.
    yield ":\n\n";
    file = await findFile(services.db, actor, file.id);
  }
}

function event(name: string, data: unknown, id?: number): string {
  return `event: ${name}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

function presentTurn({ start, end, text }: RecognisedText) {
  return { start, end, text };
}

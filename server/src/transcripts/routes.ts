import type { Actor } from "../accounts/users.ts";
import { countOf, windowOf } from "../database/page.ts";
import type { Database } from "../database/open.ts";
import { matching } from "../database/search.ts";
import type { TranscriptStatus } from "../database/tables.ts";
import { NotFound } from "../http/errors.ts";
import { readOnly } from "../http/fields.ts";
import {
  choiceFilter,
  filters,
  ordering,
  relationFilter,
  SEARCH_PARAMETER,
  searchTerms,
  textFilter,
} from "../http/filters.ts";
import { PAGE_PARAMETERS, paginate } from "../http/pagination.ts";
import { lastParam } from "../http/query.ts";
import { type Output, serializer } from "../http/serializer.ts";
import type { ApiServer } from "../http/server.ts";
import { arrayOf, nullable, objectOf, oneOf } from "../http/shapes.ts";
import { apiTime } from "../http/times.ts";
import { type Call, pageOf, view } from "../http/view.ts";
import type { Evidence } from "../pipeline/transcript.ts";
import { findFile } from "../files/files.ts";
import { type Search, searchFor, visibleCount } from "../projects/access.ts";
import { findProject } from "../projects/projects.ts";
import {
  coverageOf,
  findTranscript,
  type StoredTurn,
  textsOf,
  type TranscriptRow,
  transcriptRows,
  type TurnText,
  turnsOf,
} from "./transcripts.ts";

export const TRANSCRIPT_STATUSES = [
  "transcribing",
  "transcribed",
  "failed",
] as const satisfies TranscriptStatus[];

const FIELDS = {
  id: readOnly("integer"),
  file: readOnly("integer"),
  project: readOnly("integer"),
  original_filename: readOnly("string"),
  status: readOnly(oneOf(TRANSCRIPT_STATUSES)),
  error_reason: readOnly(nullable("string"), {
    help: "`audio_too_short`, `hallucinated_transcript`, or null where the cause is upstream.",
  }),
  error_detail: readOnly(nullable("object"), {
    help: "`message` for a person; figures and evidence for a program.",
  }),
  language: readOnly(nullable("string")),
  language_confidence: readOnly(nullable("number")),
  duration_seconds: readOnly(nullable("number")),
  speech_seconds: readOnly(nullable("number")),
  word_count: readOnly(nullable("integer")),
  speakers: readOnly(arrayOf("string"), {
    help: "Names, in order of appearance; empty where not known apart.",
  }),
  speakers_confidence: readOnly(nullable("number"), {
    help: "0 to 1, how surely they are different people; null where not known apart.",
  }),
  model: readOnly(nullable("string")),
  created_at: readOnly("datetime"),
  updated_at: readOnly("datetime"),
} as const;

const SPAN = objectOf({ start: "number", end: "number" });
const WORD = objectOf({
  text: "string",
  start: "number",
  end: "number",
  confidence: nullable("number"),
  timing: oneOf(["model", "aligned", "estimated", "edited"]),
});
const TURN = serializer("Turn", {
  id: readOnly("integer"),
  start: readOnly("number"),
  end: readOnly("number"),
  speaker: readOnly(nullable("string")),
  text: readOnly("string"),
  flags: readOnly(arrayOf(oneOf(["withheld", "doubtful"]))),
  words: readOnly(arrayOf(WORD), { help: "Only with `?words=true`." }),
});
const EVIDENCE = objectOf({
  kind: "string",
  start: "number",
  end: "number",
  value: "number",
  limit: "number",
  text: "string",
});
const LISTED = serializer("TranscriptSummary", FIELDS);
const TRANSCRIPT = serializer("Transcript", {
  ...FIELDS,
  text: readOnly("string"),
  turns: readOnly(arrayOf(TURN.shape)),
  coverage: readOnly(
    nullable(objectOf({ ratio: "number", uncovered: arrayOf(SPAN), withheld: arrayOf(SPAN) })),
    {
      help: "How much of the speech found has text, and where it has none.",
    },
  ),
  missing: readOnly(arrayOf("string"), {
    help: "Stages that failed after recognition; the rest of the transcript stands.",
  }),
  evidence: readOnly(arrayOf(EVIDENCE), {
    help: "Why text was doubted or withheld: what was measured, and the limit that it was compared with.",
  }),
});

const FILTERS = filters({
  project: relationFilter(),
  file: relationFilter(),
  status: choiceFilter(TRANSCRIPT_STATUSES),
  language: textFilter("ISO 639-1."),
});
const ORDERING = ordering(["id", "created_at", "updated_at"], "-id");

export interface TranscriptServices {
  db: Database;
}

export function transcriptRoutes(server: ApiServer<Actor>, services: TranscriptServices): void {
  view(server, "/api/transcripts/", {
    name: "Transcript List",
    tag: "transcripts",
    actions: {
      GET: {
        summary: "List the transcripts that you can see",
        query: [...FILTERS.parameters, SEARCH_PARAMETER, ...ORDERING.parameters, ...PAGE_PARAMETERS],
        responses: { 200: pageOf(LISTED.shape) },
        handle: (call) => list(services, call),
      },
    },
  });
  view(server, "/api/transcripts/:id/", {
    name: "Transcript Instance",
    tag: "transcripts",
    actions: {
      GET: {
        summary: "Read a transcript",
        query: [
          {
            name: "words",
            description: "Give each turn its words, with their times.",
            schema: { type: "boolean", default: false },
          },
        ],
        responses: { 200: TRANSCRIPT.shape },
        handle: (call) => read(services, call),
      },
    },
  });
}

async function list({ db }: TranscriptServices, call: Call<Actor>) {
  const wanted = await FILTERS.read(call.query, {
    project: (id: number) => findProject(db, call.actor, id),
    file: (id: number) => findFile(db, call.actor, id),
  });
  const terms = searchTerms(call.query);
  const isWhole = Object.keys(wanted).length === 0 && terms.length === 0;
  const matchingRows = (search?: Search) => {
    let rows = transcriptRows(db, call.actor, search).where(matching(["files.original_filename"], terms));
    if (wanted.project) rows = rows.where("files.project_id", "=", wanted.project.id);
    if (wanted.file) rows = rows.where("transcripts.file_id", "=", wanted.file.id);
    if (wanted.status) rows = rows.where("transcripts.status", "=", wanted.status);
    if (wanted.language) rows = rows.where("transcripts.language", "=", wanted.language);
    return rows;
  };
  const page = await paginate(call, {
    count: () => (isWhole ? visibleCount(db, call.actor, "transcript_count") : countOf(matchingRows())),
    rows: async (window, count) =>
      windowOf(
        matchingRows(isWhole ? await searchFor(db, count, window) : "seek"),
        ORDERING.read(call.query),
        "transcripts",
        window,
      ),
  });
  return { status: 200, body: { ...page, results: page.results.map(summary) } };
}

async function read({ db }: TranscriptServices, call: Call<Actor>) {
  const row = await findTranscript(db, call.actor, call.id());
  if (!row) throw new NotFound();
  const turns = wantsWords(call.query) ? await turnsOf(db, row.id) : await textsOf(db, row.id);
  return { status: 200, body: detail(row, turns) };
}

function wantsWords(query: URLSearchParams): boolean {
  return ["true", "1"].includes((lastParam(query, "words") ?? "").toLowerCase());
}

function summary(row: TranscriptRow): Output<typeof LISTED> {
  return {
    id: row.id,
    file: row.file_id,
    project: row.project_id,
    original_filename: row.original_filename,
    status: row.status,
    error_reason: row.error_reason,
    error_detail: row.error_detail_json === null ? null : JSON.parse(row.error_detail_json),
    language: row.language,
    language_confidence: row.language_confidence,
    duration_seconds: row.duration_seconds,
    speech_seconds: row.speech_seconds,
    word_count: row.word_count,
    speakers: JSON.parse(row.speakers_json) as string[],
    speakers_confidence: row.speakers_confidence,
    model: row.model,
    created_at: apiTime(row.created_at),
    updated_at: apiTime(row.updated_at),
  };
}

function detail(row: TranscriptRow, turns: ShownTurn[]) {
  const { speakers, ...rest } = summary(row);
  return {
    ...rest,
    speakers,
    text: turns
      .map((turn) => turn.text)
      .filter(Boolean)
      .join("\n"),
    turns: turns.map((turn) => presentTurn(turn, speakers)),
    coverage: row.status === "transcribed" ? coverageOf(row) : null,
    missing: JSON.parse(row.missing_json) as string[],
    evidence: (JSON.parse(row.evidence_json) as Evidence[]).map(presentEvidence),
  };
}

function presentEvidence({ kind, span, value, limit, text }: Evidence) {
  return { kind, start: span.start, end: span.end, value, limit, text };
}

/** A turn with its words where those were asked for. */
type ShownTurn = TurnText & Partial<Pick<StoredTurn, "words">>;

function presentTurn(turn: ShownTurn, speakers: string[]) {
  const { id, start, end, text, flags, words } = turn;
  const speaker = turn.speaker === null ? null : (speakers[turn.speaker] ?? null);
  const shown = { id, start, end, speaker, text, flags };
  return words ? { ...shown, words } : shown;
}

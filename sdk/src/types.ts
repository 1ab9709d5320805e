import type { components, operations } from "./schema.d.ts";

/** The API's resources, with its own names: JSON as it goes over the wire. */
type Schemas = components["schemas"];

export type Project = Schemas["Project"];
export type NewProject = Schemas["ProjectRequest"];
export type ProjectChange = Schemas["PatchedProjectRequest"];
/** An uploaded file. Not called `File`, which is the platform's. */
export type TranscriptionFile = Schemas["File"];
export type FileType = TranscriptionFile["file_type"];
export type FileChange = Schemas["PatchedFileChangeRequest"];
export type TranscriptSummary = Schemas["TranscriptSummary"];
export type Task = Schemas["Task"];
export type Usage = Schemas["Usage"];
export type UsageEntry = Schemas["UsageEntry"];

/** `words` is there where they were asked for. */
export type Turn = Omit<Schemas["Turn"], "words"> & Partial<Pick<Schemas["Turn"], "words">>;
export type Word = Schemas["Turn"]["words"][number];
/** With what was said. */
export type Transcript = Omit<Schemas["Transcript"], "turns"> & { turns: Turn[] };

type Query<Name extends keyof operations> = NonNullable<operations[Name]["parameters"]["query"]>;
/** Pages are walked by the client. */
type Filters<Name extends keyof operations> = Omit<Query<Name>, "page">;

export type ProjectFilters = Filters<"projects_list">;
export type FileFilters = Filters<"files_list">;
export type TranscriptFilters = Filters<"transcripts_list">;
export type TaskFilters = Filters<"tasks_list">;
export type UsageFilters = Filters<"usage_entries_list">;

export type ExportType = NonNullable<Query<"transcripts_download_retrieve">["type"]>;
/** A link that needs no credentials, for some time. */
export type DownloadLink =
  operations["transcripts_download_retrieve"]["responses"][200]["content"]["application/json"];
export type MediaLink = operations["files_media_retrieve"]["responses"][200]["content"]["application/json"];

/** What every request takes. */
export interface RequestOptions {
  /** Ends the request, and whatever waits for it; the call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

import type { Generated } from "kysely";

/**
 * The tables as they are now. Times are ISO 8601 UTC texts with milliseconds, flags are 0 or 1, `…_json` columns hold
 * JSON: all of it reads the same in SQLite and PostgreSQL.
 */
export interface Tables {
  users: UserTable;
  api_keys: ApiKeyTable;
  sessions: SessionTable;
  mail_tokens: MailTokenTable;
  identities: IdentityTable;
  teams: TeamTable;
  team_members: TeamMemberTable;
  team_invitations: TeamInvitationTable;
  projects: ProjectTable;
  project_shares: ProjectShareTable;
  files: FileTable;
  transcripts: TranscriptTable;
  turns: TurnTable;
  tasks: TaskTable;
  segments: SegmentTable;
  deliveries: DeliveryTable;
  idempotency_keys: IdempotencyKeyTable;
  doomed_blobs: DoomedBlobTable;
  webhooks: WebhookTable;
  webhook_deliveries: WebhookDeliveryTable;
  outgoing_mails: OutgoingMailTable;
  subscriptions: SubscriptionTable;
  usage_entries: UsageEntryTable;
  audit_entries: AuditEntryTable;
}

interface UserTable {
  id: Generated<number>;
  /** Lower case. */
  email: string;
  password_hash: string | null;
  is_active: number;
  is_admin: number;
  created_at: string;
  name: Generated<string>;
  /** ISO 639-1: in which they are written to. */
  language: Generated<string>;
  /** Null until a mail there was answered, or somebody vouched for it. */
  email_confirmed_at: string | null;
  /** Whether the end of each transcription is told by mail. */
  notify_by_mail: Generated<number>;
}

interface SessionTable {
  id: Generated<number>;
  user_id: number;
  /** SHA-256 of the cookie, in hexadecimal. */
  token_hash: string;
  /** Where it was begun, and with which program. */
  address: string;
  user_agent: string;
  created_at: string;
  last_used_at: string;
  expires_at: string;
}

/** What a mail's link proves: at most one for each user and purpose, gone when it is used. */
interface MailTokenTable {
  id: Generated<number>;
  user_id: number;
  purpose: "confirm_email" | "reset_password";
  /** SHA-256 of the token, in hexadecimal. */
  token_hash: string;
  expires_at: string;
}

/** Who a user is at a single sign-on provider. */
interface IdentityTable {
  id: Generated<number>;
  user_id: number;
  issuer: string;
  subject: string;
  created_at: string;
}

interface ApiKeyTable {
  id: Generated<number>;
  user_id: number;
  name: string;
  prefix: string;
  /** SHA-256 of the secret, in hexadecimal: the secret is random, so nothing slower is needed. */
  secret_hash: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
}

interface TeamTable {
  id: Generated<number>;
  name: string;
  created_at: string;
}

export type TeamRole = "admin" | "member";

interface TeamMemberTable {
  id: Generated<number>;
  team_id: number;
  user_id: number;
  role: TeamRole;
  created_at: string;
}

/** At most one for an address and a team; gone once it is accepted. */
interface TeamInvitationTable {
  id: Generated<number>;
  team_id: number;
  /** Lower case. */
  email: string;
  role: TeamRole;
  /** SHA-256 of the token that was mailed, in hexadecimal. */
  token_hash: string;
  invited_by: number | null;
  created_at: string;
  expires_at: string;
}

interface ProjectTable {
  id: Generated<number>;
  owner_id: number;
  /** The team that it belongs to besides its owner. */
  team_id: number | null;
  title: string;
  kind: "audio" | "survey";
  audio_file_type: "interview" | "focus_group" | "call";
  return_timestamps: number;
  language: string;
  speakers_expected: number | null;
  created_at: string;
  /** Of what is in it, kept by triggers. */
  file_count: Generated<number>;
  transcript_count: Generated<number>;
  task_count: Generated<number>;
}

export type SharePermission = "view" | "edit";

interface ProjectShareTable {
  id: Generated<number>;
  project_id: number;
  user_id: number;
  permission: SharePermission;
  created_at: string;
}

interface FileTable {
  id: Generated<number>;
  project_id: number;
  uploaded_by: number;
  original_filename: string;
  file_type: FileType;
  blob_key: string;
  size_bytes: number;
  sha256: string;
  /** What came out of the decoder once it ran, what the container says before. */
  duration_seconds: number | null;
  /** The `Probe` of an audio file. */
  probe_json: string | null;
  uploaded_at: string;
  /** Why its transcription was not queued when it came; says nothing more once it has a transcript. */
  notice_reason: UsageReason | null;
}

export type FileType = "audio" | "csv" | "xlsx" | "srt" | "vtt";
export type TranscriptStatus = "transcribing" | "transcribed" | "failed";
export type TaskStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** At most one for each file; its status is the file's. A file without one is `uploaded`. */
interface TranscriptTable {
  id: Generated<number>;
  file_id: number;
  status: TranscriptStatus;
  error_reason: string | null;
  error_detail_json: string | null;
  language: string | null;
  language_confidence: number | null;
  speech_seconds: number | null;
  word_count: number | null;
  speakers_json: string;
  speakers_confidence: number | null;
  coverage_json: string | null;
  missing_json: string;
  /** Why text was doubted or withheld. */
  evidence_json: string;
  model: string | null;
  /** Grows with every change; editors compare it. */
  version: Generated<number>;
  created_at: string;
  updated_at: string;
}

interface TurnTable {
  id: Generated<number>;
  transcript_id: number;
  position: number;
  start_seconds: number;
  end_seconds: number;
  /** Index into the transcript's speakers. */
  speaker: number | null;
  text: string;
  flags_json: string;
  words_json: string;
}

/** The truth about a piece of work; the queue only delivers its id. */
interface TaskTable {
  id: Generated<number>;
  type: "transcription";
  file_id: number;
  transcript_id: number;
  user_id: number;
  status: TaskStatus;
  stage: string | null;
  progress: number;
  /** The try that runs or will run, from 1. */
  attempt: number;
  /** The delivery that works on it; what another one writes is refused. */
  claim: string | null;
  error_reason: string | null;
  error: string | null;
  created_at: string;
  started_at: string | null;
  /** The time that its run needed when it last said so. */
  seconds_left: number | null;
  seconds_left_at: string | null;
  finished_at: string | null;
}

/** Recognised segments, kept as they come, so that a killed run goes on from the last of them. */
interface SegmentTable {
  id: Generated<number>;
  task_id: number;
  start_seconds: number;
  end_seconds: number;
  /** What the pipeline stored, in its own form. */
  segment_key: string;
  segment_json: string;
}

/** The queue on SQLite: something to deliver, and who has it until when. */
interface DeliveryTable {
  id: Generated<number>;
  queue: string;
  subject_id: number;
  /** Deliveries are spread over the values of this: the user. */
  share: number;
  due_at: string;
  owner: string | null;
  token: string | null;
  lease_ends_at: string | null;
  times_delivered: number;
}

interface IdempotencyKeyTable {
  id: Generated<number>;
  user_id: number;
  /** Method and path, so that one key may serve two kinds of request. */
  endpoint: string;
  idempotency_key: string;
  /** SHA-256 of what was asked. */
  fingerprint: string;
  status: number;
  body_json: string;
  created_at: string;
}

/** Blobs whose rows are gone, to be removed after the commit that wrote this. */
interface DoomedBlobTable {
  blob_key: string;
}

export type UsageReason = "free_trial_exceeded" | "minutes_exceeded" | "subscription_inactive";

/** The plan that an administrator gave to a user; a user without one is on trial. */
interface SubscriptionTable {
  user_id: number;
  /** `trial`, `unlimited`, or a plan of the configuration. */
  plan: string;
  /** Months are counted from here. */
  started_at: string;
  /** From when on it is not active; null for never. */
  ends_at: string | null;
}

export type UsageEntryKind = "reserve" | "settle" | "release" | "grant" | "adjust";

/** The ledger of minutes: each row is a change, and sums over a user's period are their balance. Rows are only added. */
interface UsageEntryTable {
  id: Generated<number>;
  user_id: number;
  kind: UsageEntryKind;
  /** The period that it counts in: that of the reservation, also where the task ended later. */
  plan: string;
  period_start: string;
  granted_seconds: number;
  reserved_seconds: number;
  used_seconds: number;
  file_id: number | null;
  task_id: number | null;
  /** Who did it; null for the service itself and for operators on its machine. */
  actor_id: number | null;
  reason: string | null;
  created_at: string;
}

/** Who did what to whom. Rows are only added. */
interface AuditEntryTable {
  id: Generated<number>;
  actor_id: number | null;
  via: "api_key" | "session" | "operator" | "nobody";
  action: string;
  subject_type: string;
  subject_id: number | null;
  detail_json: string;
  created_at: string;
}

export type WebhookEvent = "transcript.completed" | "transcript.failed";

interface WebhookTable {
  id: Generated<number>;
  user_id: number;
  /** Null for everything that is the user's own. */
  project_id: number | null;
  url: string;
  /** A list of `WebhookEvent`. */
  events_json: string;
  enabled: number;
  /** When the server itself stopped delivering, after a day of failures. */
  paused_at: string | null;
  last_delivered_at: string | null;
  /** What the secret is derived from, together with the server's key: the database alone signs nothing. */
  secret_salt: string;
  /** After a rotation: the one before, for a while. */
  previous_secret_salt: string | null;
  previous_secret_until: string | null;
  created_at: string;
  updated_at: string;
}

export type WebhookDeliveryStatus = "pending" | "delivered" | "failed";

/** One message to one webhook, with every try that was made. */
interface WebhookDeliveryTable {
  id: Generated<number>;
  webhook_id: number;
  /** The receiver's way to know a message that comes twice; a replay keeps it. */
  message_id: string;
  event: WebhookEvent;
  payload_json: string;
  status: WebhookDeliveryStatus;
  attempts_json: string;
  /** Null once it was delivered or given up. */
  next_attempt_at: string | null;
  replay_of: number | null;
  created_at: string;
}

/** Mails that must go out, written with what they tell of; gone once the mail server has them. */
interface OutgoingMailTable {
  id: Generated<number>;
  user_id: number;
  subject: string;
  text: string;
  tries: number;
  created_at: string;
}

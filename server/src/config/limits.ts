/**
 * Every limit of the program, in one place, units last. What an operator may change stands in `config.ts` instead.
 */
export const LIMITS = {
  queue: {
    /** A worker that says nothing for this long has lost its work to another. */
    leaseMs: 30_000,
    /** A third of the lease, so that two renewals may fail before it is lost. */
    renewEveryMs: 10_000,
    /** How often an idle worker looks for work that another process queued. */
    pollMs: 1_000,
    /** How long running work may take to hand itself back at SIGTERM. */
    stopGraceMs: 8_000,
  },
  apiKeys: {
    prefixCharacters: 8,
    /** 57 possible characters each: 233 bits. */
    secretCharacters: 40,
    /** `last_used_at` is no more exact than this. */
    lastUsedPrecisionMs: 60_000,
  },
  tasks: {
    /** Tries for upstream failures, the first included (api.md, section 8: "three times with growing pauses"). */
    attemptsMax: 3,
    /** Pause before the second and the third try. */
    retryPausesMs: [10_000, 60_000],
    /** A task delivered this often without an end takes its process down each time. */
    deliveriesMax: 100,
  },
  files: {
    filenameCharactersMax: 255,
    /** Longest `?wait=`. */
    waitSecondsMax: 60,
    /** How often a waiting request looks for what other processes did. */
    watchEveryMs: 1_000,
    /** Events are ended and the client reconnects after this long. */
    eventsSecondsMax: 3_600,
    idempotencyKeyCharactersMax: 255,
    idempotencyKeptMs: 24 * 3_600_000,
  },
  blobs: {
    /** A stored file that no row knows is a leftover of a crash once it is this old. */
    orphanAgeMs: 3_600_000,
    /** A draft that nobody wrote to for this long belongs to a dead upload. */
    draftAgeMs: 3_600_000,
  },
  downloads: {
    /** Life of a signed link (api.md, section 7). */
    linkMs: 15 * 60_000,
    /** Life of a player's link: longer than the longest recording. */
    mediaLinkMs: 12 * 3_600_000,
  },
} as const;

/**
 * Every limit of the program, in one place, units last. What an operator may change stands in `config.ts` instead.
 */
export const LIMITS = {
  http: {
    /** A JSON body; the largest resource is far below. */
    jsonBytesMax: 1024 * 1024,
    /** Arrays and objects inside each other. */
    jsonDepthMax: 200,
    /** Request line and headers together; Node's own default. */
    headerBytesMax: 16 * 1024,
    headersMs: 20_000,
    /** A JSON body that has not come by then comes from a sick or hostile client. */
    jsonBodyMs: 30_000,
    /** Silence on a connection within a request, uploads too: longer than the longest `?wait=`. */
    connectionSilenceMs: 120_000,
    /** Longer than the 60 seconds for which proxies keep connections, so that they never use one that just closed. */
    keepAliveMs: 72_000,
    /** The rest of a refused body up to this is read, so that the connection can be used again. */
    unreadBytesMax: 64 * 1024,
    /** How long the rest of a longer one is read, so that the client gets to see the answer. */
    lingerMs: 2_000,
    requestIdCharactersMax: 128,
    /** Texts of a form, all of them small. */
    formFieldsMax: 100,
    formFieldBytesMax: 64 * 1024,
    formHeaderBytesMax: 16 * 1024,
    /** What a form may hold besides its file. */
    formOverheadBytesMax: 1024 * 1024,
    pageSize: 20,
    pageSizeMax: 100,
  },
  /** The part of `USPEECH_RATE_LIMIT` that each kind of request gets, each counted by itself; never less than one. */
  rates: {
    reads: 1,
    writes: 1,
    /** The costly ones: a file is stored, decoded and transcribed. */
    uploads: 0.5,
    /** Where passwords and tokens out of mails are tried; each account has limits of its own besides. */
    logins: 0.25,
    /** Credentials that were refused, per address. */
    refusals: 0.25,
    /** Behind signed links: a player asks for a recording in many small pieces. */
    downloads: 10,
  },
  queue: {
    /** A worker that says nothing for this long has lost its work to another. */
    leaseMs: 30_000,
    /** A third of the lease, so that two renewals may fail before it is lost. */
    renewEveryMs: 10_000,
    /**
     * Recordings that a process begins although it has enough of them, each of a user who has none in work. An hour takes up to
     * 230 MB of the scratch folder meanwhile.
     */
    newcomersMax: 8,
    /** How often an idle worker looks for work that another process queued. */
    pollMs: 1_000,
    /** How long running work may take to hand itself back at SIGTERM. */
    stopGraceMs: 8_000,
  },
  accounts: {
    /** RFC 5321's longest path, without its brackets; Django's. */
    emailCharactersMax: 254,
    nameCharactersMax: 150,
    passwordCharactersMin: 8,
    /** Long enough for a sentence, short enough that hashing costs the same. */
    passwordCharactersMax: 128,
    /** Wrong passwords for one account, whoever sends them. */
    loginsPerAccount: { tries: 10, periodMs: 15 * 60_000 },
    loginsPerAddress: { tries: 100, periodMs: 15 * 60_000 },
    registrationsPerAddress: { tries: 100, periodMs: 3_600_000 },
    /** Mails that anybody can have sent to one account, and from one address. */
    mailsPerAccount: { tries: 5, periodMs: 3_600_000 },
    mailsPerAddress: { tries: 50, periodMs: 3_600_000 },
    /** Tokens out of mails that were tried. */
    tokensPerAddress: { tries: 100, periodMs: 3_600_000 },
    resetTokenMs: 3_600_000,
    confirmationTokenMs: 3 * 24 * 3_600_000,
  },
  sessions: {
    /** However busy it is, a session ends after this. */
    lifeMs: 30 * 24 * 3_600_000,
    /** … and sooner where nobody uses it. */
    idleMs: 14 * 24 * 3_600_000,
    /** `last_used_at` is no more exact than this. */
    lastUsedPrecisionMs: 60_000,
    /** One more ends the one that was not used for longest. */
    perUserMax: 50,
    userAgentCharactersMax: 255,
  },
  singleSignOn: {
    /** From the button to the way back, with a password and a second factor between. */
    loginMs: 15 * 60_000,
    /** One answer of the sign-on service. */
    answerMs: 10_000,
  },
  mail: {
    connectMs: 10_000,
    silenceMs: 30_000,
    /** Pauses between tries where the mail server takes nothing. */
    retryPausesMs: [2_000, 15_000, 60_000],
    /** Of a file's name in a mail. */
    filenameCharactersMax: 100,
    /** Mails of the outbox under way at once in one process. */
    concurrency: 4,
    /** Pauses between tries of mails that must arrive, most of a day in all. */
    outboxPausesMs: [10_000, 60_000, 600_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000],
    /** How long a process that ends waits for its mails, and again for the last try of each. */
    closeMs: 2_000,
    /** Mails in files are removed when they are this old. */
    keptMs: 7 * 24 * 3_600_000,
  },
  webhooks: {
    perUserMax: 50,
    urlCharactersMax: 2_000,
    /** Resolving, connecting, and the head of the answer, all hops together. */
    answerMs: 15_000,
    /** Of an answer's body, for the log of deliveries. */
    responseBytesMax: 1_024,
    redirectsMax: 3,
    /** Pauses between tries: 23 hours and 43 minutes in all, each up to a tenth longer so that tries spread out. */
    retryPausesMs: [
      5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 28_800_000,
    ],
    /** How long the secret before a rotation signs too. */
    previousSecretMs: 24 * 3_600_000,
    /** Deliveries under way at once in one process. */
    concurrency: 16,
    /** How long deliveries are listed, and can be replayed. */
    deliveriesKeptMs: 30 * 24 * 3_600_000,
  },
  apiKeys: {
    nameCharactersMax: 255,
    /** Keys of one user that are not revoked. */
    perUserMax: 100,
    prefixCharacters: 8,
    /** 57 possible characters each: 233 bits. */
    secretCharacters: 40,
    /** `last_used_at` is no more exact than this. */
    lastUsedPrecisionMs: 60_000,
  },
  teams: {
    nameCharactersMax: 255,
    perUserMax: 100,
    membersMax: 1_000,
    /** Open ones of one team. */
    invitationsMax: 100,
    invitationMs: 7 * 24 * 3_600_000,
    /** Mails that one user can have sent to strangers. */
    invitationsPerUser: { tries: 100, periodMs: 24 * 3_600_000 },
    /** Wrong tokens that one user can try. */
    acceptancesPerUser: { tries: 100, periodMs: 3_600_000 },
    /** How long an admin sees that an invitation expired. */
    expiredKeptMs: 30 * 24 * 3_600_000,
  },
  projects: {
    sharesMax: 1_000,
  },
  tasks: {
    /** Tries for upstream failures, the first included (api.md, section 8: "three times with growing pauses"). */
    attemptsMax: 3,
    /** Pause before the second and the third try. */
    retryPausesMs: [10_000, 60_000],
    /** A task delivered this often without an end takes its process down each time. */
    deliveriesMax: 100,
    /** How long the segments of an ended task serve those who follow its events. */
    segmentsKeptMs: 600_000,
    /** Below this the pace is too young to be projected. */
    etaFromProgress: 0.02,
    /** The least part of the time left that remains of it while nothing comes further: what takes long is not nearly done. */
    etaKept: 0.5,
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
  openaiApi: {
    /** How long a transcription is waited for: as long as OpenAI's own clients wait for an answer unless told otherwise. */
    waitMs: 600_000,
    /** … and then there is this long to answer before the connection is taken for dead. */
    answerMs: 30_000,
  },
  usage: {
    /** What one grant can give: nearly two years. */
    grantMinutesMax: 1_000_000,
    grantReasonCharactersMax: 500,
  },
  admin: {
    /** Tasks that are shown of the queue. */
    queueTasksMax: 100,
  },
  subtitles: {
    /** Subtitles of ten hours of speech take 0.7 MB, twice that in UTF-16, with 90,000 words in 9,000 cues. */
    sizeBytesMax: 2_000_000,
    turnsMax: 50_000,
    wordsMax: 250_000,
    /** How much of a faulty line an error message quotes. */
    quoteCharactersMax: 60,
  },
  process: {
    /** SIGTERM to exit (operations.md: running segments finish or are handed back within 10 s). */
    stopMs: 10_000,
    /** The same signal sooner than this is the first one again. */
    secondSignalMs: 500,
  },
  metrics: {
    /** What gauges of the database look back over. */
    windowMs: 3_600_000,
  },
  housekeeping: {
    everyMs: 3_600_000,
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
  speech: {
    /** Clips shorter than this get silence after them: under 0.05 s sherpa answers with an empty text. */
    clipSecondsMin: 0.5,
    /** Loading the largest model in the catalogue from a slow disk. */
    startMs: 120_000,
    /** A call that takes longer than this and its share for the audio hangs, and its worker is killed. */
    callMs: 30_000,
    /** Four times slower than speech: forty times what the default model takes on one old core. */
    callMsPerAudioSecond: 4_000,
    /** Workers that one call may cost before it is given up. */
    triesMax: 3,
    /** Pause before a worker that died again and again is started again; the first time there is none. */
    restartMs: 250,
    restartMsMax: 30_000,
    /** How long running calls may take to end when the engine closes. */
    closeMs: 2_000,
    /**
     * A worker that has grown by more than this share of what it held when it was loaded is replaced between calls. ONNX Runtime
     * keeps what each new length of clip needed: with clips of 4 to 26 s a worker with Moonshine base goes from 314 MB to 464 MB in 90 clips, one with tiny from
     * 233 MB to 370 MB in 120. Over ten hours one with tiny came to 455 MB.
     */
    growthShareMax: 0.6,
    /** … and has done this many calls: loading again takes a second, and they take minutes. */
    growthCallsMin: 200,
    /** Audio after which a worker collects garbage: native streams are freed by nothing else, and V8 does not see their size. */
    collectSeconds: 60,
  },
  /** Recognition over HTTP. A call's time is that of `speech`, for the server's queue is in it. */
  openai: {
    /** Pauses between tries of one clip, unless the server asks for longer ones; each up to a quarter longer, so that tries spread out. */
    retryPausesMs: [1_000, 4_000, 15_000, 60_000],
    retryAfterMsMax: 120_000,
    /** How long a server that did not take the full request is asked for less. */
    plainerMs: 600_000,
    /** Whisper says 448 tokens at most, with some 200 bytes of JSON each. */
    answerBytesMax: 4_000_000,
    textCharactersMax: 20_000,
    /** How much of a server's own words an error message quotes. */
    quoteCharactersMax: 200,
    /** How long `/readyz` waits for the server: less than a load balancer waits for `/readyz`, 5 s with most. */
    checkMs: 3_000,
    /** How long the server is believed to be as it was found, however many ask. */
    checkKeptMs: 5_000,
  },
  pipeline: {
    /** Segments of one recording that wait while every worker is busy, so that none is idle while speech is being found. */
    segmentsAhead: 2,
  },
  /** Telling speakers apart, in a process of its own. */
  speakers: {
    /** Less speech than this holds no two voices that could be told apart: four seconds each are needed. */
    speechSecondsMin: 8,
    /** Starting the process, and loading the largest model from a slow disk. */
    startMs: 60_000,
    /** As slow as speech itself: the built-in method takes a five-hundredth of that. */
    callMsPerAudioSecond: 1_000,
  },
  models: {
    /** A connection over which nothing comes for this long is dead. */
    idleMs: 30_000,
    /** Pauses between tries of one download; a try that brought bytes starts them anew. */
    retryPausesMs: [1_000, 2_000, 4_000, 8_000],
    redirectsMax: 5,
    /** What a registry says of one package, all its versions. The largest packages stay under 10 MB. */
    metadataBytesMax: 32_000_000,
    npmConfigMs: 10_000,
    /** How often a pull looks whether another process has finished pulling the same model. */
    lockPollMs: 200,
  },
  media: {
    /** Address space of one FFmpeg process. An hour of HEVC or Opus took under 0.4 GiB. */
    memoryBytesMax: 2 * 1024 ** 3,
    /** One allocation inside FFmpeg, for platforms that cannot bound the whole. */
    allocationBytesMax: 512 * 1024 ** 2,
    streamsMax: 256,
    /** Audio tracks that are looked at; the rest is ignored. */
    tracksMax: 16,
    /** What FFmpeg may read and how far it may look to learn what the streams are; its defaults are 5 MB and 5 s. */
    probeBytesMax: 16_000_000,
    analyzeMs: 10_000,
    /** What ffprobe may say about a file. */
    reportBytesMax: 1_000_000,
    stderrBytesMax: 4_096,
    /** `ffmpeg -version`, on a machine that is just waking up. */
    startMs: 20_000,
    /** Longest wait for ffprobe's answer and for the first sample. */
    probeMs: 30_000,
    probeCpuSeconds: 20,
    /** Counting a recording's packets stops here; 10 h of MP3 or Opus take 2 to 4 s. */
    countMs: 10_000,
    /** Decoding to see whether packets and header speak the truth; some ten minutes of audio come out. */
    verifyMs: 2_000,
    /** A decoder, or a disk, that does nothing for this long hangs. */
    decodeQuietMs: 60_000,
    /** CPU time of a decoder: this and a tenth of the longest recording; real ones need a hundredth or less. */
    decodeCpuSecondsMin: 60,
    /** Fewer bits for each second than this are no audio: FFmpeg's smallest speech codec has 700, with pauses less. */
    bitsPerSecondMin: 100,
    /** A jump forward in the timestamps is filled with silence up to here; a longer one is a damaged timestamp. */
    gapSecondsMax: 600,
  },
} as const;

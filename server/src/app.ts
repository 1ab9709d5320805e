import { rm } from "node:fs/promises";
import { type Welcome, firstStart } from "./accounts/first-start.ts";
import { mailRoutes } from "./accounts/mail-routes.ts";
import { forgetOldMailTokens } from "./accounts/mail-tokens.ts";
import { accountRoutes } from "./accounts/routes.ts";
import type { Actor } from "./accounts/users.ts";
import { adminRoutes } from "./admin/routes.ts";
import { authenticateApiKey } from "./api-keys/authenticate.ts";
import { apiKeyRoutes } from "./api-keys/routes.ts";
import { forgetOldEntries } from "./audit/audit.ts";
import { DiskBlobStore } from "./blobs/disk.ts";
import { removeDoomedBlobs, removeOrphanBlobs } from "./blobs/doomed.ts";
import { type Config, dataFolders, type DataFolders } from "./config/config.ts";
import { LIMITS } from "./config/limits.ts";
import type { Secrets } from "./config/secrets.ts";
import { Counters } from "./database/counters.ts";
import { migrate } from "./database/migrate.ts";
import { type Database, openDatabase } from "./database/open.ts";
import { LinkSigner } from "./downloads/links.ts";
import { downloadRoutes } from "./downloads/routes.ts";
import { fileRoutes } from "./files/routes.ts";
import { healthRoutes } from "./health/routes.ts";
import { addSchemaView } from "./http/openapi.ts";
import { RateLimit } from "./http/rate-limit.ts";
import { type ApiServer, createServer } from "./http/server.ts";
import { forgetOldAnswers } from "./idempotency/idempotency.ts";
import { Mailer, removeOldMails } from "./mail/mailer.ts";
import { MAIL_QUEUE, sendMail } from "./mail/outbox.ts";
import { folderTransport, smtpTransport, type Transport } from "./mail/transport.ts";
import { openScratch } from "./media/scratch.ts";
import { metricsRoutes } from "./metrics/routes.ts";
import { Changes } from "./observe/changes.ts";
import type { Logger } from "./observe/log.ts";
import { Metrics } from "./observe/metrics.ts";
import { pageRoutes, referenceRoute } from "./pages/routes.ts";
import { projectRoutes } from "./projects/routes.ts";
import { shapeOpenAiError } from "./openai-api/errors.ts";
import { openAiRoutes } from "./openai-api/routes.ts";
import type { Queue } from "./queue/queue.ts";
import { SqliteQueue } from "./queue/sqlite.ts";
import { QueueWorker, type QueueWorkerOptions } from "./queue/worker.ts";
import { authenticateSession } from "./sessions/authenticate.ts";
import { sessionRoutes } from "./sessions/routes.ts";
import { forgetOldSessions } from "./sessions/sessions.ts";
import { shareRoutes } from "./shares/routes.ts";
import { SignOnProvider } from "./single-sign-on/provider.ts";
import { signOnRoutes } from "./single-sign-on/routes.ts";
import { chooseDiarizer } from "./speakers/choose-diarizer.ts";
import { startEngine } from "./speech/choose-engine.ts";
import { isInstalled } from "./speech/models/installed.ts";
import { neededModel } from "./speech/needed-model.ts";
import { ServerCheck } from "./speech/openai-check.ts";
import { taskRoutes } from "./tasks/routes.ts";
import { TRANSCRIPTION_QUEUE } from "./tasks/tasks.ts";
import { forgetOldInvitations } from "./teams/invitations.ts";
import { teamRoutes } from "./teams/routes.ts";
import { forgetOldSegments } from "./transcripts/segments.ts";
import { transcribe } from "./transcripts/transcribe.ts";
import { transcriptRoutes } from "./transcripts/routes.ts";
import { isPublicAddress } from "./webhooks/addresses.ts";
import { deliver } from "./webhooks/deliver.ts";
import { webhookRoutes } from "./webhooks/routes.ts";
import { WebhookSecrets } from "./webhooks/signature.ts";
import { forgetOldDeliveries, WEBHOOK_QUEUE } from "./webhooks/webhooks.ts";
import { usageRoutes } from "./usage/routes.ts";

/** What a process does: answer requests, transcribe what was uploaded, or both. */
export type Role = "api" | "work";

export interface AppOptions {
  config: Config;
  secrets: Secrets;
  log: Logger;
  roles: readonly Role[];
  /** The clock; the system's where not given. */
  now?: () => Date;
}

/** The running program. */
export interface App {
  /** What the operator is shown at the very first start. */
  welcome: Welcome | null;
  server: ApiServer<Actor>;
  db: Database;
  /** Starts to answer requests. @returns the address, such as `http://127.0.0.1:8000` */
  listen(): Promise<string>;
  /** Takes no new work, hands running work back, answers what was asked, and lets go of everything. */
  close(): Promise<void>;
}

/** What is built once and handed to whoever needs it. */
interface Services {
  config: Config;
  folders: DataFolders;
  log: Logger;
  now: () => Date;
  db: Database;
  counters: Counters;
  blobs: DiskBlobStore;
  queue: Queue;
  changes: Changes;
  metrics: Metrics;
  links: LinkSigner;
  /** For mails that must go out, by way of the outbox. */
  transport: Transport;
  mailer: Mailer;
  signOn: SignOnProvider | null;
  /** Where this process listens. */
  address: string;
  /** Where the links in mails lead: never taken from a request, which anybody can send. */
  siteUrl: () => string;
  webhookSecrets: WebhookSecrets;
  /** Of the server that recognises; null where this machine does. */
  serverCheck: ServerCheck | null;
  /** Those of this process. */
  workers: QueueWorker[];
  /** There is new work in a queue. */
  wake: () => void;
}

/** Builds everything, in the order in which one needs the other; `close` lets go in reverse. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, secrets, log, roles, now = () => new Date() } = options;
  const folders = dataFolders(config.dataDir);
  const closers = new Closers();
  try {
    const db = await openDatabase(folders.database);
    closers.add(() => db.destroy());
    const counters = new Counters(folders.counters);
    closers.add(async () => counters.close());
    await migrate(db);
    const welcome = await firstStart(db, config, secrets, now());
    const transport = openTransport(options, folders.mail);
    const services: Services = {
      config,
      folders: { ...folders, scratch: await openScratch(folders.scratch) },
      log,
      now,
      db,
      counters,
      blobs: new DiskBlobStore(folders.blobs),
      queue: new SqliteQueue(db, now),
      changes: new Changes(),
      metrics: new Metrics(),
      links: new LinkSigner(secrets.signingKey),
      transport,
      mailer: new Mailer(transport, log),
      signOn: config.oidc && new SignOnProvider(config.oidc, secrets.oidcClientSecret ?? "", log),
      address: `http://${config.host}:${config.port}`,
      siteUrl: () => config.publicUrl ?? services.address,
      webhookSecrets: new WebhookSecrets(secrets.signingKey),
      serverCheck: config.openai && new ServerCheck({ ...config.openai, apiKey: secrets.openaiApiKey }, now),
      workers: [],
      wake: () => {
        for (const worker of services.workers) worker.wake();
      },
    };
    closers.add(() => services.mailer.close());
    closers.add(() => rm(services.folders.scratch, { recursive: true, force: true }));
    closers.add(keepHouse(services));
    if (roles.length > 0) startOutgoing(services, closers);
    if (roles.includes("work")) await startWork(services, secrets, closers);
    const server = addRoutes(services);
    server.app.addHook("preClose", async () => services.changes.close());
    closers.add(() => server.app.close());
    return { welcome, server, db, listen: () => listen(server, services), close: () => closers.run() };
  } catch (error) {
    await closers.run();
    throw error;
  }
}

/** What has to be let go of, last in first out. */
class Closers {
  readonly #closers: (() => Promise<unknown>)[] = [];

  add(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async run(): Promise<void> {
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) await close();
  }
}

function openTransport({ config, secrets, log }: AppOptions, folder: string): Transport {
  if (secrets.smtpUrl !== null && config.publicUrl === null)
    log.warn("USPEECH_PUBLIC_URL is not set: the links in mails lead to the address that is listened on.");
  return secrets.smtpUrl === null
    ? folderTransport(folder, config.mailFrom, log)
    : smtpTransport(secrets.smtpUrl, config.mailFrom);
}

/** Any process sends what any other has queued to be sent. */
function startOutgoing(services: Services, closers: Closers): void {
  const { config, queue, log, webhookSecrets } = services;
  const isAllowed = config.webhooksAllowPrivate ? () => true : isPublicAddress;
  const webhooks = { ...services, secrets: webhookSecrets, isAllowed };
  startWorker(services, closers, {
    queue,
    name: WEBHOOK_QUEUE,
    concurrency: LIMITS.webhooks.concurrency,
    log,
    work: (delivery, signal) => deliver(webhooks, delivery, signal),
  });
  startWorker(services, closers, {
    queue,
    name: MAIL_QUEUE,
    concurrency: LIMITS.mail.concurrency,
    log,
    work: (delivery) => sendMail(services, delivery),
  });
}

function startWorker(services: Services, closers: Closers, options: QueueWorkerOptions): void {
  const worker = new QueueWorker(options);
  worker.start();
  services.workers.push(worker);
  closers.add(() => worker.stop());
}

async function startWork(services: Services, { openaiApiKey }: Secrets, closers: Closers): Promise<void> {
  const { config, folders, log, metrics, queue } = services;
  const { model, openai, workers } = config;
  const engine = await startEngine({
    model,
    openai,
    openaiApiKey,
    modelsDir: folders.models,
    workers,
    log,
    onRestart: (reason) => metrics.workerRestarts.inc({ reason }),
  });
  closers.add(() => engine.close());
  const diarizer = chooseDiarizer(config.speakers, folders.models);
  startWorker(services, closers, {
    queue,
    name: TRANSCRIPTION_QUEUE,
    // One more than can recognise at once, so that the next recording is decoded meanwhile.
    concurrency: workers + 1,
    newcomers: LIMITS.queue.newcomersMax,
    log,
    work: (delivery, signal) => transcribe({ ...services, engine, diarizer }, delivery, signal),
  });
}

function addRoutes(services: Services): ApiServer<Actor> {
  const { config, counters, db, log, now } = services;
  const rates = new RateLimit<Actor>({
    rate: config.rateLimit,
    counters,
    userOf: (actor) => actor.userId,
    now,
    onFault: (error) => log.error({ err: error }, "a request could not be counted"),
  });
  const server: ApiServer<Actor> = createServer<Actor>({
    log,
    authenticate: rates.guard(
      async (request) =>
        (await authenticateApiKey(db, request.headers.authorization, now())) ??
        (await authenticateSession(db, request, () => server.origins(request), now())),
    ),
    throttle: rates.throttle,
    shapeError: shapeOpenAiError,
    publicUrl: config.publicUrl ?? undefined,
    trustProxy: config.trustedProxies,
  });
  rates.addHeaders(server.app);
  // The worker may have been started after these services were copied.
  const wake = (): void => services.wake();
  metricsRoutes(server, services);
  healthRoutes(server, { ...services, checkModel: () => checkModel(services) });
  accountRoutes(server, services);
  mailRoutes(server, services);
  sessionRoutes(server, services);
  signOnRoutes(server, services);
  apiKeyRoutes(server, services);
  teamRoutes(server, services);
  projectRoutes(server, services);
  shareRoutes(server, services);
  fileRoutes(server, { ...services, wake });
  openAiRoutes(server, {
    ...services,
    wake,
    authenticate: rates.guard((request) =>
      authenticateApiKey(db, request.headers.authorization, now(), "bearer"),
    ),
  });
  taskRoutes(server, { ...services, wake });
  webhookRoutes(server, { ...services, allowPrivate: config.webhooksAllowPrivate });
  transcriptRoutes(server, services);
  downloadRoutes(server, services);
  usageRoutes(server, services);
  adminRoutes(server, services);
  pageRoutes(server);
  referenceRoute(server, addSchemaView(server, API_INFO));
  return server;
}

const API_INFO = {
  title: "Uspeech",
  version: "0.1.0",
  description: "Transcripts that say what they do not know. Compatible with the public Uspeech API.",
};

async function checkModel({ config, folders, serverCheck }: Services): Promise<void> {
  const needed = neededModel(config);
  if (!(await isInstalled(folders.models, needed)))
    throw new Error(`The model ${needed.name} is not installed. Run \`uspeech models pull ${needed.name}\`.`);
  await serverCheck?.ask();
}

async function listen(server: ApiServer<Actor>, services: Services): Promise<string> {
  const { host, port } = services.config;
  services.address = await server.app.listen({ host, port });
  return services.address;
}

/**
 * Removes what crashes left and what has expired: now, and every hour.
 *
 * @returns stops it, after a round that is under way
 */
function keepHouse(services: Services): () => Promise<void> {
  let round = sweep(services);
  const timer = setInterval(() => {
    round = sweep(services);
  }, LIMITS.housekeeping.everyMs).unref();
  return () => {
    clearInterval(timer);
    return round;
  };
}

async function sweep({ config, db, counters, blobs, folders, log, now }: Services): Promise<void> {
  try {
    await removeDoomedBlobs(db, blobs, log);
    await removeOrphanBlobs(db, blobs, ago(now(), LIMITS.blobs.orphanAgeMs), log);
    await blobs.sweepDrafts(ago(now(), LIMITS.blobs.draftAgeMs));
    await forgetOldAnswers(db, now());
    counters.forgetOld(now().getTime());
    await forgetOldDeliveries(db, ago(now(), LIMITS.webhooks.deliveriesKeptMs));
    await forgetOldSessions(db, now());
    await forgetOldMailTokens(db, now());
    await removeOldMails(folders.mail, ago(now(), LIMITS.mail.keptMs));
    await forgetOldInvitations(db, ago(now(), LIMITS.teams.expiredKeptMs));
    await forgetOldSegments(db, ago(now(), LIMITS.tasks.segmentsKeptMs));
    if (config.auditDays !== null) await forgetOldEntries(db, ago(now(), config.auditDays * DAY_MS));
  } catch (error) {
    log.error({ err: error }, "the hourly sweep failed; it is tried again in an hour");
  }
}

const DAY_MS = 24 * 3_600_000;

function ago(now: Date, ms: number): Date {
  return new Date(now.getTime() - ms);
}

import { welcomeText } from "./accounts/welcome.ts";
import { type App, createApp, type Role } from "./app.ts";
import { type Config, configure } from "./config/config.ts";
import { readEnv, unknownNames } from "./config/env.ts";
import { LIMITS } from "./config/limits.ts";
import { loadSecrets } from "./config/secrets.ts";
import { ListenError } from "./http/listen-error.ts";
import { checkFfmpeg } from "./media/ffmpeg.ts";
import { createLog, type Logger } from "./observe/log.ts";

/**
 * Runs the program until it is told to stop by SIGTERM or SIGINT.
 *
 * @throws {SettingsError} and whatever else keeps it from starting, each with a sentence for the operator
 */
export async function serve({ roles }: { roles: Role[] }): Promise<void> {
  // Whatever is written below the data folder is its owner's alone.
  process.umask(0o077);
  const env = readEnv();
  const config = configure(env);
  const log = createLog(config.logLevel);
  for (const sentence of unknownNames()) log.warn(sentence);
  log.info({ version: await checkFfmpeg() }, "FFmpeg found");
  const app = await createApp({ config, secrets: await loadSecrets(env, config.dataDir), log, roles });
  try {
    const told = untilTold(log);
    if (roles.includes("api")) await announce(app, config);
    await told;
  } finally {
    await app.close();
  }
  log.info("stopped");
}

/** The account of a first start is shown whether or not somebody can be answered: it is shown this once. */
async function announce(app: App, { host, port }: Config): Promise<void> {
  const address = await app.listen().catch((error: NodeJS.ErrnoException) => {
    if (app.welcome) process.stderr.write(welcomeText(app.welcome, `http://${host}:${port}`));
    throw new ListenError(error, host, port);
  });
  if (app.welcome) process.stderr.write(welcomeText(app.welcome, address));
  process.stderr.write(`\n  Uspeech answers at ${address}\n\n`);
}

/** Resolves at the first signal. A second one, or a stop that takes too long, ends the process at once. */
async function untilTold(log: Logger): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let toldAtMs = 0;
  const told = (signal: string): void => {
    const nowMs = performance.now();
    // A terminal and a launcher may both pass the same Ctrl-C on; only a later one is a second thought.
    if (toldAtMs > 0 && nowMs - toldAtMs > LIMITS.process.secondSignalMs) process.exit(1);
    if (toldAtMs > 0) return;
    toldAtMs = nowMs;
    log.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), LIMITS.process.stopMs).unref();
    resolve();
  };
  process.on("SIGTERM", told);
  process.on("SIGINT", told);
  await promise;
}

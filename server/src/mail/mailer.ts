import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { LIMITS } from "../config/limits.ts";
import type { Logger } from "../observe/log.ts";
import type { Mail, Transport } from "./transport.ts";

/** Sends mails in the background, so that an answer never waits for a mail server, nor tells that there was a mail. */
export class Mailer {
  readonly #transport: Transport;
  readonly #log: Logger;
  readonly #pending = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(transport: Transport, log: Logger) {
    this.#transport = transport;
    this.#log = log;
  }

  /** Sends a mail soon, and again after a pause where nobody took it. */
  sendLater(mail: Mail): void {
    this.#keep(this.#send(mail));
  }

  /** Finds out in the background what to send, and sends it; null for nothing. */
  composeLater(compose: () => Promise<Mail | null>): void {
    this.#keep(
      compose().then(
        (mail) => (mail ? this.#send(mail) : undefined),
        (error: unknown) => this.#log.error({ err: error }, "a mail could not be written"),
      ),
    );
  }

  /** Resolves once everything that is under way was sent or given up. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** Waits a little for what is under way, and lets go of the mail server, which may never answer. */
  async close(): Promise<void> {
    await this.#settledOr(LIMITS.mail.closeMs);
    // Whoever pauses between tries makes a last one.
    this.#closing.abort();
    await this.#settledOr(LIMITS.mail.closeMs);
    this.#transport.close();
  }

  async #settledOr(ms: number): Promise<void> {
    const settled = new AbortController();
    const waiting = pause(ms, undefined, { signal: settled.signal }).catch(() => undefined);
    await Promise.race([this.settled(), waiting]);
    settled.abort();
  }

  #keep(sending: Promise<void>): void {
    const kept = sending.finally(() => this.#pending.delete(kept));
    this.#pending.add(kept);
  }

  async #send(mail: Mail): Promise<void> {
    for (const pauseMs of [...LIMITS.mail.retryPausesMs, null]) {
      try {
        return await this.#transport.deliver(mail);
      } catch (error) {
        const isOver = pauseMs === null || this.#closing.signal.aborted;
        this.#log.error(
          { reason: reasonOf(error), subject: mail.subject },
          isOver ? "a mail could not be sent" : "a mail could not be sent yet; it is tried again",
        );
        if (isOver) return;
        await pause(pauseMs, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined);
      }
    }
  }
}

/** What a mail server said is safe to log; the error's other properties may hold the command that it refused. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Removes mails that were written to files before a time: they hold addresses, and links that are long expired. */
export async function removeOldMails(folder: string, before: Date): Promise<void> {
  const names = await readdir(folder).catch(none);
  for (const name of names) {
    const path = join(folder, name);
    if ((await stat(path)).mtime < before) await rm(path, { force: true });
  }
}

function none(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}

import { randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { LIMITS } from "../config/limits.ts";
import type { Logger } from "../observe/log.ts";

/** A mail of plain text to one person. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** Hands one mail on. */
export interface Transport {
  /** @throws where nobody took it */
  deliver(mail: Mail): Promise<void>;
  close(): void;
}

/** @param url `smtp://user:password@host:587`, or `smtps://…`; may hold a password, so it is never logged */
export function smtpTransport(url: string, from: string): Transport {
  const { connectMs, silenceMs } = LIMITS.mail;
  const smtp = createTransport({
    url,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silenceMs,
  });
  return {
    async deliver(mail) {
      await smtp.sendMail({ from, ...mail });
    },
    close: () => smtp.close(),
  };
}

/**
 * Writes each mail into a file of its own that mail programs open, for machines without a mail server. The log says
 * which file, and not a word of what is in it: a mail may hold a token.
 *
 * @param folder made where it is missing, for the owner's eyes only
 */
export function folderTransport(folder: string, from: string, log: Logger): Transport {
  const renderer = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
  return {
    async deliver(mail) {
      const { message } = await renderer.sendMail({ from, ...mail });
      if (!Buffer.isBuffer(message)) throw new Error("A mail was rendered as a stream.");
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const name = `${new Date().toISOString().replaceAll(":", "-")}-${randomBytes(4).toString("hex")}.eml`;
      const path = join(folder, name);
      await writeFile(`${path}.draft`, readable(message, mail.text), { mode: 0o600 });
      await rename(`${path}.draft`, path);
      log.info(
        { file: path, subject: mail.subject },
        "no mail server is set: the mail was written to a file",
      );
    },
    close: () => renderer.close(),
  };
}

/**
 * A rendered mail with its text as it was written. Mail servers need long lines broken and other letters than ASCII's spelt out;
 * a file does not, and links that were broken up could not be copied from it.
 */
function readable(message: Buffer, text: string): string {
  const [head = ""] = message.toString().split("\r\n\r\n", 1);
  const plainHead = head.replace(/^(Content-Transfer-Encoding): .*$/m, "$1: 8bit");
  return `${plainHead}\r\n\r\n${text.replaceAll(/\r?\n/g, "\r\n")}`;
}

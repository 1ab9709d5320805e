import { LIMITS } from "../config/limits.ts";
import type { Mail } from "../mail/transport.ts";

const HOUR_MS = 3_600_000;

/**
 * Mails of lines of up to 76 characters, which go out as they are: longer ones are broken up for mail servers, and cannot be read
 * in a file.
 */

/**
 * Asks whether the address is theirs. Tokens stand behind the `#`, which browsers keep to themselves: no log and no
 * `Referer` gets to see them.
 *
 * @param siteUrl where the web app is; never from a request, which anybody can send
 */
export function confirmationMail(to: string, siteUrl: string, token: string): Mail {
  return {
    to,
    subject: "Confirm your e-mail address",
    text: `Somebody, most likely you, made a Uspeech account with this address.
Follow this link to say that it is yours:

${siteUrl}/confirm-email#token=${token}

The link works for ${LIMITS.accounts.confirmationTokenMs / HOUR_MS / 24} days. If it was not you, you need not do
anything.
`,
  };
}

/** Gives somebody who forgot their password the way to a new one. */
export function resetMail(to: string, siteUrl: string, token: string): Mail {
  const hours = LIMITS.accounts.resetTokenMs / HOUR_MS;
  return {
    to,
    subject: "Choose a new password",
    text: `Somebody, most likely you, asked for a new password for your Uspeech
account. Follow this link to choose it:

${siteUrl}/reset-password#token=${token}

The link works once, and for ${hours === 1 ? "an hour" : `${hours} hours`}. If it was not you, you need not do
anything: your password stays as it is.
`,
  };
}

/** Tells the owner, who will notice if it was somebody else. */
export function passwordChangedMail(to: string, siteUrl: string): Mail {
  return {
    to,
    subject: "Your password was changed",
    text: `The password of your Uspeech account was changed just now, and everybody
who was logged in elsewhere was logged out.

If it was not you, choose a new one at once: ${siteUrl}/reset-password
`,
  };
}

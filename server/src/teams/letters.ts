import { LIMITS } from "../config/limits.ts";
import type { Mail } from "../mail/transport.ts";

const DAY_MS = 24 * 3_600_000;

/**
 * Asks somebody into a team. The token stands behind the `#`, which browsers keep to themselves.
 *
 * @param siteUrl where the web app is; never from a request, which anybody can send
 */
export function invitationMail(
  invitation: { email: string; team: string; inviter: string; token: string },
  siteUrl: string,
): Mail {
  const { email, team, inviter, token } = invitation;
  return {
    to: email,
    subject: `You are invited to the team "${oneLine(team)}"`,
    text: `${inviter} invites you to the team "${oneLine(team)}" on Uspeech. Follow this link to join; if you have no account yet, make one with this address first:

${siteUrl}/invitation#token=${token}

The link works once, and for ${LIMITS.teams.invitationMs / DAY_MS} days. If you do not want to join, you need not do anything.
`,
  };
}

/** A name is data: it must not become another header, or a paragraph of its own. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

import { createHash } from "node:crypto";
import type { Counters } from "../database/counters.ts";
import { clientNetwork } from "../http/address.ts";
import { Throttled } from "../http/errors.ts";

/** So many tries in a period, which begins with the first. */
export interface Allowance {
  readonly tries: number;
  readonly periodMs: number;
}

/**
 * Counts a try before it is made, so that tries at once through many processes are all counted.
 *
 * @param subject who or what tries: {@link accountSubject} or {@link addressSubject}
 * @throws {Throttled} where there were too many, with the time until the period ends
 */
export function countAttempt(
  counters: Counters,
  subject: string,
  { tries, periodMs }: Allowance,
  now: Date,
): void {
  const { used, endsAtMs } = counters.count(subject, periodMs, now.getTime());
  if (used > tries) throw new Throttled((endsAtMs - now.getTime()) / 1000);
}

/** Names an account, whether there is one or not, without writing the address down. */
export function accountSubject(what: string, email: string): string {
  return `${what} of account ${createHash("sha256").update(email).digest("hex")}`;
}

/** Names whoever asks by their network. */
export function addressSubject(what: string, address: string): string {
  return `${what} from ${clientNetwork(address)}`;
}

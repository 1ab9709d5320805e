/** How often one user or one address may ask, by what is asked for (api.md, section 10). */

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { LIMITS } from "../config/limits.ts";
import { clientNetwork } from "./address.ts";
import { AuthenticationFailed, Throttled } from "./errors.ts";

/** What a request counts as. `free` is not counted. */
export type RateKind = keyof typeof LIMITS.rates | "free";

/** At most `requests` in `periodSeconds`. */
interface Rate {
  requests: number;
  periodSeconds: number;
}

/** What was used of a period, by everybody's processes together. */
interface Count {
  used: number;
  endsAtMs: number;
}

export interface RateLimitOptions<Actor> {
  /** The operator's figure; `LIMITS.rates` says which part of it each kind gets. */
  rate: Rate;
  counters: {
    count(subject: string, periodMs: number, nowMs: number): Count;
    peek(subject: string, nowMs: number): Count | null;
  };
  /** Whose requests these are, over all their keys and sessions. */
  userOf: (actor: Actor) => number;
  now: () => Date;
  /** Is told where counting fails: the request is let through, since a full disk must not keep anybody from reading. */
  onFault: (error: unknown) => void;
}

type Authenticate<Actor> = (request: FastifyRequest) => Promise<Actor | null>;

/** Counts requests per user, and per address where nobody is known, and refuses those that are too many. */
export class RateLimit<Actor> {
  readonly #options: RateLimitOptions<Actor>;

  constructor(options: RateLimitOptions<Actor>) {
    this.#options = options;
  }

  /** Counts a request and says on the reply what is left. @throws {Throttled} where nothing is */
  readonly throttle = (
    request: FastifyRequest,
    reply: FastifyReply,
    actor: Actor | null,
    kind: RateKind,
  ): void => {
    if (kind === "free") return;
    const who = actor === null ? clientNetwork(request.ip) : `user ${this.#options.userOf(actor)}`;
    this.#count(reply, kind, who);
  };

  /**
   * Counts credentials that were refused, per address, and answers 429 in place of 403 once they are too many. Good
   * credentials from the same address go through, or one forgotten job with a revoked key would lock out its whole
   * office; a guess at a key has one chance in 2^233 either way.
   */
  guard(
    authenticate: Authenticate<Actor>,
  ): (request: FastifyRequest, reply: FastifyReply) => Promise<Actor | null> {
    return async (request, reply) => {
      try {
        return await authenticate(request);
      } catch (error) {
        if (error instanceof AuthenticationFailed) this.#count(reply, "refusals", clientNetwork(request.ip));
        throw error;
      }
    };
  }

  /** Answers that were given before anything was counted, such as a 401, say what the address has left. */
  addHeaders(app: FastifyInstance): void {
    app.addHook("onSend", async (request, reply) => {
      if (reply.hasHeader("ratelimit-limit") || !/^\/(api|v1)\//.test(request.url)) return;
      const nowMs = this.#options.now().getTime();
      const subject = `reads ${clientNetwork(request.ip)}`;
      this.#tell(
        reply,
        "reads",
        this.#ask((counters) => counters.peek(subject, nowMs)),
        nowMs,
      );
    });
  }

  #count(reply: FastifyReply, kind: Exclude<RateKind, "free">, who: string): void {
    const nowMs = this.#options.now().getTime();
    const count = this.#ask((counters) => counters.count(`${kind} ${who}`, this.#periodMs, nowMs));
    this.#tell(reply, kind, count, nowMs);
    if (count !== null && count.used > this.#limit(kind))
      throw new Throttled((count.endsAtMs - nowMs) / 1000);
  }

  #ask(question: (counters: RateLimitOptions<Actor>["counters"]) => Count | null): Count | null {
    try {
      return question(this.#options.counters);
    } catch (error) {
      this.#options.onFault(error);
      return null;
    }
  }

  #tell(reply: FastifyReply, kind: Exclude<RateKind, "free">, count: Count | null, nowMs: number): void {
    const limit = this.#limit(kind);
    const leftMs = (count?.endsAtMs ?? nowMs + this.#periodMs) - nowMs;
    reply.headers({
      "ratelimit-limit": String(limit),
      "ratelimit-remaining": String(Math.max(0, limit - (count?.used ?? 0))),
      "ratelimit-reset": String(Math.ceil(leftMs / 1000)),
    });
  }

  #limit(kind: Exclude<RateKind, "free">): number {
    return Math.max(1, Math.floor(this.#options.rate.requests * LIMITS.rates[kind]));
  }

  get #periodMs(): number {
    return this.#options.rate.periodSeconds * 1000;
  }
}

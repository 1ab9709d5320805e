import { LIMITS } from "../config/limits.ts";
import { checkServer, type OpenAiServer } from "./openai-request.ts";

/** Whether the server that recognises can be used, for those who ask often: it is asked seldom, and never for long. */
export class ServerCheck {
  readonly #server: OpenAiServer;
  readonly #now: () => Date;
  #latest: { answer: Promise<void>; untilMs: number } | null = null;

  constructor(server: OpenAiServer, now: () => Date) {
    this.#server = server;
    this.#now = now;
  }

  /** @throws RecognitionServerError where it does not answer, refuses the key, or fails */
  ask(): Promise<void> {
    const nowMs = this.#now().getTime();
    if (this.#latest === null || this.#latest.untilMs <= nowMs) {
      const { signal } = new AbortController();
      const answer = checkServer(this.#server, { timeLimitMs: LIMITS.openai.checkMs, signal });
      this.#latest = { answer, untilMs: nowMs + LIMITS.openai.checkKeptMs };
    }
    return this.#latest.answer;
  }
}

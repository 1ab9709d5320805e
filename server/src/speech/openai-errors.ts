/** What can go wrong with a recognition server. */
import { SpeechEngineError } from "./recogniser.ts";

/**
 * `unreachable`: no connection, or it broke. `slow`: no answer in time. `busy`: too many requests. `failing`: the server's
 * own error. `unreadable`: an answer that is none. `form`: the server does not take the request as it was put. `refused`:
 * it will say the same again, until somebody changes a setting.
 */
export type ServerFault = "unreachable" | "slow" | "busy" | "failing" | "unreadable" | "form" | "refused";

/** A sentence for the operator: what happened, and what to do where that is known. Holds no audio, text or key. */
export class RecognitionServerError extends SpeechEngineError {
  override name = "RecognitionServerError";
  readonly fault: ServerFault;
  /** How long the server asks to be left alone; null where it does not say. */
  readonly retryAfterMs: number | null;

  constructor(
    fault: ServerFault,
    message: string,
    options: ErrorOptions & { retryAfterMs?: number | null } = {},
  ) {
    super(message, options);
    this.fault = fault;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

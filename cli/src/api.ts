import { UspeechClient } from "@uspeech/client";
import { CliError } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

const DEFAULT_URL = "http://127.0.0.1:8000";

/** The server and the key that the environment names. @throws {CliError} where there is no key, or no such address */
export function apiClient({ env }: Terminal): UspeechClient {
  const apiKey = env["USPEECH_API_KEY"]?.trim();
  if (!apiKey)
    throw new CliError(
      "USPEECH_API_KEY is not set. Set it to an API key: the server's first start prints one, and `uspeech keys create EMAIL` makes one.",
    );
  const baseUrl = env["USPEECH_URL"]?.trim() || DEFAULT_URL;
  try {
    return new UspeechClient({ baseUrl, apiKey });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CliError(`USPEECH_URL or USPEECH_API_KEY is not right: ${error.message}`, { cause: error });
  }
}

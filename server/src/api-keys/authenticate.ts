import type { Actor } from "../accounts/users.ts";
import type { Executor } from "../database/open.ts";
import { AuthenticationFailed } from "../http/errors.ts";
import { checkApiKey } from "./api-keys.ts";

const REFUSALS = {
  unknown: "Invalid API key.",
  revoked: "This API key has been revoked.",
  expired: "This API key has expired.",
  inactive: "User inactive or deleted.",
} as const;

/**
 * Who an `Authorization: Api-Key <prefix>.<secret>` header speaks for; null where there is none, or one of another scheme.
 *
 * @param wanted the scheme, in lower case
 * @throws {AuthenticationFailed} in the order and the words of api.md, section 4
 */
export async function authenticateApiKey(
  executor: Executor,
  header: string | undefined,
  now: Date,
  wanted: "api-key" | "bearer" = "api-key",
): Promise<Actor | null> {
  const [scheme = "", ...words] = (header ?? "").trim().split(/[ \t]/);
  if (scheme.toLowerCase() !== wanted) return null;
  const [key] = words;
  if (key === undefined) throw new AuthenticationFailed("Invalid API key header. No credentials provided.");
  if (words.length > 1)
    throw new AuthenticationFailed("Invalid API key header. Key string should not contain spaces.");
  const check = await checkApiKey(executor, key, now);
  if (check.kind === "valid") return check.actor;
  throw new AuthenticationFailed(REFUSALS[check.kind]);
}

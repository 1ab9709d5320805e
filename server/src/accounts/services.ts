import type { Config } from "../config/config.ts";
import type { Counters } from "../database/counters.ts";
import type { Database } from "../database/open.ts";
import type { Mailer } from "../mail/mailer.ts";

/** What the routes of accounts and sessions need. */
export interface AccountServices {
  db: Database;
  counters: Counters;
  config: Pick<Config, "registration" | "oidc">;
  mailer: Mailer;
  now: () => Date;
  /** Where the links in mails lead, without a slash at the end. */
  siteUrl: () => string;
}

import { userByEmail } from "@uspeech/server/accounts/users.ts";
import { type ApiKey, apiKeysOf, createApiKey, revokeApiKey } from "@uspeech/server/api-keys/api-keys.ts";
import { audit } from "@uspeech/server/audit/audit.ts";
import { apiTime, apiTimeOrNull } from "@uspeech/server/http/times.ts";
import { type Command, defineCommand } from "../command.ts";
import { readSettings, withDatabase } from "../data-folder.ts";
import { futureTime } from "../times.ts";

const create = defineCommand({
  name: "keys create",
  operands: ["EMAIL"],
  summary: "Make an API key and print it, this once.",
  details: "Standard output has the key and nothing else. Only a hash of it is kept.",
  flags: {
    name: { value: "N", help: "What the key is called; made up where not given." },
    expires: { value: "TIME", help: "When it stops working: 90d, 12h, 2027-01-31 or 2027-01-31T12:00Z." },
  },
  async run({ operands: [email = ""], flags, terminal }) {
    const now = new Date();
    const expiresAt = flags.expires === undefined ? undefined : futureTime("--expires", flags.expires, now);
    const { row, key } = await withDatabase(readSettings(terminal.env), { create: false }, async (db) => {
      return db.transaction().execute(async (tx) => {
        const user = await userByEmail(tx, email);
        const made = await createApiKey(tx, { userId: user.id, name: flags.name, expiresAt }, now);
        const detail = { name: made.row.name, prefix: made.row.prefix, email: user.email };
        await audit(tx, "operator", "api_key.created", { type: "api_key", id: made.row.id }, detail, now);
        return made;
      });
    });
    terminal.print({ ...shown(row), key }, `${key}\n`);
  },
});

const list = defineCommand({
  name: "keys list",
  operands: ["EMAIL"],
  summary: "List a user's API keys, the newest first, without their secrets.",
  flags: {},
  async run({ operands: [email = ""], terminal }) {
    const keys = await withDatabase(readSettings(terminal.env), { create: false }, async (db) =>
      apiKeysOf(db, (await userByEmail(db, email)).id),
    );
    terminal.printTable(keys.map(shown), {
      PREFIX: (key) => key.prefix,
      NAME: (key) => key.name,
      CREATED: (key) => key.created_at,
      "LAST USED": (key) => key.last_used_at,
      EXPIRES: (key) => key.expires_at,
      REVOKED: (key) => key.revoked_at,
    });
  },
});

const revoke = defineCommand({
  name: "keys revoke",
  operands: ["PREFIX"],
  summary: "Refuse an API key from now on, in every process.",
  details: "PREFIX is what stands before the dot in the key.",
  flags: {},
  async run({ operands: [typed = ""], terminal }) {
    // Somebody who pastes the whole key means its prefix.
    const [prefix = ""] = typed.split(".");
    await withDatabase(readSettings(terminal.env), { create: false }, (db) =>
      db.transaction().execute(async (tx) => {
        const now = new Date();
        const id = await revokeApiKey(tx, prefix, now);
        await audit(tx, "operator", "api_key.revoked", { type: "api_key", id }, { prefix }, now);
      }),
    );
    terminal.report(`The key ${prefix} is revoked.`, { prefix, revoked: true });
  },
});

export const keysCommands: readonly Command[] = [create, list, revoke];

/** With the names of the API. */
function shown({ id, name, prefix, created_at, last_used_at, expires_at, revoked_at }: ApiKey) {
  return {
    id,
    name,
    prefix,
    created_at: apiTime(created_at),
    last_used_at: apiTimeOrNull(last_used_at),
    expires_at: apiTimeOrNull(expires_at),
    revoked_at: apiTimeOrNull(revoked_at),
  };
}

import { createUser, listUsers, type NewUser, type User } from "@uspeech/server/accounts/users.ts";
import { adminUserByEmail, changeUser } from "@uspeech/server/admin/users.ts";
import { audit } from "@uspeech/server/audit/audit.ts";
import { apiTime } from "@uspeech/server/http/times.ts";
import { setPlan } from "@uspeech/server/usage/plans.ts";
import { type Command, defineCommand } from "../command.ts";
import { readSettings, type Settings, withDatabase } from "../data-folder.ts";
import { interruptible } from "../interrupts.ts";
import { readPassword } from "../password.ts";

const create = defineCommand({
  name: "users create",
  operands: ["EMAIL"],
  summary: "Make a user.",
  details: `Without a password the user works with API keys only (\`uspeech keys create\`). A password on the command line can be
seen by other users of this machine: \`--password -\` asks for it, or reads one line of standard input.`,
  flags: {
    password: { value: "P", help: "The password, of 8 characters or more; - to be asked for it." },
    admin: { help: "Make an administrator." },
  },
  async run({ operands: [email = ""], flags, terminal }) {
    const settings = readSettings(terminal.env);
    const password = await interruptible((signal) => readPassword(flags.password, terminal, signal));
    const passwordHash = password === null ? null : await hashed(password);
    const user = await make(settings, { email, passwordHash, isAdmin: flags.admin ?? false });
    terminal.print(shown(user), `${user.email}\n`);
  },
});

/** An administrator begins with the plan of the first account, everybody else on trial. */
function make(settings: Settings, wanted: NewUser): Promise<User> {
  return withDatabase(settings, { create: true }, (db) =>
    db.transaction().execute(async (tx) => {
      const now = new Date();
      const user = await createUser(tx, wanted, now);
      if (wanted.isAdmin) await setPlan(tx, user.id, { plan: settings.config.admin.plan, endsAt: null }, now);
      const { email, is_admin } = user;
      const detail = { email, is_admin: is_admin === 1 };
      await audit(tx, "operator", "user.created", { type: "user", id: user.id }, detail, now);
      return user;
    }),
  );
}

const list = defineCommand({
  name: "users list",
  operands: [],
  summary: "List the users.",
  flags: {},
  async run({ terminal }) {
    const users = await withDatabase(readSettings(terminal.env), { create: false }, listUsers);
    terminal.printTable(users.map(shown), {
      ID: (user) => user.id,
      EMAIL: (user) => user.email,
      ACTIVE: (user) => yesOrNo(user.is_active),
      ADMIN: (user) => yesOrNo(user.is_admin),
      CREATED: (user) => user.created_at,
    });
  },
});

export const usersCommands: readonly Command[] = [
  create,
  list,
  activation(
    "deactivate",
    false,
    "Refuse a user's keys and sessions from now on; nothing of theirs is removed.",
  ),
  activation("activate", true, "Let a deactivated user in again."),
];

function activation(verb: string, active: boolean, summary: string): Command {
  return defineCommand({
    name: `users ${verb}`,
    operands: ["EMAIL"],
    summary,
    flags: {},
    async run({ operands: [email = ""], terminal }) {
      await activate(readSettings(terminal.env), email, active);
      const sentence = `${email} is ${active ? "active" : "no longer active"}.`;
      terminal.report(sentence, { email: email.trim().toLowerCase(), is_active: active });
    },
  });
}

async function activate(settings: Settings, email: string, active: boolean): Promise<void> {
  await withDatabase(settings, { create: false }, (db) =>
    db.transaction().execute(async (tx) => {
      const user = await adminUserByEmail(tx, email);
      await changeUser(tx, "operator", user, { is_active: active }, new Date());
    }),
  );
}

async function hashed(password: string): Promise<string> {
  const { hashPassword } = await import("@uspeech/server/accounts/passwords.ts");
  return hashPassword(password);
}

/** What may be seen of a user: everything but the hash. */
function shown(user: User) {
  return {
    id: user.id,
    email: user.email,
    is_active: user.is_active === 1,
    is_admin: user.is_admin === 1,
    has_password: user.password_hash !== null,
    created_at: apiTime(user.created_at),
  };
}

function yesOrNo(value: boolean): string {
  return value ? "yes" : "no";
}

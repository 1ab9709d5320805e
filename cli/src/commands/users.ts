import { createUser, listUsers, setActive, type User } from "@uspeech/server/accounts/users.ts";
import { apiTime } from "@uspeech/server/http/times.ts";
import { type Command, defineCommand } from "../command.ts";
import { readSettings, withDatabase } from "../data-folder.ts";
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
    const user = await withDatabase(settings, { create: true }, (db) =>
      createUser(db, { email, passwordHash, isAdmin: flags.admin ?? false }, new Date()),
    );
    terminal.print(shown(user), `${user.email}\n`);
  },
});

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
      await withDatabase(readSettings(terminal.env), { create: false }, (db) => setActive(db, email, active));
      terminal.say(`${email} is ${active ? "active" : "no longer active"}.`);
      if (terminal.json) terminal.print({ email: email.trim().toLowerCase(), is_active: active }, "");
    },
  });
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

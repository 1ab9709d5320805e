import { randomBytes } from "node:crypto";
import { createApiKey } from "../api-keys/api-keys.ts";
import { audit } from "../audit/audit.ts";
import type { Config } from "../config/config.ts";
import type { Secrets } from "../config/secrets.ts";
import type { Database, Tx } from "../database/open.ts";
import { createProject, PROJECT_DEFAULTS } from "../projects/projects.ts";
import { setPlan } from "../usage/plans.ts";
import { hashPassword } from "./passwords.ts";
import { type Actor, createUser, type User } from "./users.ts";

/** What the operator is shown once: afterwards only hashes of it are left. */
export interface Welcome {
  email: string;
  /** Null where the operator chose it, and so knows it. */
  password: string | null;
  apiKey: string;
  projectId: number;
}

/** Makes the first account, its API key and a project, where there is no account yet; null where there is one. */
export async function firstStart(
  db: Database,
  config: Config,
  secrets: Secrets,
  now: Date,
): Promise<Welcome | null> {
  if (await hasUsers(db)) return null;
  const password = secrets.adminPassword ?? randomBytes(12).toString("base64url");
  // Hashed before the transaction: it takes a while, and every other writer would wait.
  const passwordHash = await hashPassword(password);
  return db.transaction().execute(async (tx) => {
    if (await hasUsers(tx)) return null;
    const user = await createUser(tx, { email: config.admin.email, passwordHash, isAdmin: true }, now);
    await setPlan(tx, user.id, { plan: config.admin.plan, endsAt: null }, now);
    const { key, row } = await createApiKey(
      tx,
      { userId: user.id, name: "First key", key: secrets.adminApiKey ?? undefined },
      now,
    );
    const { id, name, prefix } = row;
    const { email } = user;
    await audit(
      tx,
      "operator",
      "user.created",
      { type: "user", id: user.id },
      { email, is_admin: true },
      now,
    );
    await audit(tx, "operator", "api_key.created", { type: "api_key", id }, { name, prefix, email }, now);
    const projectId = await createProject(tx, operator(user), FIRST_PROJECT, now);
    return {
      email: user.email,
      password: secrets.adminPassword === null ? password : null,
      apiKey: key,
      projectId,
    };
  });
}

const FIRST_PROJECT = { ...PROJECT_DEFAULTS, title: "My first project" };

function operator(user: User): Actor {
  return { userId: user.id, isAdmin: true, via: "operator", sessionId: null };
}

async function hasUsers(executor: Database | Tx): Promise<boolean> {
  return (await executor.selectFrom("users").select("id").limit(1).executeTakeFirst()) !== undefined;
}

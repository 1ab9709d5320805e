import { hash, verify } from "@node-rs/argon2";

/** OWASP's recommendation for Argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** @returns an Argon2id hash in PHC form, with its parameters and salt inside */
export function hashPassword(password: string): Promise<string> {
  return hash(password, ARGON2ID);
}

export function passwordMatches(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password);
}

import { hash, verify } from "@node-rs/argon2";

/** OWASP's recommendation for Argon2id (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Costs what every other costs to compare with, and is the hash of nothing that anybody knows. */
const NOBODYS_HASH = `$argon2id$v=19$m=${ARGON2ID.memoryCost},t=${ARGON2ID.timeCost},p=${ARGON2ID.parallelism}$6/1Cs4gdpfAsD/1itA3FnQ$veNUxEByFRlGqjNMOnNxyQXg0FhvoLA8m3vzWWh6Aic`;

/** @returns an Argon2id hash in PHC form, with its parameters and salt inside */
export function hashPassword(password: string): Promise<string> {
  return hash(composed(password), ARGON2ID);
}

/** @param passwordHash null for nobody's: never matches, and takes as long */
export async function passwordMatches(passwordHash: string | null, password: string): Promise<boolean> {
  const matches = await verify(passwordHash ?? NOBODYS_HASH, composed(password));
  return matches && passwordHash !== null;
}

/** Keyboards differ in how they write é; the password is the same (NIST SP 800-63B, section 3.1.1.2). */
function composed(password: string): string {
  return password.normalize("NFKC");
}

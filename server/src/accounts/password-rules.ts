import { LIMITS } from "../config/limits.ts";
import { length } from "../http/python.ts";
import { COMMON_PASSWORDS } from "./common-passwords.ts";

/** From this share on, an address and a password are the same thing (Django's `max_similarity`). */
const SIMILARITY_MAX = 0.7;

/** What is wrong with a new password, in Django's words; empty where it is good. */
export function passwordFaults(password: string, email: string): string[] {
  const { passwordCharactersMin } = LIMITS.accounts;
  const faults: (string | false)[] = [
    isSimilar(password, email) && "The password is too similar to the email address.",
    length(password) < passwordCharactersMin &&
      `This password is too short. It must contain at least ${passwordCharactersMin} characters.`,
    COMMON_PASSWORDS.has(password.toLowerCase()) && "This password is too common.",
    /^\d+$/.test(password) && "This password is entirely numeric.",
  ];
  return faults.filter((fault) => fault !== false);
}

function isSimilar(password: string, email: string): boolean {
  const chosen = password.toLowerCase();
  return [email, ...email.split("@")].some(
    (part) =>
      part.length >= SIMILARITY_MAX * chosen.length &&
      part.length >= 3 &&
      (chosen.includes(part) || (part.includes(chosen) && chosen.length >= SIMILARITY_MAX * part.length)),
  );
}

import type { Executor } from "../database/open.ts";
import { ValidationError } from "../http/errors.ts";
import { findUserByEmail, type User } from "./users.ts";

/**
 * The user whom somebody names by an address, to let them into something. They must have proved that it is theirs: an account
 * that was made with somebody else's address must not get what is meant for that somebody.
 *
 * @throws {ValidationError} on `email` where there is none, or only an inactive or unconfirmed one
 */
export async function userNamed(executor: Executor, email: string): Promise<User> {
  const user = await findUserByEmail(executor, email);
  if (!user || user.is_active === 0 || user.email_confirmed_at === null)
    throw new ValidationError({ email: ["There is no user with this e-mail address."] });
  return user;
}

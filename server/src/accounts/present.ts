import { LIMITS } from "../config/limits.ts";
import { boolean, char, choice, readOnly } from "../http/fields.ts";
import { type Output, serializer } from "../http/serializer.ts";
import { apiTime } from "../http/times.ts";
import { ISO_639_1 } from "../projects/languages.ts";
import type { User } from "./users.ts";

/** What users see of themselves, and may change. */
export const ME = serializer("Me", {
  id: readOnly("integer"),
  email: readOnly("string"),
  email_confirmed: readOnly("boolean", { help: "Whether a mail there was answered." }),
  name: char({ required: false, allowBlank: true, maxLength: LIMITS.accounts.nameCharactersMax }),
  language: choice(ISO_639_1, { required: false, help: "ISO 639-1: in which you read. `en` unless set." }),
  notify_by_mail: boolean({
    required: false,
    help: "Whether the end of each transcription that you asked for is told by mail. Off unless set.",
  }),
  has_password: readOnly("boolean", { help: "False for those who only ever signed on elsewhere." }),
  is_admin: readOnly("boolean"),
  created_at: readOnly("datetime"),
});

export function presentMe(user: User): Output<typeof ME> {
  return {
    id: user.id,
    email: user.email,
    email_confirmed: user.email_confirmed_at !== null,
    name: user.name,
    language: user.language,
    notify_by_mail: user.notify_by_mail === 1,
    has_password: user.password_hash !== null,
    is_admin: user.is_admin === 1,
    created_at: apiTime(user.created_at),
  };
}

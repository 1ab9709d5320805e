import { LIMITS } from "../config/limits.ts";
import { char, readOnly } from "../http/fields.ts";
import { type Output, serializer } from "../http/serializer.ts";
import { oneOf } from "../http/shapes.ts";
import { apiTime } from "../http/times.ts";
import type { Team } from "./teams.ts";

export const TEAM_ROLES = ["admin", "member"] as const;

/** A team in requests and answers. */
export const TEAM = serializer("Team", {
  id: readOnly("integer"),
  name: char({ maxLength: LIMITS.teams.nameCharactersMax }),
  role: readOnly(oneOf(TEAM_ROLES), { help: "What you are in this team." }),
  member_count: readOnly("integer"),
  created_at: readOnly("datetime"),
});

export function presentTeam(team: Team): Output<typeof TEAM> {
  return {
    id: team.id,
    name: team.name,
    role: team.role,
    member_count: team.member_count,
    created_at: apiTime(team.created_at),
  };
}

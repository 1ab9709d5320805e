import type { Role } from "./world.ts";

/** What a cell of the matrix must be: a status, or a status with the errors of its fields. */
export type Cell = number | { status: number; body: unknown };
export type Expected = Record<Role, Cell>;

export const READERS = ["owner", "team_admin", "edit", "view"] as const satisfies Role[];

const OUTSIDE = { member: 404, stranger: 404, operator: 404, anonymous: 401, inactive: 403 } as const;

/** For everybody, whoever they are. */
export function everybody(status: Cell): Expected {
  return { ...signedIn(status), anonymous: status, inactive: status };
}

/** For everybody who is known. */
export function signedIn(status: Cell): Expected {
  return {
    owner: status,
    team_admin: status,
    edit: status,
    view: status,
    member: status,
    stranger: status,
    operator: status,
    anonymous: 401,
    inactive: 403,
  };
}

/** For those who may see the project. */
export function readers(status: Cell): Expected {
  return { owner: status, team_admin: status, edit: status, view: status, ...OUTSIDE };
}

/** For those who may work in the project. */
export function editors(status: Cell): Expected {
  return { ...readers(status), view: 403 };
}

/** For those who may change the project itself. */
export function administrators(status: Cell): Expected {
  return { ...editors(status), edit: 403 };
}

/** For those in the team: that somebody owns or shares one of its projects makes them none of it. */
export function members(status: Cell): Expected {
  return { ...teamAdmins(status), member: status };
}

export function teamAdmins(status: Cell): Expected {
  return { ...OUTSIDE, team_admin: status, member: 403, owner: 404, edit: 404, view: 404 };
}

/** For whoever made the object. */
export function owners(status: Cell): Expected {
  return { ...readers(404), owner: status };
}

/** For those who administer the server. */
export function operators(status: Cell): Expected {
  return { ...signedIn(403), operator: status };
}

/** What somebody without a right would get who was let through: their empty body is looked at. */
const REQUIRED = "This field is required.";
export const faulty = (...fields: string[]): Cell => ({
  status: 400,
  body: Object.fromEntries(fields.map((field) => [field, [REQUIRED]])),
});

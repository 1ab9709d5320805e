/** The first cookie of that name in a `Cookie` header; undefined where there is none. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of (header ?? "").split(";")) {
    const [key = "", value] = pair.trim().split(/=(.*)/s);
    if (key === name && value !== undefined) return value;
  }
  return undefined;
}

export interface CookieOptions {
  /** Zero removes the cookie. */
  lifeMs: number;
  /** Only over TLS. */
  secure: boolean;
  /** Out of reach for scripts. */
  httpOnly: boolean;
  /** Everywhere unless given. */
  path?: string;
}

/** A `Set-Cookie` header. Other sites' requests do not carry the cookie, links that lead here do (`SameSite=Lax`). */
export function cookie(name: string, value: string, options: CookieOptions): string {
  const { lifeMs, secure, httpOnly, path = "/" } = options;
  const parts = [`${name}=${value}`, `Path=${path}`, `Max-Age=${Math.floor(lifeMs / 1000)}`, "SameSite=Lax"];
  if (httpOnly) parts.push("HttpOnly");
  if (secure) parts.push("Secure");
  return parts.join("; ");
}
